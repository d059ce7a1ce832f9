"""Samples come out as they are stored, whatever the format, depth and sign."""

import runpy
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from pydicom.data import get_testdata_file
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    RLELossless,
)

from ledger.core.images import decode, sniff

MAKE = runpy.run_path(str(Path(__file__).parents[2] / "vectors" / "digests" / "make.py"))
PLAIN = (ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian)


def _only(data):
    [frame] = decode(data).read_frames()
    return frame


def _ramp(dtype, shape=(33, 35)):
    info = np.iinfo(dtype)
    return np.linspace(info.min, info.max, int(np.prod(shape))).astype(dtype).reshape(shape)


@pytest.mark.parametrize("syntax", [*PLAIN, RLELossless, JPEG2000Lossless])
@pytest.mark.parametrize("dtype", ["<u1", "<u2", "<i2"])
def test_dicom_samples_come_out_as_twos_complement_words(dtype, syntax):
    samples = _ramp(dtype)
    ds = MAKE["data_set"](samples, signed="i" in dtype)
    data = MAKE["written"](ds, syntax) if syntax in PLAIN else MAKE["compressed"](ds, syntax)
    frame = _only(data)
    assert frame.dtype == np.dtype(dtype.replace("i", "u"))
    assert np.array_equal(frame[:, :, 0].view(dtype), samples)


@pytest.mark.parametrize("syntax", PLAIN)
@pytest.mark.parametrize("dtype", ["<u4", "<i4"])
def test_32_bit_samples_are_read_in_every_byte_order(dtype, syntax):
    samples = _ramp(dtype)
    frame = _only(MAKE["written"](MAKE["data_set"](samples, signed="i" in dtype), syntax))
    assert np.array_equal(frame[:, :, 0].view(dtype), samples)


def test_signed_12_bit_samples_are_sign_extended_whatever_the_unused_bits_hold():
    samples = _ramp("<i2", (8, 8)) // 16
    dirty = (samples.view("<u2") & 0x0FFF) | 0xA000
    frame = _only(MAKE["written"](MAKE["data_set"](dirty.astype("<u2"), bits=12, signed=True)))
    assert np.array_equal(frame[:, :, 0].view("<i2"), samples)


def test_unused_high_bits_of_unsigned_samples_are_cleared():
    samples = np.arange(64, dtype="<u2").reshape(8, 8)
    frame = _only(MAKE["written"](MAKE["data_set"]((samples | 0xF000).astype("<u2"), bits=12)))
    assert np.array_equal(frame[:, :, 0], samples)


def test_samples_above_the_low_bits_are_shifted_down():
    samples = np.arange(64, dtype="<u2").reshape(8, 8)
    ds = MAKE["data_set"]((samples << 4).astype("<u2"), bits=12)
    ds.HighBit = 15
    assert np.array_equal(_only(MAKE["written"](ds))[:, :, 0], samples)


def test_an_8_bit_grey_dicom_and_an_8_bit_grey_png_have_the_same_samples():
    samples = MAKE["colour"]()[:, :, 0].copy()
    assert np.array_equal(_only(MAKE["written"](MAKE["data_set"](samples))), _only(MAKE["png"](samples)))


def test_8_bit_samples_in_big_endian_words_are_put_in_order():
    samples = _ramp("<u1", (5, 7))
    ds = MAKE["data_set"](samples)
    ds["PixelData"].VR = "OW"
    ds.PixelData = np.frombuffer(ds.PixelData, "<u2").astype(">u2").tobytes()
    data = MAKE["written"](ds, ExplicitVRBigEndian)
    assert np.array_equal(_only(data)[:, :, 0], samples)


def test_one_bit_frames_that_do_not_begin_on_a_byte_are_read():
    bits = (np.random.default_rng(3).random((3, 5, 5)) > 0.5).astype(np.uint8)
    ds = MAKE["data_set"](bits, frames=3)
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = 1, 1, 0
    ds.PixelData = np.packbits(bits.reshape(-1), bitorder="little").tobytes()
    assert np.array_equal(np.stack(list(decode(MAKE["written"](ds)).read_frames()))[..., 0], bits)


