"""Offset tables never lead a viewer to other frames than the fragments in their order do."""

import runpy
from io import BytesIO
from pathlib import Path
from struct import pack

import numpy as np
import pydicom
import pytest
from pydicom.uid import RLELossless

from ledger.core.digests import digest_set
from ledger.core.images import decode
from ledger.errors import UnreadableImage

MAKE = runpy.run_path(str(Path(__file__).parents[2] / "vectors" / "digests" / "make.py"))
FRAMES = np.stack([MAKE["slice_16"](20, 20), MAKE["slice_16"](20, 20)[::-1]])


def _file(*, basic=None, extended=None, lengths=None, split=False):
    """Two RLE frames, each one fragment (or two) with the given tables; each gets the true offsets and lengths."""
    ds = pydicom.dcmread(BytesIO(MAKE["compressed"](MAKE["data_set"](FRAMES, frames=2, signed=True), RLELossless)))
    frames = list(pydicom.encaps.generate_frames(ds.PixelData, number_of_frames=2))
    fragments = [part for f in frames for part in ((f[:40], f[40:]) if split else (f,))]
    second = sum(8 + len(part) for part in fragments[: len(fragments) // 2])
    offsets, sizes = (0, second), [len(frame) for frame in frames]
    table = basic(offsets) if basic else ()
    items = [pack(f"<{len(table)}I", *table), *fragments]
    encoded = b"".join(b"\xfe\xff\x00\xe0" + pack("<I", len(item)) + item for item in items)
    ds.PixelData = encoded
    if extended:
        table = extended(offsets)
        ds.ExtendedOffsetTable = pack(f"<{len(table)}Q", *table)
    if lengths:
        table = lengths(sizes)
        ds.ExtendedOffsetTableLengths = pack(f"<{len(table)}Q", *table)
    out = BytesIO()
    ds.save_as(out)
    return out.getvalue()


def _same(values):
    return tuple(values)


def _exchanged(values):
    return tuple(reversed(values))


def _first_twice(values):
    return (values[0], values[0])


@pytest.mark.parametrize(
    "tables",
    [
        {},
        {"basic": _same},
        {"extended": _same, "lengths": _same},
        {"basic": _same, "split": True},
        {"basic": _same, "extended": _same},
    ],
)
def test_frames_are_read_by_tables_that_point_at_the_fragments_in_order(tables):
    found = np.stack(list(decode(_file(**tables)).read_frames()))
    assert np.array_equal(found[..., 0].view("<i2"), FRAMES)


@pytest.mark.parametrize("wrong", [_exchanged, _first_twice, lambda offsets: (0, offsets[1] + 2), lambda _: (0,)])
@pytest.mark.parametrize("table", ["basic", "extended"])
def test_a_table_that_points_elsewhere_is_refused_even_with_one_fragment_a_frame(table, wrong):
    with pytest.raises(UnreadableImage, match=r"expected .*found"):
        digest_set(_file(**{table: wrong}))


def test_exchanged_lengths_of_frames_are_refused():
    with pytest.raises(UnreadableImage, match="by the table of lengths"):
        digest_set(_file(extended=_same, lengths=lambda sizes: (sizes[0] - 2, sizes[1])))


def test_two_tables_that_disagree_are_refused():
    with pytest.raises(UnreadableImage, match="expected offset tables that agree"):
        digest_set(_file(split=True, basic=lambda offsets: (0, 48), extended=_same))
