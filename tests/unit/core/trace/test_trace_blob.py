"""trace/1: the stored form, and what is read from bytes that nobody wrote."""

from __future__ import annotations

import json
import tracemalloc
import zlib
from pathlib import Path
from struct import pack
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.core.trace.blob import MOST_BYTES, Trace, pack_trace, trace_digest, unpack_trace
from ledger.core.trace.cells import CELLS, Cells, cells_of
from ledger.core.trace.codes import registered_codes
from ledger.errors import InvalidDigest

VECTORS = Path(__file__).parents[3] / "vectors"
BLOB = (VECTORS / "trace-1.bin").read_bytes()
GOLDEN = json.loads((VECTORS / "trace-1.json").read_text())


def plain(trace: Trace) -> list[Any]:
    facts = [
        (c.number, c.height, c.width, c.block, c.shift, c.least, c.steps.tolist(), c.texture.tolist())
        for c in trace.cells
    ]
    return [trace.frames, facts]


NEEDED = 2 * 16 * 16 + 8 * 8
"""Octets of 16 × 16 cells: two for each, and one for each patch of 2 × 2."""


def crafted(
    body: bytes, *, height: int = 32, width: int = 32, block: int = 2, shift: int = 0, number: int = 0
) -> bytes:
    """A blob of one frame whose numbers and compressed bytes are these."""
    return pack("<IB", 1, 1) + pack("<IIIHBqI", number, height, width, block, shift, 0, len(body)) + body


def golden_frame(number: int) -> Any:
    y, x = np.mgrid[:35, :47]
    coarse = 6 * abs((37 * x + 11 * y + 90 * number) % 512 - 256) + 4 * abs((5 * x - 23 * y) % 300 - 150)
    return coarse + x * y % 17 - 700


@st.composite
def traces(draw: st.DrawFn) -> Trace:
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    most = draw(st.sampled_from([0, 1, 255, 4095]))
    made = []
    for number in range(draw(st.integers(1, 3))):
        rows, columns = random.integers(16, 30, 2).tolist()
        steps = random.integers(0, most, (rows, columns), np.int32, endpoint=True)
        block, least = int(random.integers(1, 60)), int(random.integers(-(2**40), 2**40))
        shift, left_over = int(random.integers(0, 61)), int(random.integers(block))
        texture = random.integers(0, 256, (rows // 2, columns // 2), np.uint8)
        made.append(Cells(number, rows * block + left_over, columns * block, block, shift, least, steps, texture))
    return Trace(draw(st.integers(len(made), 2**32 - 1)), tuple(made))


@settings(max_examples=60, deadline=None)
@given(traces())
def test_a_trace_is_read_as_it_was_written(trace: Trace) -> None:
    assert plain(unpack_trace(pack_trace(trace))) == plain(trace)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(BLOB) - 1))
def test_a_truncated_blob_is_refused(length: int) -> None:
    with pytest.raises(InvalidDigest):
        unpack_trace(BLOB[:length])


@given(st.binary(min_size=1, max_size=60))
def test_a_blob_with_more_behind_it_is_refused(more: bytes) -> None:
    with pytest.raises(InvalidDigest):
        unpack_trace(BLOB + more)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(BLOB) - 1), st.integers(1, 255)), min_size=1, max_size=4))
def test_a_blob_with_other_octets_is_refused_or_a_trace_within_the_limits(changes: list[tuple[int, int]]) -> None:
    octets = bytearray(BLOB)
    for place, by in changes:
        octets[place] ^= by
    try:
        trace = unpack_trace(bytes(octets))
    except InvalidDigest:
        return
    assert all(16 <= edge <= CELLS for cells in trace.cells for edge in cells.steps.shape)
    assert all(cells.number < trace.frames and cells.shift <= 60 for cells in trace.cells)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300))
def test_made_up_bytes_are_refused(octets: bytes) -> None:
    with pytest.raises(InvalidDigest):
        unpack_trace(octets)


def test_crafted_bytes_are_read_where_nothing_is_wrong_with_them() -> None:
    steps = unpack_trace(crafted(zlib.compress(bytes(NEEDED)))).cells[0].steps
    assert steps.tolist() == [[0] * 16] * 16


@pytest.mark.parametrize(
    "wrong",
    [{"height": 31}, {"width": 31}, {"block": 0}, {"width": 322}, {"shift": 61}, {"height": 2**32 - 1}, {"number": 1}],
    ids=str,
)
def test_a_frame_with_impossible_numbers_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(InvalidDigest):
        unpack_trace(crafted(zlib.compress(bytes(NEEDED)), **wrong))


@pytest.mark.parametrize("size", [0, 512, NEEDED - 1, NEEDED + 1])
def test_more_or_fewer_octets_than_the_cells_need_are_refused(size: int) -> None:
    with pytest.raises(InvalidDigest):
        unpack_trace(crafted(zlib.compress(bytes(size))))


def test_octets_behind_the_compressed_ones_are_refused() -> None:
    with pytest.raises(InvalidDigest):
        unpack_trace(crafted(zlib.compress(bytes(NEEDED)) + b"x"))


def test_a_compression_bomb_is_refused_without_inflating_it() -> None:
    bomb = crafted(zlib.compress(bytes(1 << 24), 9))
    assert len(bomb) < MOST_BYTES
    tracemalloc.start()
    with pytest.raises(InvalidDigest):
        unpack_trace(bomb)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1 << 20


def test_a_blob_above_the_limit_is_refused_unread() -> None:
    with pytest.raises(InvalidDigest):
        unpack_trace(crafted(zlib.compress(bytes(NEEDED)) + bytes(MOST_BYTES)))


def test_a_blob_without_frames_is_refused() -> None:
    with pytest.raises(InvalidDigest):
        unpack_trace(pack("<IB", 1, 0))


def test_three_frames_of_pure_noise_fit_the_limit() -> None:
    noise = np.random.default_rng(1).integers(0, 1 << 16, (320, 320), np.uint16)
    cells = [cells_of(noise, number) for number in range(3)]
    blob = pack_trace(Trace(3, tuple(each for each in cells if each is not None)))
    assert len(unpack_trace(blob).cells) == 3


def test_the_golden_blob_is_read_and_has_the_golden_digest() -> None:
    trace = unpack_trace(BLOB)
    keys = ("number", "height", "width", "block", "shift", "least")
    found = [
        {**{key: getattr(cells, key) for key in keys}, "steps": cells.steps.tolist(), "texture": cells.texture.tolist()}
        for cells in trace.cells
    ]
    assert (trace.frames, found) == (GOLDEN["frames"], GOLDEN["cells"])
    assert trace_digest(BLOB) == GOLDEN["digest"]


@pytest.mark.parametrize("place", [0, 1, 2])
def test_the_cells_of_the_golden_picture_are_the_golden_ones(place: int) -> None:
    wanted = GOLDEN["cells"][place]
    cells = cells_of(golden_frame(wanted["number"]), wanted["number"])
    assert cells is not None
    assert (cells.shift, cells.least, cells.steps.tolist()) == (wanted["shift"], wanted["least"], wanted["steps"])
    assert cells.texture.tolist() == wanted["texture"]


def test_the_codes_of_the_golden_picture_are_the_golden_ones_but_for_a_few_bits_of_another_arithmetic() -> None:
    records = registered_codes(unpack_trace(BLOB).cells[0], 0)
    for number, code in enumerate(GOLDEN["codes"]):
        found = int.from_bytes(records[34 * number + 2 : 34 * number + 34])
        assert (found ^ int(code, 16)).bit_count() <= 8