def test_subsampled_colour_differences_are_repeated():
    ds = MAKE["data_set"](np.zeros((1, 4, 3), np.uint8))
    ds.PhotometricInterpretation = "YBR_FULL_422"
    ds.PixelData = bytes([1, 2, 10, 20, 3, 4, 30, 40])
    frame = _only(MAKE["written"](ds))
    assert frame.tolist() == [[[1, 10, 20], [2, 10, 20], [3, 30, 40], [4, 30, 40]]]


@pytest.mark.parametrize("name", ["SC_rgb_rle.dcm", "SC_rgb_jpeg_gdcm.dcm"])
def test_two_lossless_encodings_of_pydicoms_colour_bars_agree(name):
    frame = _only(Path(get_testdata_file(name, download=False)).read_bytes())
    assert frame.shape == (100, 100, 3)
    assert frame[5, 50].tolist() == [255, 0, 0]


def test_a_lossy_rgb_frame_without_markers_is_not_taken_for_ybr():
    frame = _only(Path(get_testdata_file("SC_jpeg_no_color_transform.dcm", download=False)).read_bytes())
    plain = _only(Path(get_testdata_file("SC_rgb_jpeg_dcmd.dcm", download=False)).read_bytes())
    assert np.array_equal(frame, plain)


def test_frames_are_decoded_one_at_a_time():
    frames = np.stack([MAKE["slice_16"](8, 8)] * 4)
    iterator = decode(MAKE["written"](MAKE["data_set"](frames, frames=4))).read_frames()
    assert next(iterator).shape == (8, 8, 1)
    assert len(list(iterator)) == 3


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_png_samples_of_8_and_16_bits_come_out_as_stored(channels, dtype):
    samples = _ramp(dtype, (9, 11, channels))
    order = [0] if channels == 1 else [2, 1, 0, 3][:channels]
    done, encoded = cv2.imencode(".png", samples[:, :, order])
    assert done
    assert np.array_equal(_only(encoded.tobytes()), samples)


def test_16_bit_grey_with_alpha_keeps_two_samples():
    image = _grey_alpha_16(np.array([[[1, 65535], [40000, 2]]], ">u2"))
    found = decode(image)
    assert found.layout.kind == "monochrome-alpha"
    assert next(found.read_frames()).tolist() == [[[1, 65535], [40000, 2]]]


