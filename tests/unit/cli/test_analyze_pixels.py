"""How frames of every kind reach the detector (ledger.pixels)."""

from __future__ import annotations

import io
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pydicom.data
import pytest
from PIL import Image
from pydicom.uid import JPEG2000, ExplicitVRLittleEndian, JPEG2000Lossless

from detector.saving import save_lossless
from ledger.core.images import decode
from ledger.pixels import detector_pixels, frame_pixels, spread


def pixels_of(data):
    (frame,) = frame_pixels(decode(data), data)
    return frame


def saved(image, **options):
    stream = io.BytesIO()
    image.save(stream, **options)
    return stream.getvalue()


def stored(kind, *, bits, signed=False, palette=None, first=0):
    """What of a decoded image decides how its samples are read."""
    return SimpleNamespace(
        layout=SimpleNamespace(kind=kind), bits=bits, signed=signed, palette=palette, palette_first=first
    )


def test_frames_are_spread_evenly_and_one_of_many_is_the_middle_one():
    assert spread(1) == (0,)
    assert spread(5) == (0, 1, 2, 3, 4)
    assert spread(9, 1) == (4,)
    assert spread(80) == (5, 15, 25, 35, 45, 55, 65, 75)


@pytest.mark.parametrize("bits", [12, 16])
def test_signed_samples_keep_their_order_and_begin_at_zero(bits):
    values = np.array([[-(1 << bits - 1), -5, 0, 7, (1 << bits - 1) - 1]], np.int16)
    found = detector_pixels(values.view(np.uint16)[:, :, None], stored("monochrome", bits=bits, signed=True))
    assert found.dtype == np.uint16
    assert found.tolist() == [[0, (1 << bits - 1) - 5, 1 << bits - 1, (1 << bits - 1) + 7, (1 << bits) - 1]]


def test_samples_of_32_bits_become_16_and_keep_their_order():
    frame = np.array([[1 << 20, 1 << 21, (1 << 24) - 1]], np.uint32)[:, :, None]
    found = detector_pixels(frame, stored("monochrome", bits=32))
    assert found.dtype == np.uint16
    assert found.tolist() == [[1 << 12, 1 << 13, (1 << 16) - 1]]


def test_a_bilevel_picture_is_black_and_white():
    found = detector_pixels(np.array([[[0], [1]]], np.uint8), stored("monochrome", bits=1))
    assert found.tolist() == [[0, 255]]


def test_a_palette_is_replaced_by_its_colours():
    image = Image.fromarray(np.array([[0, 1], [1, 0]], np.uint8), "P")
    image.putpalette([10, 20, 30, 200, 100, 50])
    assert pixels_of(saved(image, format="PNG")).pixels.tolist() == [
        [[10, 20, 30], [200, 100, 50]],
        [[200, 100, 50], [10, 20, 30]],
    ]


def test_an_index_outside_the_palette_takes_its_nearest_entry():
    palette = np.array([[1, 1, 1], [9, 9, 9]], np.uint8)
    frame = np.array([[[3], [4], [7]]], np.uint8)
    found = detector_pixels(frame, stored("palette", bits=8, palette=palette, first=4))
    assert found[0, :, 0].tolist() == [1, 1, 9]


def test_ybr_becomes_rgb():
    found = detector_pixels(np.array([[[76, 85, 255], [128, 128, 128]]], np.uint8), stored("ybr", bits=8))
    assert np.abs(found.astype(int) - [[[254, 0, 0], [128, 128, 128]]]).max() <= 2


def test_cmyk_becomes_the_rgb_that_pillow_shows():
    image = Image.fromarray(np.random.default_rng(0).integers(0, 256, (32, 32, 3)).astype(np.uint8)).convert("CMYK")
    data = saved(image, format="TIFF")
    assert np.abs(pixels_of(data).pixels.astype(int) - np.asarray(image.convert("RGB"))).max() <= 1


def test_grey_with_alpha_is_grey_and_colour_with_alpha_keeps_it():
    grey = np.random.default_rng(0).integers(0, 256, (16, 16, 2)).astype(np.uint8)
    assert (pixels_of(saved(Image.fromarray(grey, "LA"), format="PNG")).pixels == grey[:, :, 0]).all()
    colour = np.random.default_rng(0).integers(0, 256, (16, 16, 4)).astype(np.uint8)
    assert (pixels_of(saved(Image.fromarray(colour, "RGBA"), format="PNG")).pixels == colour).all()


def test_sixteen_bits_arrive_whole():
    values = np.random.default_rng(0).integers(0, 65536, (32, 32)).astype(np.uint16)
    found = pixels_of(cv2.imencode(".png", values)[1].tobytes())
    assert found.pixels.dtype == np.uint16
    assert (found.pixels == values).all()
    assert found.jpeg is None


def test_a_jpeg_comes_with_its_own_bytes():
    data = saved(Image.fromarray(np.full((32, 32), 90, np.uint8)), format="JPEG")
    assert pixels_of(data).jpeg == data


def test_a_dicom_frame_of_jpeg_baseline_comes_with_its_codestream():
    data = Path(str(pydicom.data.get_testdata_file("SC_rgb_jpeg_dcmtk.dcm"))).read_bytes()
    found = pixels_of(data)
    assert found.jpeg is not None
    shown = np.asarray(Image.open(io.BytesIO(found.jpeg)).convert("RGB"))
    assert np.abs(shown.astype(int) - found.pixels).max() <= 2


def in_dicom(syntax, declared="00", **options):
    data, _ = save_lossless(np.random.default_rng(0).integers(0, 4096, (64, 64)).astype(np.uint16), "dicom")
    file = pydicom.dcmread(io.BytesIO(data))
    file.BitsStored, file.HighBit = 12, 11
    file.LossyImageCompression = declared
    if syntax.is_compressed:
        file.compress(syntax, generate_instance_uid=False, **options)
    stream = io.BytesIO()
    file.save_as(stream)
    return stream.getvalue()


def test_a_dicom_frame_compressed_with_loss_but_not_as_jpeg_is_marked():
    assert pixels_of(in_dicom(JPEG2000, j2k_cr=[8])).lossy
    assert pixels_of(in_dicom(ExplicitVRLittleEndian, declared="01")).lossy
    assert not pixels_of(in_dicom(ExplicitVRLittleEndian)).lossy
    assert not pixels_of(in_dicom(JPEG2000Lossless)).lossy


def test_a_frame_that_comes_with_its_jpeg_is_not_marked_as_lossy_in_another_way():
    data = Path(str(pydicom.data.get_testdata_file("SC_rgb_jpeg_dcmtk.dcm"))).read_bytes()
    assert not pixels_of(data).lossy
    assert not pixels_of(saved(Image.fromarray(np.full((32, 32), 90, np.uint8)), format="JPEG")).lossy


def test_only_the_frames_asked_for_come_each_with_its_number():
    stream = io.BytesIO()
    pages = [Image.fromarray(np.full((16, 16), level, np.uint8)) for level in (10, 20, 30, 40)]
    pages[0].save(stream, format="TIFF", save_all=True, append_images=pages[1:])
    data = stream.getvalue()
    found = list(frame_pixels(decode(data), data, (1, 3)))
    assert [(frame.number, int(frame.pixels[0, 0])) for frame in found] == [(1, 20), (3, 40)]
