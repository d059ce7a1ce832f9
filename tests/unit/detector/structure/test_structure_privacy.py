"""No text of a stranger's file is repeated: names of programs, profiles and chunks come from lists alone."""

from __future__ import annotations

import io

import pytest
from PIL import Image, PngImagePlugin
from structured import (
    CT,
    chunk,
    jpeg,
    png,
    saved,
    scanned,
    scene,
    segment,
    with_chunk,
    with_exif,
    with_segment,
    written,
    xmp,
)

from detector.structure import inspect

PROFILE = b"Roe Jane *1950-04-01 PID77"
PATIENT = "GIMP for Roe^Jane PID77 born 1950-04-01"
SECRETS = ("Roe", "Jane", "PID77", "1950", "0401", "04-01", "04:01")
BORN = "1950:04:01 09:00:00"
PACKET = (
    f'<xmpMM:History><li stEvt:action="Roe PID77" stEvt:softwareAgent="{PATIENT}"/><li stEvt:action="saved"/>'
    f'</xmpMM:History><a xmp:CreatorTool="{PATIENT}" photoshop:City="Roe PID77"/>'
)


def dicom_of_a_patient() -> bytes:
    made = scanned()
    made.PatientName, made.PatientID, made.PatientBirthDate, made.StudyDate = (
        "Roe^Jane",
        "PID77",
        "19500401",
        "20310101",
    )
    made.SOPClassUID, made.SoftwareVersions = CT, PATIENT
    made.PhotometricInterpretation = made.Manufacturer = made.DerivationDescription = "ROE PID77"
    return written(made)


def png_of_a_patient() -> bytes:
    texts = PngImagePlugin.PngInfo()
    for key in ("Software", "Roe PID77", "Comment", "parameters"):
        texts.add_text(key, f"{PATIENT} steps: 5 sampler: Roe seed: 19500401")
    texts.add_text("Creation Time", BORN)
    texts.add_itxt("XML:com.adobe.xmp", PACKET)
    file = with_chunk(png(scene(), pnginfo=texts), "iCCP", PROFILE + b"\0\0")
    file = with_chunk(with_chunk(file, "roEj", b"Jane"), "tIME", b"\x07\xe8\x05\x02\x09\0\0")
    broken = chunk("piD7", b"x")[:-4] + b"Roe "
    return file[:33] + broken + file[33:] + b"Roe PID77"


def jpeg_of_a_patient() -> bytes:
    file = with_segment(jpeg(scene(), comment=PATIENT.encode(), progressive=True), 0xE1, xmp(PACKET))
    file = with_segment(file, 0xED, b"Photoshop 3.0\0" + b"8BIM\x04\x0a\0\0Roe PID77")
    said: dict[int, str | int] = {0x010E: PATIENT, 0x010F: "Roe", 0x0110: "PID77", 0x0131: PATIENT, 0x013B: PATIENT}
    sizes: dict[int, str | int] = {0x0132: "2024:05:02 09:00:00", 0x9003: BORN, 0xA002: 19500401, 0xA003: 77}
    return with_exif(file, {**said, **sizes}) + segment(0xFE, b"Roe PID77")


def tiff_of_a_patient() -> bytes:
    said = {270: PATIENT, 305: PATIENT, 306: "2024:05:02 09:00:00", 315: PATIENT, 316: PATIENT, 0x9003: BORN}
    return saved(Image.fromarray(scene()), "TIFF", tiffinfo={**said, 700: PACKET.encode(), 34377: b"8BIM Roe PID77"})


@pytest.mark.parametrize(
    ("make", "least"),
    [
        (dicom_of_a_patient, {"dicom-editor"}),
        (png_of_a_patient, {"png-editor", "png-history", "png-generator", "png-program-chunks", "png-colour-profile"}),
        (jpeg_of_a_patient, {"jpeg-editor", "jpeg-history", "jpeg-camera-claim", "jpeg-exif-size", "jpeg-appended"}),
        (tiff_of_a_patient, {"tiff-editor", "tiff-history", "tiff-photoshop-resources"}),
    ],
)
def test_no_name_date_or_identifier_of_the_patient_is_quoted(make: object, least: set[str]) -> None:
    assert callable(make)
    seen = inspect(make(), "picture")
    assert least <= {one.code for one in seen.findings}
    told = " ".join([one.text for one in seen.findings] + [one.reason for one in seen.rules])
    assert not [secret for secret in SECRETS if secret.lower() in told.lower()], told


def _of(file: bytes, code: str) -> str:
    return next(one.text for one in inspect(file).findings if one.code == code)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (b"sRGB IEC61966-2.1", ", profile “sRGB IEC61966-2.1”."),
        (b"display p3", ", profile “Display P3”."),
        (PROFILE, ", a profile."),
        (b"sRGB Roe", ", a profile."),
        (b"", ", a profile."),
        (b"A\x1b[31m" + b"x" * 70, ", a profile."),
    ],
)
def test_only_a_colour_profile_of_the_list_is_named(name: bytes, said: str) -> None:
    assert _of(with_chunk(png(scene()), "iCCP", name + b"\0\0"), "png-colour-profile").endswith(f"iCCP{said}")


def test_only_a_chunk_of_the_list_is_named() -> None:
    file = with_chunk(with_chunk(png(scene()), "vpAg", b""), "roEj", b"")
    assert _of(file, "png-program-chunks").endswith(": one of unknown name, “vpAg” (ImageMagick).")


def test_what_a_picture_of_an_editor_is_called_comes_from_the_list_of_editors() -> None:
    image = io.BytesIO()
    Image.fromarray(scene()).save(image, "TIFF", tiffinfo={305: "gimp (Roe)"})
    assert "names GIMP, a picture editor" in _of(image.getvalue(), "tiff-editor")
