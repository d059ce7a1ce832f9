"""Bad input and too much of it: refused before decoding, in words, with nothing of the patient."""

import runpy
import time
import tracemalloc
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.data import get_testdata_file
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRLittleEndian, JPEG2000Lossless, RLELossless

from ledger.core.digests import digest_set
from ledger.core.images import Limits, decode, sniff
from ledger.core.images.identity import identity_of
from ledger.errors import InputError, LimitExceeded, UnreadableImage, UnsupportedImage

MAKE = runpy.run_path(str(Path(__file__).parents[2] / "vectors" / "digests" / "make.py"))
INPUTS = Path(__file__).parents[2] / "vectors" / "digests" / "inputs"
SLICE = (INPUTS / "slice-explicit.dcm").read_bytes()


def _png_header(columns, rows, extra=b""):
    head = columns.to_bytes(4, "big") + rows.to_bytes(4, "big") + bytes([8, 0, 0, 0, 0])
    chunk = MAKE["chunk"]
    body = chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + extra + body


def _dicom(**values):
    ds = MAKE["data_set"](np.zeros((4, 4), "<u2"))
    for name, value in values.items():
        setattr(ds, name, value)
    return MAKE["written"](ds)


def test_an_empty_file_is_unreadable():
    with pytest.raises(UnreadableImage, match="empty"):
        decode(b"")


@pytest.mark.parametrize("data", [b"hello", b"\0" * 4096, b"%PDF-1.7\n", b"GIF89a", b"II\x2b\0" + b"\0" * 20])
def test_a_foreign_file_is_unsupported(data):
    with pytest.raises(UnsupportedImage):
        sniff(data)


def test_a_ten_gigapixel_png_header_is_refused_without_decoding():
    tracemalloc.start()
    start = time.perf_counter()
    with pytest.raises(LimitExceeded, match="10000000000"):
        decode(_png_header(100_000, 100_000))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert time.perf_counter() - start < 5
    assert peak < 50_000_000


def test_a_file_over_the_byte_limit_is_refused():
    with pytest.raises(LimitExceeded, match="at most 100 bytes"):
        decode(SLICE, Limits(max_bytes=100))


@pytest.mark.parametrize(
    ("limits", "unit"),
    [
        (Limits(max_pixels=3499), "pixels"),
        (Limits(max_frames=2), "frames"),
        (Limits(max_decoded_bytes=20_999), "decoded bytes"),
    ],
)
def test_each_limit_holds_for_frames_of_dicom(limits, unit):
    data = (INPUTS / "frames.dcm").read_bytes()
    with pytest.raises(LimitExceeded, match=unit):
        decode(data, limits)


def test_an_image_exactly_at_its_limits_is_read():
    limits = Limits(max_pixels=3500, max_frames=3, max_decoded_bytes=21_000)
    assert decode((INPUTS / "frames.dcm").read_bytes(), limits).frames == 3


def test_a_dicom_that_declares_huge_frames_is_refused():
    with pytest.raises(LimitExceeded):
        decode(_dicom(Rows=65535, Columns=65535))
    with pytest.raises(LimitExceeded):
        decode(_dicom(NumberOfFrames=2_000_000_000))


@pytest.mark.parametrize("change", [{"Rows": 5}, {"Rows": 2}, {"NumberOfFrames": 2}, {"SamplesPerPixel": 3}])
def test_a_dicom_whose_pixel_data_has_another_length_is_unreadable(change):
    with pytest.raises(UnreadableImage, match=r"expected .*found"):
        decode(_dicom(**change))


@pytest.mark.parametrize("change", [{"Rows": 0}, {"Columns": 0}, {"NumberOfFrames": 0}, {"BitsStored": 17}])
def test_a_dicom_without_pixels_or_with_impossible_bits_is_unreadable(change):
    with pytest.raises(UnreadableImage):
        decode(_dicom(**change))


def test_an_element_longer_than_the_file_is_unreadable_and_named_by_tag():
    at = SLICE.index(b"\x20\x00\x00\x40LT") + 6
    broken = SLICE[:at] + b"\xff\xff" + SLICE[at + 2 :]
    with pytest.raises(UnreadableImage, match=r"expected 65535 bytes in \(0020,4000\)"):
        decode(broken)


def test_an_element_that_occurs_twice_is_unreadable():
    at = SLICE.index(b"\x08\x00\x60\x00CS")
    twice = SLICE[:at] + SLICE[at : at + 10] + SLICE[at:]
    with pytest.raises(UnreadableImage, match="twice"):
        decode(twice)


