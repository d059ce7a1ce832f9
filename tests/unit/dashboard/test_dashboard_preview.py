"""The preview: it shows what it can, says why when it cannot, and never fails otherwise."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from pydicom.data import get_testdata_file

from dashboard.components.preview import NoPreview, make_preview, window

AMBER = (255, 176, 0)


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def dicom(name: str) -> bytes:
    return Path(str(get_testdata_file(name, download=False))).read_bytes()


def test_a_png_is_shown_as_it_is() -> None:
    preview = make_preview(encoded(Image.new("RGB", (40, 30), (9, 99, 199))))
    assert preview.picture.size == (512, 384)
    assert preview.picture.getpixel((256, 192)) == (9, 99, 199)
    assert preview.caption.startswith("40 × 30 pixels · PNG")


def test_a_sixteen_bit_png_fills_the_grey_range() -> None:
    ramp = np.linspace(1000, 3000, 64 * 64).reshape(64, 64).astype(np.uint16)
    shown = np.asarray(make_preview(encoded(Image.fromarray(ramp))).picture)
    assert shown.min() == 0
    assert shown.max() == 255


def test_changed_tiles_are_outlined_in_the_scaled_picture() -> None:
    preview = make_preview(encoded(Image.new("L", (2048, 2048))), [(0, 1024, 1024, 512, 512)])
    assert preview.picture.size == (1024, 1024)
    assert preview.picture.getpixel((512, 640)) == AMBER
    assert preview.picture.getpixel((640, 640)) == (0, 0, 0)


def test_the_first_changed_frame_is_shown_first() -> None:
    frames = [Image.new("L", (8, 8), grey) for grey in (10, 200)]
    stream = encoded(frames[0], "TIFF", save_all=True, append_images=frames[1:])
    preview = make_preview(stream, [(1, 0, 0, 4, 4)])
    assert (preview.frame, preview.frames) == (1, 2)
    assert preview.picture.getpixel((400, 400)) == (200, 200, 200)
    assert "frame 2 of 2" in preview.caption


def test_a_dicom_slice_is_windowed() -> None:
    preview = make_preview(dicom("CT_small.dcm"))
    assert preview.picture.size == (512, 512)
    assert "DICOM CT" in preview.caption
    assert len(np.unique(np.asarray(preview.picture))) > 20


def test_a_colour_dicom_keeps_its_colours() -> None:
    shown = np.asarray(make_preview(dicom("examples_rgb_color.dcm")).picture).astype(int)
    assert np.abs(shown[..., 0] - shown[..., 2]).max() > 50


def test_the_window_is_that_of_the_standard_and_monochrome1_inverts_it() -> None:
    values = np.array([[0.0, 50.0, 100.0]])
    plain = np.asarray(window(values, 50.5, 101.0))[0, :, 0]
    assert plain.tolist() == [0, 127, 255]
    assert np.asarray(window(values, 50.5, 101.0, inverse=True))[0, :, 0].tolist() == [255, 127, 0]


def test_a_constant_image_without_a_window_is_still_shown() -> None:
    assert window(np.full((4, 4), 7.0), None, None).size == (4, 4)


def test_more_pixels_than_are_drawn_are_refused_before_decoding() -> None:
    header = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 0, 0, 0, 0)
    chunk = b"IHDR" + header
    bomb = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    with pytest.raises(NoPreview, match="No preview"):
        make_preview(bomb)


@given(st.binary(max_size=400), st.booleans())
def test_whatever_the_bytes_are_there_is_a_picture_or_a_reason(data: bytes, marked: bool) -> None:
    if marked:
        data = bytes(128) + b"DICM" + data
    try:
        assert make_preview(data).picture.width > 0
    except NoPreview as reason:
        assert str(reason).startswith("No preview")


def test_a_truncated_dicom_has_a_reason() -> None:
    with pytest.raises(NoPreview, match="No preview"):
        make_preview(dicom("CT_small.dcm")[:2000])


def test_the_reason_names_no_class_of_the_program() -> None:
    with pytest.raises(NoPreview) as reason:
        make_preview(dicom("CT_small.dcm")[:2000])
    assert "Error" not in str(reason.value)
    assert "Exception" not in str(reason.value)
