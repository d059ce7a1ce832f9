"""Pictures are read as they are stored."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pydicom
import pytest
from PIL import Image
from pydicom.encaps import encapsulate

from detector.datasets.reading import read_mask, read_picture
from detector.errors import UnreadablePicture
from detector.saving import Jpeg, encode, reopened, save_lossless

Array = npt.NDArray[Any]
Tissue = Callable[..., Array]


def _dicom(path: Path, pixels: Array, **changes: Any) -> Path:
    data, _ = save_lossless(pixels, "dicom")
    file = pydicom.dcmread(io.BytesIO(data))
    for name, value in changes.items():
        setattr(file, name, value)
    file.save_as(path)
    return path


@pytest.mark.parametrize("container", ["png", "dicom"])
@pytest.mark.parametrize(("bits", "colour"), [(8, False), (8, True), (16, False), (16, True)])
def test_what_was_saved_without_loss_is_read_sample_for_sample(
    tissue: Tissue, tmp_path: Path, container: str, bits: int, colour: bool
) -> None:
    pixels = tissue(1, 65, bits=bits, colour=colour)
    data, suffix = save_lossless(pixels, container)
    (tmp_path / f"picture{suffix}").write_bytes(data)
    read = read_picture(tmp_path / f"picture{suffix}")
    assert read.pixels.dtype == pixels.dtype
    assert read.jpeg is None
    np.testing.assert_array_equal(read.pixels, pixels)


def test_a_sixteen_bit_tiff_keeps_its_bits(tissue: Tissue, tmp_path: Path) -> None:
    pixels = tissue(1, 64, bits=16, colour=True)
    cv2.imwrite(str(tmp_path / "a.tif"), pixels[..., ::-1])
    np.testing.assert_array_equal(read_picture(tmp_path / "a.tif").pixels, pixels)


def test_alpha_is_kept_and_its_colours_are_in_order(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (70, 80, 4), dtype=np.uint8)
    Image.fromarray(pixels, "RGBA").save(tmp_path / "a.png")
    np.testing.assert_array_equal(read_picture(tmp_path / "a.png").pixels, pixels)


def test_a_palette_becomes_rgb(tissue: Tissue, tmp_path: Path) -> None:
    image = Image.fromarray(tissue(1, 64, colour=True)).quantize(16)
    image.save(tmp_path / "a.png")
    np.testing.assert_array_equal(read_picture(tmp_path / "a.png").pixels, np.asarray(image.convert("RGB")))


def test_a_jpeg_comes_with_its_bytes(tissue: Tissue, tmp_path: Path) -> None:
    data = encode(tissue(1, 64), Jpeg(80))
    (tmp_path / "a.jpg").write_bytes(data)
    read = read_picture(tmp_path / "a.jpg")
    assert read.jpeg == data
    np.testing.assert_array_equal(read.pixels, reopened(data))


def test_a_jpeg_inside_dicom_is_passed_on(tissue: Tissue, tmp_path: Path) -> None:
    stream = encode(tissue(1, 64), Jpeg(80))
    data, _ = save_lossless(tissue(1, 64), "dicom")
    file = pydicom.dcmread(io.BytesIO(data))
    file.file_meta.TransferSyntaxUID = pydicom.uid.JPEGBaseline8Bit
    file.PixelData = encapsulate([stream])
    file["PixelData"].is_undefined_length = True
    file.save_as(tmp_path / "a.dcm")
    read = read_picture(tmp_path / "a.dcm")
    assert read.jpeg is not None
    assert read.jpeg.rstrip(b"\0") == stream
    assert np.abs(read.pixels.astype(int) - reopened(stream)).max() <= 1


def test_signed_samples_are_shifted_by_half_their_container(tmp_path: Path) -> None:
    signed = np.arange(-2048, 2048, dtype=np.int16).reshape(64, 64)
    path = _dicom(tmp_path / "a.dcm", signed.view(np.uint16), PixelRepresentation=1)
    np.testing.assert_array_equal(read_picture(path).pixels, (signed.astype(int) + 32768).astype(np.uint16))


def test_the_middle_frame_is_read_unless_another_is_named(tmp_path: Path) -> None:
    frames = np.stack([np.full((64, 64), value, np.uint8) for value in (10, 20, 30, 40, 50)])
    path = _dicom(tmp_path / "a.dcm", frames[0], NumberOfFrames=5, PixelData=frames.tobytes())
    assert read_picture(path).pixels.max() == 30
    assert read_picture(path, frame=4).pixels.max() == 50


def test_the_middle_page_of_a_tiff_is_read(tmp_path: Path) -> None:
    pages = [Image.fromarray(np.full((64, 64), value, np.uint8)) for value in (10, 20, 30)]
    pages[0].save(tmp_path / "a.tif", save_all=True, append_images=pages[1:])
    assert read_picture(tmp_path / "a.tif").pixels.max() == 20


def test_a_frame_that_is_not_there_is_refused(tmp_path: Path) -> None:
    path = _dicom(tmp_path / "a.dcm", np.zeros((64, 64), np.uint8))
    with pytest.raises(UnreadablePicture, match="from 0 to 0, found 3"):
        read_picture(path, frame=3)


@pytest.mark.parametrize(
    "data", [b"", b"no picture at all", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", bytes(128) + b"DICM"]
)
def test_what_is_no_picture_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a").write_bytes(data)
    with pytest.raises(UnreadablePicture):
        read_picture(tmp_path / "a")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadablePicture, match="can be read"):
        read_picture(tmp_path / "none.png")


@pytest.mark.parametrize("white", [1, 255])
def test_masks_of_any_white_read_alike(tmp_path: Path, white: int) -> None:
    mask = np.zeros((64, 64), np.uint8)
    mask[10:20, 30:50] = white
    Image.fromarray(mask).save(tmp_path / "a.png")
    np.testing.assert_array_equal(read_mask(tmp_path / "a.png"), mask > 0)


def test_an_empty_mask_is_empty(tmp_path: Path) -> None:
    Image.fromarray(np.zeros((64, 64), np.uint8)).save(tmp_path / "a.png")
    assert not read_mask(tmp_path / "a.png").any()
