"""Pictures are read as they are stored."""

from __future__ import annotations

import io
import struct
import zlib
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
from detector.datasets.sizes import tiff_sizes
from detector.errors import UnreadablePicture
from detector.saving import Jpeg, encode, reopened, save_lossless
from ledger.core.images import decode
from ledger.pixels import frame_pixels

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


def test_pages_of_a_tiff_beside_the_one_asked_for_are_not_decoded(tmp_path: Path) -> None:
    pages = [Image.fromarray(np.full((64, 64), value, np.uint8)) for value in (10, 20, 30)]
    pages[0].save(tmp_path / "a.tif", save_all=True, append_images=pages[1:])
    with Image.open(tmp_path / "a.tif") as image:
        image.seek(2)
        (start,) = image.tag_v2[273]
    data = bytearray((tmp_path / "a.tif").read_bytes())
    data[start : start + 64 * 64] = bytes(64 * 64)
    (tmp_path / "a.tif").write_bytes(data)
    assert [int(read_picture(tmp_path / "a.tif", frame).pixels.max()) for frame in (0, 1, 2)] == [10, 20, 0]
    with pytest.raises(UnreadablePicture, match="from 0 to 2, found 3"):
        read_picture(tmp_path / "a.tif", 3)


def _huge_png(frames: int, side: int) -> bytes:
    header = b"IHDR" + side.to_bytes(4, "big") * 2 + bytes([8, 0, 0, 0, 0])
    control = b"acTL" + frames.to_bytes(4, "big") + bytes(4)
    parts = (header, control, b"IDAT" + zlib.compress(bytes(100)), b"IEND")
    chunks = [(len(part) - 4).to_bytes(4, "big") + part + zlib.crc32(part).to_bytes(4, "big") for part in parts]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def _huge_tiff() -> bytes:
    entries = [(256, 4, 1, 20000), (257, 4, 1, 20000), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1), (273, 4, 1, 8)]
    table = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"II*\0" + struct.pack("<IH", 8, len(entries)) + table + bytes(4)


def _huge_jpeg(side: int) -> bytes:
    data = bytearray(encode(np.zeros((64, 64), np.uint8), Jpeg(80)))
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = struct.pack(">HH", side, side)
    return bytes(data)


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize(
    "data",
    [_huge_png(1, 20000), _huge_png(100, 2000), _huge_tiff(), _huge_jpeg(12000), _huge_jpeg(60000)],
    ids=["png", "animated png", "tiff", "jpeg", "larger jpeg"],
)
def test_a_picture_that_says_it_is_huge_is_refused_before_it_is_decoded(
    tmp_path: Path, data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").write_bytes(data)
    monkeypatch.setattr(cv2, "imdecodemulti", None)
    with pytest.raises(UnreadablePicture, match=r"expected 1 to 100000000 pixels, found"):
        read_picture(tmp_path / "a")


def test_a_dicom_picture_that_says_it_is_huge_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    path = _dicom(tmp_path / "a.dcm", np.zeros((64, 64), np.uint8), Rows=20000, Columns=20000)
    with pytest.raises(UnreadablePicture, match="found 20000×20000"):
        read_picture(path)


def test_a_chain_of_tiff_pages_in_a_circle_ends() -> None:
    data = bytearray(_huge_tiff())
    data[-4:] = struct.pack("<I", 8)
    assert tiff_sizes(bytes(data)) == [(20000, 20000)]


def _palette(path: Path, *, bits: int, segmented: bool = False) -> Path:
    """64×64 indices of 16 bits with a table of 256 entries from index 5 on."""
    ramp = np.linspace(0, 2**bits - 1, 256).astype("<u2" if bits == 16 else "u1")
    changes: dict[str, Any] = {"PhotometricInterpretation": "PALETTE COLOR"}
    for name, table in (("Red", ramp), ("Green", ramp[::-1]), ("Blue", np.roll(ramp, 40))):
        words = table.astype("<u2")
        # Segments: discrete (0), count, values.
        stored = np.concatenate([np.array([0, 256], "<u2"), words]) if segmented else table
        changes[f"{'Segmented' * segmented}{name}PaletteColorLookupTableData"] = stored.tobytes()
    path = _dicom(path, (np.arange(64 * 64, dtype=np.uint16) % 300).reshape(64, 64), **changes)
    file = pydicom.dcmread(path)
    for tag in (0x00281101, 0x00281102, 0x00281103):
        file.add_new(tag, "US", [256, 5, bits])
    file.save_as(path)
    return path


@pytest.mark.parametrize(("bits", "segmented"), [(8, False), (16, False), (16, True)])
def test_a_dicom_palette_is_read_as_the_ledger_hands_it_to_the_detector(
    tmp_path: Path, bits: int, segmented: bool
) -> None:
    path = _palette(tmp_path / "a.dcm", bits=bits, segmented=segmented)
    served = next(frame_pixels(decode(path.read_bytes()), path.read_bytes())).pixels
    read = read_picture(path).pixels
    assert read.dtype == served.dtype
    assert read.shape == ((64, 64) if segmented else (64, 64, 3))
    np.testing.assert_array_equal(read, served)


def test_a_dicom_palette_shown_has_the_full_depth_of_its_tables(tmp_path: Path) -> None:
    plain = read_picture(_palette(tmp_path / "a.dcm", bits=16), shown=True).pixels
    segmented = read_picture(_palette(tmp_path / "b.dcm", bits=16, segmented=True), shown=True).pixels
    assert plain.dtype == np.uint16
    assert plain.max() == 65535
    np.testing.assert_array_equal(plain, segmented)


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
