"""One image in many encodings: which digests agree."""

import json
import runpy
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.uid import ImplicitVRLittleEndian, RLELossless

from ledger.core.digests import DIGEST_NAMES, digest_file, digest_set

VECTORS = Path(__file__).parents[2] / "vectors" / "digests"
MAKE = runpy.run_path(str(VECTORS / "make.py"))
EXPECTED = json.loads((VECTORS / "expected.json").read_text())
SLICES = sorted(name for name in EXPECTED if name.startswith("slice"))


def _digests(name):
    return digest_set((VECTORS / "inputs" / name).read_bytes()).digests


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_golden_vector_has_the_digests_that_were_published(name):
    assert dict(_digests(name)) == EXPECTED[name]


def test_every_input_has_an_expectation():
    assert sorted(path.name for path in (VECTORS / "inputs").iterdir()) == sorted(EXPECTED)


def test_one_slice_in_ten_encodings_has_one_pixel_digest_and_ten_file_digests():
    assert len(SLICES) == 10
    assert len({_digests(name)["pixel/1"] for name in SLICES}) == 1
    assert len({_digests(name)["tile/1"] for name in SLICES}) == 1
    assert len({_digests(name)["file/1"] for name in SLICES}) == 10


def test_one_data_set_in_eight_transfer_syntaxes_has_one_dataset_digest():
    found = [_digests(name)["dataset/1"] for name in SLICES if name.endswith(".dcm")]
    assert len(found) == 8
    assert len(set(found)) == 1


def test_a_colour_picture_has_one_pixel_digest_as_dicom_jpeg_2000_png_and_tiff():
    names = ("colour-explicit.dcm", "colour-jpeg2000.dcm", "colour.png", "colour.tiff")
    assert len({_digests(name)["pixel/1"] for name in names}) == 1
    assert len({_digests(name)["dataset/1"] for name in names[:2]}) == 1


def test_a_lossy_frame_has_one_codestream_digest_as_jpeg_file_and_inside_dicom():
    assert _digests("colour-lossy.jpg")["codestream/1"] == _digests("colour-lossy.dcm")["codestream/1"]


def test_metadata_of_a_jpeg_file_changes_the_dataset_digest_and_not_the_codestream_digest():
    one, other = (digest_set(MAKE["jpeg"](MAKE["colour"](), comment=text)) for text in (b"one", b"other"))
    assert one.digests["codestream/1"] == other.digests["codestream/1"]
    assert one.digests["dataset/1"] != other.digests["dataset/1"]


def test_the_file_digest_is_plain_sha_256():
    assert digest_file(b"abc") == "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_a_rewritten_file_meta_group_changes_only_the_file_digest():
    data = (VECTORS / "inputs" / "slice-explicit.dcm").read_bytes()
    ds = pydicom.dcmread(BytesIO(data))
    ds.file_meta.ImplementationVersionName = "ARCHIVE"
    ds.preamble = b"\1" * 128
    out = BytesIO()
    ds.save_as(out)
    before, after = digest_set(data).digests, digest_set(out.getvalue()).digests
    assert [name for name in before if before[name] != after[name]] == ["file/1"]


def test_planar_and_interleaved_colour_have_the_same_digests():
    rgb = MAKE["colour"]()
    planar = MAKE["data_set"](rgb)
    planar.PlanarConfiguration = 1
    planar.PixelData = rgb.transpose(2, 0, 1).tobytes()
    one, other = digest_set(MAKE["written"](MAKE["data_set"](rgb))), digest_set(MAKE["written"](planar))
    assert one.digests["pixel/1"] == other.digests["pixel/1"]
    assert one.digests["dataset/1"] == other.digests["dataset/1"]


def test_several_frames_have_the_same_digests_raw_and_run_length_encoded():
    frames = np.stack([MAKE["slice_16"](40, 40) + index for index in range(3)]).astype("<i2")
    raw = digest_set(MAKE["written"](MAKE["data_set"](frames, frames=3, signed=True)))
    rle = digest_set(MAKE["compressed"](MAKE["data_set"](frames, frames=3, signed=True), RLELossless))
    assert raw.facts["frames"] == 3
    for name in ("pixel/1", "tile/1", "dataset/1"):
        assert raw.digests[name] == rle.digests[name]


def test_sequences_of_defined_and_undefined_length_have_one_dataset_digest():
    def made(undefined):
        ds = MAKE["data_set"](MAKE["slice_16"]())
        for tag in ("ReferencedImageSequence", (0x0009, 0x1004)):
            ds[tag].is_undefined_length = undefined
            for item in ds[tag].value:
                item.is_undefined_length_sequence_item = undefined
        return ds

    files = [
        MAKE["written"](made(u), s) for u in (False, True) for s in ("1.2.840.10008.1.2.1", ImplicitVRLittleEndian)
    ]
    assert len(set(files)) == 4
    assert len({digest_set(data).digests["dataset/1"] for data in files}) == 1


def test_what_the_bits_mean_is_bound_by_the_dataset_digest_and_not_by_the_pixel_digest():
    samples = np.arange(40 * 40, dtype="<u2").reshape(40, 40)
    one = digest_set(MAKE["written"](MAKE["data_set"](samples, bits=12)))
    other = digest_set(MAKE["written"](MAKE["data_set"](samples, bits=16)))
    assert one.digests["pixel/1"] == other.digests["pixel/1"]
    assert one.digests["dataset/1"] != other.digests["dataset/1"]


def test_all_digests_have_known_names():
    assert all(set(digests) <= set(DIGEST_NAMES) for digests in EXPECTED.values())


def test_facts_hold_nothing_about_the_patient():
    facts = digest_set((VECTORS / "inputs" / "slice-explicit.dcm").read_bytes()).facts
    assert "Made" not in str(facts)
    assert facts["modality"] == "CT"
    assert facts["lossy"] is False


def test_the_decoder_of_lossy_data_is_named_with_its_version():
    facts = digest_set((VECTORS / "inputs" / "colour-lossy.dcm").read_bytes()).facts
    assert facts["lossy"] is True
    assert any(character.isdigit() for character in str(facts["decoder"]))


def test_importing_the_packages_imports_no_decoder_and_no_numpy():
    code = (
        "import sys, ledger.core.images as i, ledger.core.digests as d; d.digest_file(b'x');"
        "print([m for m in ('numpy', 'PIL', 'cv2', 'pydicom', 'pdqhash', 'gdcm') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
