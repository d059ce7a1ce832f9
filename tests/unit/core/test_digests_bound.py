"""What changes the picture on a screen, or hides beside it, changes a digest although every sample stays the same."""

import runpy
from io import BytesIO
from pathlib import Path
from struct import pack

import numpy as np
import pytest
from PIL import Image
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    RLELossless,
)

from ledger.core.digests import compare_attributes, digest_set

MAKE = runpy.run_path(str(Path(__file__).parents[2] / "vectors" / "digests" / "make.py"))


def _differences(one, other):
    """The names of the attributes in which two files with the same samples differ."""
    before, after = digest_set(one), digest_set(other)
    assert before.digests["pixel/1"] == after.digests["pixel/1"]
    changes = compare_attributes(before.attributes, after.attributes)
    assert bool(changes) == (before.digests["dataset/1"] != after.digests["dataset/1"])
    return [change.path for change in changes]


def _tiff(body, bits, *, sample_format=1, edge=16):
    """A TIFF of one strip of ``edge`` × ``edge`` grey samples, its directory behind the samples."""
    fields = {256: edge, 257: edge, 258: bits, 259: 1, 262: 1, 273: 8, 277: 1, 278: edge, 279: len(body)}
    fields[339] = sample_format
    entries = b"".join(pack("<HHII", tag, 4, 1, value) for tag, value in sorted(fields.items()))
    return b"II*\0" + pack("<I", 8 + len(body)) + body + pack("<H", len(fields)) + entries + bytes(4)


def test_black_and_white_and_nearly_black_of_a_tiff_differ_in_bits_per_sample():
    bits = (MAKE["slice_16"](16, 16) > 0).astype(np.uint8)
    paths = _differences(_tiff(np.packbits(bits, axis=1).tobytes(), 1), _tiff(bits.tobytes(), 8))
    assert paths == ["tiff:BitsPerSample"]


def test_the_sign_of_the_samples_of_a_tiff_is_bound():
    body = MAKE["slice_16"](16, 16).tobytes()
    assert _differences(_tiff(body, 16), _tiff(body, 16, sample_format=2)) == ["tiff:SampleFormat"]


@pytest.mark.parametrize("made", ["png", "jpeg", "tiff"])
def test_bytes_behind_the_end_of_an_image_are_an_attribute(made):
    data = MAKE[made](MAKE["colour"]())
    assert _differences(data, data + b"more") == [f"{made}:trailing"]
    assert _differences(data + b"more", data + b"MORE") == [f"{made}:trailing"]


def test_strips_exif_and_further_pages_of_a_tiff_are_no_trailing_bytes():
    exif = Image.Exif()
    exif[0x8769] = {0x9286: b"a comment that is longer than four bytes"}
    pages = [Image.fromarray(MAKE["colour"]()) for _ in range(2)]
    out = BytesIO()
    pages[0].save(out, "TIFF", save_all=True, append_images=pages[1:], exif=exif.tobytes())
    paths = [attribute.path for attribute in digest_set(out.getvalue()).attributes]
    assert "exif:UserComment" in paths
    assert "tiff:trailing" not in paths


def _png(*chunks):
    """A grey PNG with the given chunks (type, body); IDAT stands for the samples."""
    data = MAKE["png"](np.zeros((4, 4), np.uint8))
    samples = data[33:-12]
    parts = [samples if kind == b"IDAT" else MAKE["chunk"](kind, body) for kind, body in chunks]
    return data[:33] + b"".join(parts) + data[-12:]


@pytest.mark.parametrize("kind", [b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"bKGD"])
def test_a_chunk_that_loses_its_effect_behind_the_samples_of_a_png_is_named(kind):
    before, after = _png((kind, b"\0\0"), (b"IDAT", b"")), _png((b"IDAT", b""), (kind, b"\0\0"))
    name = kind.decode()
    assert _differences(before, after) == [f"png:{name}", f"png:{name}@IDAT"]


def test_the_place_of_transparency_and_palette_is_bound():
    one, other = ((b"PLTE", bytes(3)), (b"tRNS", b"\0\0")), ((b"tRNS", b"\0\0"), (b"PLTE", bytes(3)))
    assert _differences(_png(*one, (b"IDAT", b"")), _png(*other, (b"IDAT", b""))) == ["png:tRNS", "png:tRNS@PLTE"]


def test_text_may_stand_before_or_behind_the_samples_of_a_png():
    assert _differences(_png((b"tEXt", b"a\0b"), (b"IDAT", b"")), _png((b"IDAT", b""), (b"tEXt", b"a\0b"))) == []


def test_repeated_keywords_of_png_text_have_paths_of_their_own():
    texts = [(b"tEXt", keyword + b"\0x") for keyword in (b"a", b"a", b"a[1]", b"a%5B1]")]
    paths = [a.path for a in digest_set(_png(*texts, (b"IDAT", b""))).attributes if "tEXt" in a.path]
    assert paths == ["png:tEXt:a", "png:tEXt:a%255B1]", "png:tEXt:a%5B1]", "png:tEXt:a[1]"]


