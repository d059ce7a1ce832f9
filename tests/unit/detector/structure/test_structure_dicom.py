"""DICOM rules, each with a file that triggers it and a twin that does not: made alike, but for the one thing."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable

import cv2
import numpy as np
import pytest
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from structured import (
    EDITED,
    Scenario,
    codes,
    deep,
    dicom,
    dicom_jpeg,
    ended,
    jpeg,
    put,
    scanned,
    scenarios,
    scene,
    with_exif,
    without,
    written,
)

from detector.structure import RULES, State, inspect


def _item(**values: object) -> Sequence:
    made = Dataset()
    for name, value in values.items():
        setattr(made, name, value)
    return Sequence([made])


def _samples(change: Callable[[np.ndarray], np.ndarray]) -> bytes:  # type: ignore[type-arg]
    return dicom(pixels=change(deep()))


def _stretched() -> bytes:
    """12 bits from 96 levels."""
    return dicom(pixels=((scene() // 2).astype(np.uint16) * 32))


def _cut_off() -> bytes:
    """16-bit samples made in 8 bits, with a bright part cut off."""
    return dicom(pixels=np.minimum(scene().astype(np.uint16) * 2, 255).astype(np.uint16))


def _lettered(pixels: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
    letters = np.zeros(pixels.shape, np.uint8)
    cv2.putText(letters, "SMITH JOHN 1960", (4, 120), cv2.FONT_HERSHEY_PLAIN, 0.8, 255, 1)
    return np.where(letters > 127, 4000, pixels).astype(np.uint16)


def _was_jpeg() -> bytes:
    decoded = np.asarray(Image.open(io.BytesIO(jpeg(scene(256), quality=40))))
    return dicom(pixels=decoded)


def _other_length() -> bytes:
    made = scanned()
    made.Rows = 120
    return written(made)


def _exchanged(old: bytes, new: bytes, file: bytes) -> bytes:
    assert old in file
    return file.replace(old, new, 1)


def _twice(file: bytes) -> bytes:
    """The modality put in once more, behind the place where it belongs."""
    element = b"\x08\x00\x60\x00CS\x02\x00CT"
    at = file.index(b"\x10\x00\x30\x00")
    return file[:at] + element + file[at:]


def _odd() -> bytes:
    return dicom().replace(b"\x08\x00\x70\x00LO\x04\x00ACME", b"\x08\x00\x70\x00LO\x05\x00ACME5")


def _grouped(length: int) -> bytes:
    """A data set whose group 0010 says its length."""
    file = dicom()
    at, after = file.index(b"\x10\x00\x30\x00DA"), file.index(b"\x10\x00\x10\x10AS") + 12
    said = after - at + length
    return file[:at] + b"\x10\x00\x00\x00UL\x04\x00" + struct.pack("<I", said) + file[at:]


def _private(*, owned: bool) -> bytes:
    made = scanned()
    if owned:
        made.add_new(0x00190010, "LO", "ACME 1.0")
    made.add_new(0x00191001, "LO", "secret")
    return written(made)


DICOM = [
    Scenario("length", "rows changed", _other_length, dicom),
    Scenario("codestream-size", "another JPEG put in", lambda: dicom_jpeg(codestream=jpeg(scene(64))), dicom_jpeg),
    Scenario(
        "codestream-size",
        "colour in the place of grey",
        lambda: dicom_jpeg(codestream=jpeg(np.dstack([scene()] * 3))),
        dicom_jpeg,
    ),
    Scenario("frame-count", "frames added to the header", lambda: dicom_jpeg(put(NumberOfFrames=3)), dicom_jpeg),
    Scenario("photometric", "grey with three samples", lambda: dicom(put(PhotometricInterpretation="RGB")), dicom),
    Scenario("photometric", "no palette", lambda: dicom(put(PhotometricInterpretation="PALETTE COLOR")), dicom),
    Scenario("bits", "high bit", lambda: dicom(put(HighBit=15)), dicom),
    Scenario("unused-bits", "samples of 14 bits", lambda: _samples(lambda p: p * 4), dicom),
    Scenario(
        "extremes",
        "samples beyond the kept values",
        lambda: dicom(put(SmallestImagePixelValue=500, LargestImagePixelValue=600)),
        lambda: dicom(put(SmallestImagePixelValue=int(deep().min()), LargestImagePixelValue=int(deep().max()))),
    ),
    Scenario("window", "a window beside", lambda: dicom(put(WindowCenter=60000, WindowWidth=10)), dicom),
    Scenario("comb", "stretched from few levels", _stretched, dicom),
    Scenario("eight-bit", "cut off at 255", _cut_off, dicom),
    Scenario("spacing", "cropped", lambda: dicom(put(ReconstructionDiameter=500)), dicom),
    Scenario(
        "burned-in",
        "a name written in",
        lambda: dicom(put(BurnedInAnnotation="NO"), pixels=_lettered(deep())),
        lambda: dicom(put(BurnedInAnnotation="NO")),
    ),
    Scenario("lossy-undeclared", "flag left out", lambda: dicom_jpeg(without("LossyImageCompression")), dicom_jpeg),
    Scenario("lossy-denied", "was a JPEG", _was_jpeg, lambda: dicom(pixels=scene(256))),
    Scenario("lossy-withdrawn", "flag set back", lambda: dicom_jpeg(put(LossyImageCompression="00")), dicom_jpeg),
    Scenario("ratio", "another ratio", lambda: dicom_jpeg(put(LossyImageCompressionRatio=60)), dicom_jpeg),
    Scenario("quality", "encoded anew", lambda: dicom_jpeg(put(DerivationDescription="JPEG quality 40")), dicom_jpeg),
    Scenario(
        "frame-metadata",
        "EXIF in the frame",
        lambda: dicom_jpeg(codestream=with_exif(jpeg(scene(), quality=90), {**EDITED})),
        dicom_jpeg,
    ),
    Scenario("date-order", "series after content", lambda: dicom(put(SeriesDate="20240601")), dicom),
    Scenario("study-date", "study later", lambda: dicom(put(StudyDate="20260101")), dicom),
    Scenario("time-order", "content before acquisition", lambda: dicom(put(ContentTime="070000")), dicom),
    Scenario("created-before", "made before capture", lambda: dicom(put(InstanceCreationDate="20230101")), dicom),
    Scenario("created-later", "made a year later", lambda: dicom(put(InstanceCreationDate="20250502")), dicom),
    Scenario("date-form", "no such day", lambda: _exchanged(b"20240502", b"20240231", dicom()), dicom),
    Scenario("age", "another person's age", lambda: dicom(put(PatientAge="031Y")), dicom),
    Scenario("age", "born after", lambda: dicom(put(PatientBirthDate="20300101")), dicom),
    Scenario(
        "meta-class", "class exchanged", lambda: dicom(MediaStorageSOPClassUID="1.2.840.10008.5.1.4.1.1.4"), dicom
    ),
    Scenario("meta-instance", "instance exchanged", lambda: dicom(MediaStorageSOPInstanceUID="1.2.3.4.5.6"), dicom),
    Scenario("modality", "CT class, MR stated", lambda: dicom(put(Modality="MR")), dicom),
    Scenario("uid-form", "leading zeros", lambda: _exchanged(b"1107.5.2.1.2\0", b"1107.5.2.01.2", dicom()), dicom),
    Scenario("uid-same", "one for two", lambda: dicom(put(SeriesInstanceUID="1.3.12.2.1107.5.2.1")), dicom),
    Scenario("uid-missing", "no series", lambda: dicom(without("SeriesInstanceUID")), dicom),
    Scenario(
        "uid-toolkit", "named by pydicom", lambda: dicom(put(SOPInstanceUID="1.2.826.0.1.3680043.8.498.1234")), dicom
    ),
    Scenario("uid-roots", "named elsewhere", lambda: dicom(put(SOPInstanceUID="1.2.276.0.9.8.7")), dicom),
    Scenario(
        "original-derived",
        "an original that was filtered",
        lambda: dicom(put(DerivationDescription="Region filled")),
        lambda: dicom(put(DerivationDescription="Lossless JPEG compression")),
    ),
    Scenario(
        "source-image",
        "an original with a source",
        lambda: dicom(put(SourceImageSequence=_item(ReferencedSOPInstanceUID="1.2.3"))),
        lambda: dicom(put(SourceImageSequence=Sequence())),
    ),
    Scenario("original-secondary", "screen capture", lambda: dicom(put(ConversionType="WSD")), dicom),
    Scenario(
        "original-secondary", "class", lambda: dicom(put(SOPClassUID="1.2.840.10008.5.1.4.1.1.7", Modality="OT")), dicom
    ),
    Scenario("derived", "derived", lambda: dicom(put(ImageType=["DERIVED", "SECONDARY"])), dicom),
    Scenario(
        "editor",
        "GIMP as software",
        lambda: dicom(put(SoftwareVersions=["VA31", "GIMP 2.10"])),
        lambda: dicom(put(SoftwareVersions="coreload.81")),
    ),
    Scenario("toolkit", "pydicom as maker", lambda: dicom(put(Manufacturer="pydicom script")), dicom),
    Scenario("writer", "written by DCMTK", lambda: dicom(ImplementationVersionName="OFFIS_DCMTK_367"), dicom),
    Scenario("deidentified", "identity removed", lambda: dicom(put(PatientIdentityRemoved="YES")), dicom),
    Scenario(
        "original-attributes",
        "coerced",
        lambda: dicom(put(OriginalAttributesSequence=_item(ModifyingSystem="PACS"))),
        lambda: dicom(put(OriginalAttributesSequence=Sequence())),
    ),
    Scenario("order", "an element put in", lambda: _twice(dicom()), dicom),
    Scenario("odd-length", "a letter put in", _odd, dicom),
    Scenario("group-length", "group grew", lambda: _grouped(-6), lambda: _grouped(0)),
    Scenario("meta-length", "header grew", lambda: dicom()[:140] + b"\xff\0\0\0" + dicom()[144:], dicom),
    Scenario("private", "no owner", lambda: _private(owned=False), lambda: _private(owned=True)),
    Scenario("cut-short", "half the pixels", lambda: dicom()[:-9000], dicom),
    Scenario("appended", "a zip behind", lambda: dicom() + b"PK\x03", lambda: dicom() + b"\0\0\0"),
    Scenario("preamble", "a program before", lambda: b"MZ" + dicom()[2:], dicom),
    Scenario("preamble-used", "TIFF before", lambda: b"II*\0" + dicom()[4:], dicom),
    Scenario("file-header", "bare", lambda: dicom()[dicom().index(b"\x08\0\x08\0CS") :], dicom),
]
ALL = scenarios("dicom", DICOM)


@pytest.mark.parametrize(("code", "scenario"), ALL)
def test_a_rule_finds_its_scenario_and_leaves_its_twin_alone(code: str, scenario: Scenario) -> None:
    assert code in codes(scenario.bad(), scenario.names[0])
    assert code not in codes(scenario.twin(), scenario.names[1])


@pytest.mark.parametrize(("code", "scenario"), ALL)
def test_no_rule_fails_on_a_twin(code: str, scenario: Scenario) -> None:
    assert ended(scenario.twin(), scenario.names[1], code) in (State.PASSED, State.NOT_APPLICABLE)


def test_every_rule_has_a_scenario() -> None:
    assert {one.values[0] for one in ALL} == {rule.code for rule in RULES if rule.kind == "dicom"}


def test_a_scanners_file_gives_no_finding_and_every_rule_is_listed_once() -> None:
    seen = inspect(dicom(), "a.dcm")
    assert seen.findings == ()
    assert [rule.code for rule in seen.rules] == [rule.code for rule in RULES if rule.kind in ("file", "dicom")]
