"""What changes the picture on a screen, or hides beside it, changes a digest although every sample stays the same."""

import runpy
from io import BytesIO
from pathlib import Path
from struct import pack

import numpy as np
import pytest
from PIL import Image

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
