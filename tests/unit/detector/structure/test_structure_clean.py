"""No rule cries out at files that nobody tampered with: test files of a library, and what common programs write."""

from __future__ import annotations

import io
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pydicom
import pytest
from archive import OrthancServer
from PIL import Image
from pydicom.data import get_testdata_files
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian, RLELossless
from structured import dicom, jpeg, png, saved, scanned, scene, with_exif, written

from detector.structure import Strength, inspect

LOUD = (Strength.NOTABLE, Strength.STRONG)
# What is found in pydicom's own test files, and is true of them: they were cut down, damaged or made up for tests.
TRUE_OF = {
    "dicom-spacing": "CT_small 17106 17136 17166 17196 2062 2392 2693 3023 3353",  # cut to 128 or 16 pixels a side
    "dicom-window": "17166 17196",  # the 16 × 16 pixels left are all air
    "dicom-codestream-size": "JPEG2000-embedded-sequence-delimiter",  # a delimiter was put into the codestream
    "dicom-uid-missing": (
        "JPEGLSNearLossless_08 JPEGLSNearLossless_16 SC_rgb_jls_lossy_line SC_rgb_jls_lossy_sample"
        " meta_missing_tsyntax nested_priv_SQ"
    ),
    "dicom-odd-length": "meta_missing_tsyntax nested_priv_SQ",
    "dicom-length": "MR_small_padded MR_truncated badVR",
    "dicom-cut-short": "MR_truncated rtplan_truncated",
    "dicom-meta-instance": "badVR rtdose rtdose_1frame rtdose_expb rtdose_expb_1frame rtplan rtplan_truncated",
    "dicom-lossy-denied": "image_dfl",  # a secondary capture of a JPEG
    "file-ending": "no_meta",  # a byte was put before the data set
}


def _loud(file: bytes, name: str = "") -> list[str]:
    return [finding.code for finding in inspect(file, name).findings if finding.strength in LOUD]


def test_in_pydicoms_test_files_nothing_is_found_that_is_not_true_of_them() -> None:
    found = {
        (Path(path).stem, code)
        for path in get_testdata_files()
        if Path(path).is_file() and "pydicom" in path and "test_files" in path
        for code in _loud(Path(path).read_bytes(), Path(path).name)
    }
    assert found
    assert found <= {(stem, code) for code, stems in TRUE_OF.items() for stem in stems.split()}


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian, RLELossless])
def test_a_file_that_pydicom_wrote_anew_gives_nothing_notable(syntax: str) -> None:
    made = pydicom.dcmread(io.BytesIO(dicom()))
    if syntax == RLELossless:
        made.compress(syntax, generate_instance_uid=False)
    else:
        made.file_meta.TransferSyntaxUID = syntax
    file = io.BytesIO()
    made.save_as(file, implicit_vr=syntax == ImplicitVRLittleEndian, enforce_file_format=True)
    assert _loud(file.getvalue(), "a.dcm") == []


@pytest.mark.needs_dcmtk
@pytest.mark.parametrize(
    "command",
    [
        ["dcmconv", "+te"],
        ["dcmconv", "+tb"],
        ["dcmconv", "+g"],
        ["dcmcjpeg"],
        ["dcmcjpeg", "+eb", "+q", "80"],
        ["dcmcrle"],
        ["dcmconv", "+td"],
    ],
)
def test_a_file_that_dcmtk_wrote_anew_gives_nothing_notable(command: list[str], tmp_path: Path) -> None:
    if shutil.which(command[0]) is None:
        pytest.skip("dcmtk is not installed")
    given, made = tmp_path / "given.dcm", tmp_path / "made.dcm"
    given.write_bytes(written(scanned(scene())) if "+eb" in command else dicom())
    subprocess.run([*command, given, made], check=True, capture_output=True)
    assert _loud(made.read_bytes(), made.name) == []


@pytest.mark.needs_orthanc
def test_a_file_that_orthanc_kept_or_wrote_anew_gives_nothing_notable(tmp_path: Path) -> None:
    server = OrthancServer(tmp_path / "orthanc").start()
    try:
        told = server.http.post("/instances", content=dicom()).raise_for_status().json()
        kept = server.http.get(f"/instances/{told['ID']}/file").raise_for_status().content
        asked = {"Replace": {"PatientName": "Roe"}, "Force": True}
        anew = server.http.post(f"/instances/{told['ID']}/modify", json=asked).raise_for_status().content
    finally:
        server.kill()
    assert (_loud(kept, "a.dcm"), _loud(anew, "a.dcm")) == ([], [])


@pytest.mark.parametrize("options", [{}, {"quality": 95, "subsampling": 0}, {"optimize": True}, {"progressive": True}])
def test_a_jpeg_that_pillow_wrote_gives_nothing_notable(options: dict[str, object]) -> None:
    colour = np.dstack([scene(), scene(seed=6), scene(seed=7)])
    assert _loud(jpeg(colour, **options), "a.jpg") == []


@pytest.mark.parametrize("mode", ["L", "RGB", "P", "I;16", "1"])
def test_a_png_that_pillow_wrote_gives_nothing_notable(mode: str) -> None:
    image = (
        Image.fromarray(scene().astype(np.uint16) * 250) if mode == "I;16" else Image.fromarray(scene()).convert(mode)
    )
    assert _loud(saved(image, "PNG", dpi=(72, 72)), "a.png") == []


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw", "jpeg", "tiff_adobe_deflate"])
def test_a_tiff_that_pillow_wrote_gives_nothing_notable(compression: str) -> None:
    assert _loud(saved(Image.fromarray(scene()), "TIFF", compression=compression), "a.tif") == []


def test_a_thumbnail_that_is_turned_with_its_picture_passes() -> None:
    small = jpeg(np.asarray(Image.fromarray(scene()).resize((80, 80))), quality=60)
    assert "jpeg-thumbnail" not in _loud(with_exif(jpeg(np.rot90(scene()).copy()), {0x010F: "Canon"}, small))


def test_every_finding_says_how_it_arises_innocently() -> None:
    seen = inspect(png(scene())[:-12] + b"x").findings
    assert seen
    assert all(finding.innocent and finding.meaning and finding.limits for finding in seen)


@pytest.mark.parametrize("made", ["bars", "brighter", "plain"])
def test_a_thumbnail_as_cameras_make_it_passes(made: str) -> None:
    picture = np.asarray(Image.fromarray(scene(192)).crop((0, 0, 192, 128)))
    small = Image.fromarray(picture).resize((160, 107), Image.Resampling.LANCZOS)
    if made == "bars":
        framed = Image.new("L", (160, 120))
        framed.paste(small, (0, 6))
        small = framed
    elif made == "brighter":
        small = small.point(lambda value: min(255, int(value * 1.15) + 8))
    thumbnail = saved(small, "JPEG", quality=55)
    assert "jpeg-thumbnail" not in _loud(with_exif(jpeg(picture, quality=92), {0x010F: "Canon"}, thumbnail))