def test_sequences_nested_without_end_are_refused():
    item = b"\x08\x00\x40\x11SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff"
    at = SLICE.index(b"\x08\x00\x40\x11SQ")
    with pytest.raises(LimitExceeded, match="nested"):
        decode(SLICE[:at] + item * 100_000)


def test_a_deflated_bomb_is_refused_at_the_byte_limit():
    meta = (INPUTS / "slice-deflated.dcm").read_bytes()
    start = 132 + 12 + int.from_bytes(meta[140:144], "little")
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = packer.compress(b"\0" * 50_000_000) + packer.flush()
    with pytest.raises(LimitExceeded, match="inflated"):
        decode(meta[:start] + bomb, Limits(max_bytes=1_000_000))


@pytest.mark.parametrize("kind", [b"zTXt", b"iCCP"])
def test_a_bomb_in_compressed_png_text_is_refused_at_the_byte_limit(kind):
    bomb = MAKE["chunk"](kind, b"Title\0\0" + zlib.compress(b"\0" * 50_000_000, 9))
    with pytest.raises(LimitExceeded, match="inflated"):
        decode(_png_header(8, 8, bomb), Limits(max_bytes=1_000_000))


def test_many_texts_share_one_inflation_limit():
    text = MAKE["chunk"](b"zTXt", b"Title\0\0" + zlib.compress(b"\0" * 400_000, 9))
    with pytest.raises(LimitExceeded, match="inflated"):
        decode(_png_header(8, 8, text * 3), Limits(max_bytes=1_000_000))


def test_a_png_with_a_wrong_checksum_is_unreadable():
    data = bytearray(MAKE["png"](MAKE["colour"]()))
    data[50] ^= 1
    with pytest.raises(UnreadableImage, match="checksum"):
        decode(bytes(data))


def test_a_png_whose_samples_end_early_is_unreadable_even_if_another_part_of_the_program_is_lenient(monkeypatch):
    from PIL import ImageFile

    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    with pytest.raises(UnreadableImage):
        digest_set(_png_header(64, 64))


def test_a_tiff_that_declares_huge_strips_or_pages_is_refused():
    data = bytearray(MAKE["tiff"](np.zeros((8, 8), np.uint8)))
    entry = data.index((279).to_bytes(2, "little") + b"\4\0\1\0\0\0")
    data[entry + 8 : entry + 12] = b"\xff\xff\xff\x7f"
    with pytest.raises(UnreadableImage, match="bytes of samples"):
        decode(bytes(data))
    out = BytesIO()
    page = Image.new("L", (4, 4))
    page.save(out, "TIFF", save_all=True, append_images=[page] * 3)
    with pytest.raises(LimitExceeded, match="frames"):
        decode(out.getvalue(), Limits(max_frames=3))


def test_a_tiff_whose_pages_lead_back_to_the_first_is_unreadable():
    data = bytearray(MAKE["tiff"](np.zeros((8, 8), np.uint8)))
    first = int.from_bytes(data[4:8], "little")
    count = int.from_bytes(data[first : first + 2], "little")
    data[first + 2 + 12 * count :][:4] = b""
    link = first + 2 + 12 * count
    data[link : link + 4] = first.to_bytes(4, "little")
    with pytest.raises(UnreadableImage, match="circle"):
        decode(bytes(data))


def test_a_tiff_with_pages_of_different_sizes_is_unsupported():
    out = BytesIO()
    Image.new("L", (4, 4)).save(out, "TIFF", save_all=True, append_images=[Image.new("L", (5, 4))])
    with pytest.raises(UnsupportedImage, match="one size"):
        decode(out.getvalue())


def test_a_codestream_larger_than_the_data_set_declares_is_refused_before_decoding():
    ds = MAKE["data_set"](np.zeros((4, 4, 3), np.uint8))
    data = MAKE["with_frames"](ds, "1.2.840.10008.1.2.4.50", [MAKE["jpeg"](MAKE["colour"]())], "YBR_FULL_422")
    with pytest.raises(UnreadableImage, match="expected a frame of 4×4×3"):
        digest_set(data)