def _grey_alpha_16(samples):
    import zlib

    rows, columns, _ = samples.shape
    head = columns.to_bytes(4, "big") + rows.to_bytes(4, "big") + bytes([16, 4, 0, 0, 0])
    lines = b"".join(b"\0" + row.tobytes() for row in samples)
    parts = (b"IHDR", head), (b"IDAT", zlib.compress(lines)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(MAKE["chunk"](*part) for part in parts)


def test_transparency_gamma_and_profiles_do_not_touch_the_samples_of_a_png():
    samples = _ramp(np.uint16, (9, 11, 3))
    _, encoded = cv2.imencode(".png", samples[:, :, ::-1])
    data = encoded.tobytes()
    extra = MAKE["chunk"](b"gAMA", (45455).to_bytes(4, "big")) + MAKE["chunk"](b"tRNS", b"\0" * 6)
    found = decode(data[:33] + extra + data[33:])
    assert np.array_equal(next(found.read_frames()), samples)
    assert {"png:gAMA", "png:tRNS"} <= {attribute.path for attribute in found.read_attributes()}


@pytest.mark.parametrize("depth", [1, 2, 4])
def test_grey_png_of_few_bits_keeps_its_stored_values(depth):
    import zlib

    values = np.arange(1 << depth, dtype=np.uint8)
    bits = np.unpackbits(values[:, None], axis=1)[:, 8 - depth :].reshape(-1)
    head = len(values).to_bytes(4, "big") + (1).to_bytes(4, "big") + bytes([depth, 0, 0, 0, 0])
    parts = (b"IHDR", head), (b"IDAT", zlib.compress(b"\0" + np.packbits(bits).tobytes())), (b"IEND", b"")
    frame = _only(b"\x89PNG\r\n\x1a\n" + b"".join(MAKE["chunk"](*part) for part in parts))
    assert frame.reshape(-1).tolist() == values.tolist()


def test_a_palette_png_gives_indices_and_colours():
    image = Image.fromarray(np.array([[0, 1], [2, 1]], np.uint8), "P")
    image.putpalette([9, 8, 7, 6, 5, 4, 3, 2, 1])
    out = BytesIO()
    image.save(out, "PNG")
    found = decode(out.getvalue())
    assert found.layout.kind == "palette"
    assert next(found.read_frames())[:, :, 0].tolist() == [[0, 1], [2, 1]]
    assert found.palette[:3].tolist() == [[9, 8, 7], [6, 5, 4], [3, 2, 1]]


@pytest.mark.parametrize("compression", [None, "tiff_lzw", "tiff_adobe_deflate", "packbits"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int32])
def test_tiff_samples_come_out_as_stored(dtype, compression):
    samples = _ramp(dtype)
    frame = _only(MAKE["tiff"](samples, compression=compression))
    assert np.array_equal(frame[:, :, 0].view(dtype), samples)


@pytest.mark.parametrize("channels", [3, 4])
def test_16_bit_colour_tiff_keeps_all_bits(channels):
    samples = _ramp(np.uint16, (9, 11, channels))
    _, encoded = cv2.imencode(".tiff", samples[:, :, [2, 1, 0, 3][:channels]])
    assert np.array_equal(_only(encoded.tobytes()), samples)


def test_the_pages_of_a_tiff_are_frames():
    pages = [Image.fromarray(_ramp(np.uint8) + index) for index in range(3)]
    out = BytesIO()
    pages[0].save(out, "TIFF", save_all=True, append_images=pages[1:])
    frames = list(decode(out.getvalue()).read_frames())
    assert [frame[0, 0, 0] for frame in frames] == [0, 1, 2]


def test_the_orientation_of_a_tiff_is_an_attribute_and_turns_nothing():
    samples = _ramp(np.uint8, (6, 9))
    found = decode(MAKE["tiff"](samples, tiffinfo={274: 6}))
    assert np.array_equal(next(found.read_frames())[:, :, 0], samples)
    assert [a.value for a in found.read_attributes() if a.path == "tiff:Orientation"] == [b"\6\0"]


def test_white_is_zero_keeps_the_stored_samples_in_a_class_of_its_own():
    samples = _ramp(np.uint8, (6, 9))
    data = bytearray(MAKE["tiff"](samples))
    entry = data.index((262).to_bytes(2, "little") + b"\3\0\1\0\0\0")
    data[entry + 8] = 0
    found = decode(bytes(data))
    assert found.layout.kind == "monochrome-inverted"
    assert np.array_equal(next(found.read_frames())[:, :, 0], samples)


@pytest.mark.parametrize(
    ("options", "kind"), [({}, "rgb"), ({"progressive": True}, "rgb"), ({"subsampling": 0}, "rgb")]
)
def test_jpeg_files_are_read(options, kind):
    found = decode(MAKE["jpeg"](MAKE["colour"](), **options))
    assert found.layout.kind == kind
    assert found.lossy
    assert next(found.read_frames()).shape == (40, 36, 3)


@pytest.mark.parametrize(
    ("made", "media_type"),
    [
        (lambda: MAKE["png"](MAKE["colour"]()), "image/png"),
        (lambda: MAKE["jpeg"](MAKE["colour"]()), "image/jpeg"),
        (lambda: MAKE["tiff"](MAKE["colour"]()), "image/tiff"),
        (lambda: MAKE["written"](MAKE["data_set"](MAKE["colour"]())), "application/dicom"),
    ],
)
def test_the_media_type_is_read_from_the_bytes(made, media_type):
    assert sniff(made()) == media_type
    assert decode(made()).media_type == media_type
