"""What a disclosed picture holds, for each kind of registered image, and what is refused."""

from __future__ import annotations

import runpy
from io import BytesIO
from pathlib import Path

import numpy as np
import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pydicom.data import get_testdata_file

from ledger.core.images import decode
from ledger.core.partial import Box, Kind
from ledger.core.partial_checking import check_partial
from ledger.core.partial_making import disclose
from ledger.core.receipt import withhold
from ledger.core.verdict import CLINICAL
from ledger.errors import InputError, UnsupportedImage

VECTORS = Path(__file__).parents[2] / "vectors"
MAKE = runpy.run_path(str(VECTORS / "partial" / "make.py"))
IMAGE = (VECTORS / "partial" / "image.png").read_bytes()
RECEIPT = (VECTORS / "partial" / "receipt.json").read_bytes()
TRUST = (VECTORS / "partial" / "trust.json").read_bytes()


def inverted() -> bytes:
    dataset, file = pydicom.dcmread(get_testdata_file("CT_small.dcm")), BytesIO()
    dataset.PhotometricInterpretation = "MONOCHROME1"
    dataset.save_as(file)
    return file.getvalue()


KINDS = {
    "signed 16-bit DICOM": Path(get_testdata_file("CT_small.dcm")).read_bytes(),
    "inverted grey": inverted(),
    "8-bit RGB": (VECTORS / "digests" / "inputs" / "colour-explicit.dcm").read_bytes(),
    "frames": (VECTORS / "digests" / "inputs" / "frames.dcm").read_bytes(),
    "lossy": (VECTORS / "digests" / "inputs" / "colour-lossy.jpg").read_bytes(),
    "one bit": (VECTORS / "digests" / "inputs" / "one-bit.dcm").read_bytes(),
}


def accepted(partial: bytes, picture: bytes) -> bool:
    return check_partial(partial, picture, TRUST, CLINICAL).decision.accepted


@pytest.mark.parametrize("image", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("kind", ["crop", "redacted"])
def test_the_picture_holds_the_registered_samples_and_is_accepted(image: bytes, kind: Kind) -> None:
    source = decode(image)
    frame = source.frames - 1
    made = disclose(MAKE["receipt_of"](image), image, kind, [Box(0, 0, 1, 1)], frame)
    assert accepted(made.partial, made.picture)
    expected = list(source.read_frames())[frame].copy()
    if kind == "crop":
        expected = expected[:32, :32]
    else:
        expected[:32, :32] = 0
    (found,) = decode(made.picture).read_frames()
    assert found.dtype == expected.dtype
    assert np.array_equal(found, expected)


@given(st.lists(st.tuples(st.integers(0, 99), st.integers(0, 69), st.integers(1, 40), st.integers(1, 30)), min_size=1))
@settings(max_examples=40, deadline=None)
def test_any_boxes_make_parts_that_are_accepted(places: list[tuple[int, int, int, int]]) -> None:
    boxes = [Box(x, y, min(width, 100 - x), min(height, 70 - y)) for x, y, width, height in places]
    crop = disclose(RECEIPT, IMAGE, "crop", boxes[:1])
    assert accepted(crop.partial, crop.picture)
    try:
        redacted = disclose(RECEIPT, IMAGE, "redacted", boxes)
    except InputError as error:
        assert "all of them hidden" in str(error)
    else:
        assert accepted(redacted.partial, redacted.picture)


def test_a_crop_holds_whole_tiles_of_the_region() -> None:
    made = disclose(RECEIPT, IMAGE, "crop", [Box(60, 30, 10, 10)])
    assert made.part.picture == Box(32, 0, 64, 64)


def test_hidden_samples_are_in_neither_file() -> None:
    made = disclose(RECEIPT, IMAGE, "redacted", [Box(70, 4, 28, 16)])
    assert not np.array(Image.open(BytesIO(made.picture)))[:32, 64:].any()
    assert (60_000).to_bytes(2, "little") * 8 not in made.partial


def test_an_image_that_is_not_the_registered_one_is_refused() -> None:
    with pytest.raises(InputError, match="expected the image that the receipt registers") as caught:
        disclose(RECEIPT, KINDS["8-bit RGB"], "crop", [Box(0, 0, 1, 1)])
    assert caught.value.code == "other_image"


def test_a_receipt_without_the_opening_of_tile_1_is_refused() -> None:
    with pytest.raises(InputError, match="opens tile/1") as caught:
        disclose(withhold(RECEIPT, {"pixel/1"}), IMAGE, "crop", [Box(0, 0, 1, 1)])
    assert caught.value.code == "no_tile_opening"


@pytest.mark.parametrize("box", [Box(0, 0, 0, 1), Box(90, 0, 11, 1), Box(0, 70, 1, 1)])
def test_a_box_outside_the_frame_is_refused(box: Box) -> None:
    with pytest.raises(InputError, match="inside 100 × 70 pixels"):
        disclose(RECEIPT, IMAGE, "crop", [box])


def test_a_frame_that_is_not_there_is_refused() -> None:
    with pytest.raises(InputError, match="expected a frame from 0 to 0, found 1"):
        disclose(RECEIPT, IMAGE, "crop", [Box(0, 0, 1, 1)], frame=1)


def test_samples_that_a_png_cannot_hold_are_refused_with_what_it_can() -> None:
    image = (VECTORS / "digests" / "inputs" / "palette.png").read_bytes()
    with pytest.raises(UnsupportedImage, match=r"expected grey or RGB samples of 1 or 2 bytes.*palette"):
        disclose(MAKE["receipt_of"](image), image, "crop", [Box(0, 0, 1, 1)])