@pytest.mark.parametrize("syntax", [RLELossless, JPEG2000Lossless])
def test_a_missing_or_surplus_compressed_frame_is_unreadable(syntax):
    frames = np.stack([MAKE["slice_16"](64, 64)] * 3)
    ds = MAKE["data_set"](frames, frames=3)
    data = MAKE["compressed"](ds, syntax)
    for number in (b"2 ", b"4 "):
        at = data.index(b"\x28\x00\x08\x00IS\x02\x00") + 8
        with pytest.raises(UnreadableImage):
            digest_set(data[:at] + number + data[at + 2 :])


def test_a_dicom_object_without_pixels_is_unsupported():
    data = Path(get_testdata_file("rtplan.dcm", download=False)).read_bytes()
    with pytest.raises(UnsupportedImage, match="without pixel data"):
        decode(data)


def test_a_video_transfer_syntax_is_unsupported():
    other = b"1.2.840.10008.1.2.4.100"
    data = bytearray(MAKE["written"](MAKE["data_set"](MAKE["slice_16"]()), ExplicitVRLittleEndian))
    at = data.index(b"\x02\x00\x10\x00UI")
    length = int.from_bytes(data[at + 6 : at + 8], "little")
    data[at : at + 8 + length] = b"\x02\x00\x10\x00UI" + len(other + b"\0").to_bytes(2, "little") + other + b"\0"
    with pytest.raises(UnsupportedImage, match=r"1\.2\.840\.10008\.1\.2\.4\.100"):
        decode(bytes(data))


def test_a_12_bit_lossy_jpeg_is_unsupported_in_words():
    data = Path(get_testdata_file("JPEG-lossy.dcm", download=False)).read_bytes()
    with pytest.raises(UnsupportedImage, match="12 bits"):
        digest_set(data)


@pytest.mark.parametrize("name", sorted(path.name for path in INPUTS.iterdir()))
def test_every_truncation_is_an_input_error_that_names_no_patient(name):
    data = (INPUTS / name).read_bytes()
    for length in sorted({*range(0, len(data), max(1, len(data) // 60)), len(data) - 40}):
        with pytest.raises(InputError) as caught:
            digest_set(data[:length])
        assert "Made" not in str(caught.value)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"Adobe\x00\x64\x00\x00\x00\x00\x00", b"Adobe\x00\x64\x00\x00\x00\x00\xff"),
        (b"\xff\xc3\x00\x11\x08", b"\xff\xc3\x00\x11\x11"),
        (b"\xff\xda\x00\x0c\x03R", b"\xff\xda\x00\x0c\x03S"),
    ],
)
def test_a_malformed_lossless_jpeg_header_never_ends_the_process(before, after):
    data = Path(get_testdata_file("SC_rgb_jpeg_gdcm.dcm", download=False)).read_bytes()
    assert before in data
    good = digest_set(data).digests["pixel/1"]
    try:
        # Metadata that the samples do not need is not shown to the decoder at all.
        assert digest_set(data.replace(before, after)).digests["pixel/1"] == good
    except InputError as error:
        assert "expected" in str(error)


def test_a_data_set_that_contradicts_its_codestream_never_ends_the_process():
    ds = pydicom.dcmread(get_testdata_file("SC_rgb_jpeg_gdcm.dcm", download=False))
    ds.BitsAllocated = 32
    out = BytesIO()
    ds.save_as(out)
    assert digest_set(out.getvalue()).facts["bits"] == 8


def test_an_rle_frame_that_decodes_to_more_than_the_frame_is_unreadable():
    data = bytearray((INPUTS / "slice-rle.dcm").read_bytes())
    start = data.index(b"\x02\x00\x00\x00\x40\x00\x00\x00") + 64
    data[start : start + 2] = b"\x81\x81"
    data[start + 2 : start + 40] = b"\x81\x00" * 19
    with pytest.raises(UnreadableImage):
        digest_set(bytes(data))


def _deflated_bomb(zeros):
    ds = MAKE["data_set"](np.zeros((4, 4), "<u2"))
    ds.StudyInstanceUID = "1.2.4"
    ds.PixelData = bytes(zeros)
    return MAKE["written"](ds, DeflatedExplicitVRLittleEndian)


def test_which_object_a_deflated_bomb_is_costs_a_megabyte_and_no_more():
    bomb = _deflated_bomb(1 << 27)
    assert len(bomb) < 1 << 18
    tracemalloc.start()
    assert identity_of(bomb).study == "1.2.4"
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 << 20


def test_a_deflated_data_set_may_not_inflate_to_hundreds_of_times_its_size():
    with pytest.raises(LimitExceeded, match="inflated"):
        decode(_deflated_bomb(1 << 27))
