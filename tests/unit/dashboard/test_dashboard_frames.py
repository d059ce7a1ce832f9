"""The frames: what can be shown is shown with its true values, and what cannot says why and never fails otherwise."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from pydicom.data import get_testdata_file

from dashboard.components.frames import NoPreview, between, packed, read_frame


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def dicom(name: str) -> bytes:
    return Path(str(get_testdata_file(name, download=False))).read_bytes()


def changed(name: str, **attributes: object) -> bytes:
    dataset = pydicom.dcmread(io.BytesIO(dicom(name)))
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    stream = io.BytesIO()
    dataset.save_as(stream)
    return stream.getvalue()


def test_a_colour_png_is_shown_as_it_is() -> None:
    frame = read_frame(encoded(Image.new("RGB", (40, 30), (9, 99, 199))))
    assert frame.samples[15, 20].tolist() == [9, 99, 199]
    assert frame.colour and frame.windows == ()
    assert frame.caption.startswith("40 × 30 pixels · PNG RGB")


def test_eight_bit_grey_begins_with_black_at_0_and_white_at_255() -> None:
    frame = read_frame(encoded(Image.new("L", (4, 4), 77)))
    assert (frame.windows[0].centre, frame.windows[0].width) == (128, 256)
    assert frame.value_range == (77, 77)


def test_a_sixteen_bit_png_keeps_every_level() -> None:
    ramp = np.linspace(1000, 3000, 64 * 64).reshape(64, 64).astype(np.uint16)
    frame = read_frame(encoded(Image.fromarray(ramp)))
    assert (frame.samples.astype(float) * frame.slope + frame.intercept == ramp).all()
    assert [window.name for window in frame.windows] == ["Middle 99 %", "Full range"]
    assert (frame.windows[1].centre, frame.windows[1].width) == (2000.5, 2001)


def test_a_ct_slice_has_its_hounsfield_values_its_own_window_and_the_known_ones() -> None:
    data = changed("CT_small.dcm", WindowCenter=[40, -600], WindowWidth=[400, 1500],
                   WindowCenterWidthExplanation=["SOFT", "LUNG"])  # fmt: skip
    frame = read_frame(data)
    dataset = pydicom.dcmread(io.BytesIO(data))
    expected = dataset.pixel_array * float(dataset.RescaleSlope) + float(dataset.RescaleIntercept)
    assert (frame.samples * frame.slope + frame.intercept == expected).all()
    assert frame.unit == "HU"
    assert [window.name for window in frame.windows[:2]] == ["In the file: SOFT", "In the file: LUNG"]
    assert (frame.windows[0].centre, frame.windows[0].width) == (40, 400)
    assert {"CT lung", "CT bone"} <= {window.name for window in frame.windows}


def test_the_shape_of_the_window_is_that_of_the_header_and_linear_without_one() -> None:
    assert read_frame(changed("CT_small.dcm", VOILUTFunction="SIGMOID")).shape == "sigmoid"
    assert read_frame(dicom("CT_small.dcm")).shape == "linear"


def test_monochrome1_is_shown_with_low_values_white() -> None:
    assert read_frame(changed("CT_small.dcm", PhotometricInterpretation="MONOCHROME1")).inverse
    assert not read_frame(dicom("CT_small.dcm")).inverse


def test_a_colour_dicom_keeps_its_colours() -> None:
    shown = read_frame(dicom("examples_rgb_color.dcm")).samples.astype(int)
    assert np.abs(shown[..., 0] - shown[..., 2]).max() > 50


def test_a_palette_dicom_is_shown_in_its_colours() -> None:
    frame = read_frame(dicom("examples_palette.dcm"))
    assert frame.colour
    assert np.ptp(frame.samples.astype(int), axis=2).max() > 20


def test_the_frame_asked_for_is_shown_and_the_last_where_there_are_fewer() -> None:
    frames = [Image.new("L", (8, 8), grey) for grey in (10, 200)]
    stream = encoded(frames[0], "TIFF", save_all=True, append_images=frames[1:])
    assert read_frame(stream, 1).samples[4, 4] == 200
    assert read_frame(stream, 7).number == 1
    assert "frame 2 of 2" in read_frame(stream, 1).caption


def test_a_very_large_picture_is_reduced_by_whole_blocks_and_says_so() -> None:
    wide = np.zeros((3001, 5001), np.uint8)
    wide[0:2, 0:2] = 200
    frame = read_frame(encoded(Image.fromarray(wide)))
    assert (frame.step, frame.samples.shape, frame.size) == (2, (1500, 2500), (5001, 3001))
    assert frame.samples[0, 0] == 200 and frame.samples[0, 1] == 0
    assert "reduced to 1/2" in frame.caption


def test_more_pixels_than_are_drawn_are_refused_before_decoding() -> None:
    header = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 0, 0, 0, 0)
    chunk = b"IHDR" + header
    bomb = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    with pytest.raises(NoPreview, match="No preview"):
        read_frame(bomb)


@given(st.binary(max_size=400), st.booleans())
def test_whatever_the_bytes_are_there_is_a_picture_or_a_reason(data: bytes, marked: bool) -> None:
    if marked:
        data = bytes(128) + b"DICM" + data
    try:
        assert read_frame(data).samples.size > 0
    except NoPreview as reason:
        assert str(reason).startswith("No preview")


@given(st.lists(st.integers(-40_000, 80_000), min_size=2, max_size=60))
def test_whole_values_come_back_exactly_when_they_span_under_65536_and_closely_otherwise(values: list[int]) -> None:
    wide = np.array([values], np.int32)
    samples, slope, intercept = packed(wide)
    error = np.abs(samples * slope + intercept - wide).max()
    assert error == 0 if np.ptp(wide) <= 65_535 else error <= slope


def test_floats_with_gaps_are_shown_over_the_range_of_the_others() -> None:
    samples, slope, intercept = packed(np.array([[np.nan, -1.5, 2.5, np.inf]]))
    assert (samples * slope + intercept)[0, 1:3].tolist() == pytest.approx([-1.5, 2.5])


def test_a_constant_picture_has_a_window() -> None:
    frame = read_frame(encoded(Image.fromarray(np.full((4, 4), 700, np.uint16))))
    assert frame.windows[0].width >= 1
    assert frame.value_range == (700, 700)


def test_a_window_between_two_values_shows_the_lower_black_and_the_upper_white() -> None:
    window = between("x", 100, 300)
    assert window.centre - 0.5 - (window.width - 1) / 2 == 100
    assert window.centre - 0.5 + (window.width - 1) / 2 == 300


def test_a_truncated_dicom_has_a_reason_that_names_no_class_of_the_program() -> None:
    with pytest.raises(NoPreview, match="No preview") as reason:
        read_frame(dicom("CT_small.dcm")[:2000])
    assert "Error" not in str(reason.value)
    assert "Exception" not in str(reason.value)


def test_a_kind_that_pillow_hands_to_another_program_is_not_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    eps = encoded(Image.new("L", (2, 2)), "EPS")
    opened: list[str] = []
    monkeypatch.setattr("PIL.EpsImagePlugin.EpsImageFile._open", lambda self: opened.append("eps"))
    with pytest.raises(NoPreview, match="kind that can't be drawn here"):
        read_frame(eps)
    assert opened == []


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "MPO"])
def test_the_kinds_that_are_registered_are_drawn(kind: str) -> None:
    assert read_frame(encoded(Image.new("L", (6, 4), 9), kind)).size == (6, 4)