def _with_vr(data, tag, old, new):
    """The same bytes with another value representation in front of the value of ``tag``."""
    place = data.index(pack("<HH", tag >> 16, tag & 0xFFFF) + old)
    return data[: place + 4] + new + data[place + 6 :]


def _dicom(syntax=ExplicitVRLittleEndian, *, signed=False, **values):
    ds = MAKE["data_set"](MAKE["slice_16"](16, 16), bits=12, signed=signed)
    ds.add_new(0x00281053, "DS", "1")
    for name, value in values.items():
        setattr(ds, name, value)
    return MAKE["written"](ds, syntax)


@pytest.mark.parametrize(("old", "new"), [(b"DS", b"US"), (b"DS", b"LO"), (b"DS", b"FL")])
def test_a_vr_that_contradicts_the_dictionary_is_a_change(old, new):
    assert _differences(_dicom(), _with_vr(_dicom(), 0x00281053, old, new)) == ["(0028,1053)"]


@pytest.mark.parametrize(("signed", "old", "new"), [(True, b"SS", b"US"), (False, b"US", b"SS")])
def test_a_vr_that_contradicts_the_pixel_representation_is_a_change_where_the_values_read_differently(signed, old, new):
    honest = _dicom(signed=signed, PixelPaddingValue=-2000 if signed else 63536)
    assert _differences(honest, _with_vr(honest, 0x00280120, old, new)) == ["(0028,0120)"]
    small = _dicom(signed=signed, PixelPaddingValue=2000)
    assert _differences(small, _with_vr(small, 0x00280120, old, new)) == []


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian])
@pytest.mark.parametrize("signed", [True, False])
def test_ambiguous_values_keep_the_data_set_digest_in_encodings_that_follow_the_standard(syntax, signed):
    values = {"signed": signed, "PixelPaddingValue": -2000 if signed else 63536}
    assert _differences(_dicom(**values), _dicom(syntax, **values)) == []


def test_a_private_value_that_ends_with_another_byte_is_a_change():
    files = []
    for value in (1, 0x2001):
        ds = MAKE["data_set"](MAKE["slice_16"](16, 16))
        ds[0x00091001].value = value
        files.append(MAKE["written"](ds))
    assert _differences(*files) == ["(0009,1001)"]


@pytest.mark.parametrize("label", ["YBR_RCT", "YBR_ICT"])
def test_the_colour_space_of_jpeg_2000_is_no_other_word_for_rgb_in_uncompressed_data(label):
    files = []
    for photometric in ("RGB", label):
        ds = MAKE["data_set"](MAKE["colour"]())
        ds.PhotometricInterpretation = photometric
        files.append(MAKE["written"](ds))
    assert _differences(*files) == ["(0028,0004)"]


def test_bytes_behind_a_deflated_data_set_are_an_attribute():
    deflated = _dicom(DeflatedExplicitVRLittleEndian)
    assert _differences(deflated, deflated + b"more") == ["dicom:trailing"]


def _words(words, **values):
    ds = MAKE["data_set"](words.astype("<u2"), bits=12, **values)
    return MAKE["written"](ds)


def test_an_overlay_in_the_high_bits_of_the_words_is_an_attribute():
    samples = MAKE["slice_16"](16, 16).view("<u2") & 0x0FFF
    overlay = np.zeros_like(samples)
    overlay[4:9, 4:9] = 1 << 12
    moved = np.roll(overlay, 1, axis=0)
    assert _differences(_words(samples), _words(samples | overlay)) == ["(7FE0,0010)#unused-bits"]
    assert _differences(_words(samples | overlay), _words(samples | moved)) == ["(7FE0,0010)#unused-bits"]


def test_bits_below_the_samples_are_an_attribute():
    samples = np.arange(256, dtype="<u2").reshape(16, 16)
    files = []
    for low in (0, 5):
        ds = MAKE["data_set"]((samples << 4 | low).astype("<u2"), bits=12)
        ds.HighBit = 15
        files.append(MAKE["written"](ds))
    assert _differences(*files) == ["(7FE0,0010)#unused-bits"]


def test_the_repeated_sign_of_a_sample_is_no_attribute_and_its_absence_is_one():
    samples = MAKE["slice_16"](16, 16).view("<u2")
    plain = digest_set(_words(samples, signed=True))
    assert not [a.path for a in plain.attributes if "unused" in a.path]
    assert _differences(_words(samples, signed=True), _words(samples & 0x0FFF, signed=True)) == [
        "(7FE0,0010)#unused-bits"
    ]


def test_unused_bits_survive_run_length_encoding_and_name_their_frame():
    frames = np.stack([MAKE["slice_16"](16, 16).view("<u2") & 0x0FFF] * 3)
    frames[1, 3, 3] |= 0x8000
    raw = MAKE["written"](MAKE["data_set"](frames, bits=12, frames=3))
    assert _differences(raw, MAKE["compressed"](MAKE["data_set"](frames, bits=12, frames=3), RLELossless)) == []
    frames = frames[[0, 2, 1]]
    moved = MAKE["written"](MAKE["data_set"](frames, bits=12, frames=3))
    assert _differences(raw, moved) == ["(7FE0,0010)#unused-bits"]
