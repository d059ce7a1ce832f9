"""medseal/partial/1 as bytes: what is no partial receipt is refused, and one choice has one form."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.core.entry import canonical
from ledger.core.partial import MAX_NODES, MAX_PARTIAL_BYTES, Box, boxes_of, is_partial, parse
from ledger.core.receipt import parse as parse_receipt
from ledger.errors import InvalidReceipt

VECTORS = Path(__file__).parents[2] / "vectors" / "partial"
REDACTED = (VECTORS / "redacted.partial.json").read_bytes()
RECEIPT = (VECTORS / "receipt.json").read_bytes()

tiles = st.sets(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1)


@given(tiles)
@settings(max_examples=150, deadline=None)
def test_boxes_cover_exactly_the_tiles_they_are_made_of_and_never_twice(chosen: set[tuple[int, int]]) -> None:
    boxes = boxes_of(chosen)
    assert set().union(*(box.tiles() for box in boxes)) == chosen
    assert sum(box.width * box.height for box in boxes) == len(chosen)
    assert list(boxes) == sorted(boxes, key=lambda box: (box.y, box.x))


def test_a_rectangle_is_one_box() -> None:
    assert boxes_of(Box(3, 1, 4, 5).tiles()) == (Box(3, 1, 4, 5),)


def test_a_partial_receipt_is_told_from_a_whole_one() -> None:
    assert is_partial(REDACTED)
    assert not is_partial(RECEIPT)


def test_it_opens_tile_1_and_nothing_else() -> None:
    assert parse(REDACTED).receipt.openings.keys() == {"tile/1"}
    assert len(parse_receipt(RECEIPT).openings) > 1


@pytest.mark.parametrize(
    "change",
    [
        lambda v: v.update(type="medseal/partial/2"),
        lambda v: v.update(frame=1),
        lambda v: v.update(frame=True),
        lambda v: v.update(part="whole"),
        lambda v: v.update(proof="0"),
        lambda v: v.update(proof="00" * 33),
        lambda v: v.update(proof="00" * 32 * (MAX_NODES + 1)),
        lambda v: v.update(boxes=[]),
        lambda v: v.update(boxes=[[0, 0, 4, 3]]),
        lambda v: v.update(boxes=[[2, 0, 1, 1], [3, 0, 1, 1]]),
        lambda v: v.update(boxes=[[2, 0, 2, 1], [2, 0, 2, 1]]),
        lambda v: v.update(boxes=[[2, 0, 3, 1]]),
        lambda v: v.update(boxes=[[2, 0, 2]]),
        lambda v: v.update(boxes=[[2, -1, 2, 1]]),
        lambda v: v.update(part="crop", boxes=[[0, 0, 1, 1], [2, 0, 1, 1]]),
        lambda v: v["image"].update(rows=1 << 40),
        lambda v: v["image"].update(rows=99_000_000, columns=1),
        lambda v: v["image"].update(rows=0),
        lambda v: v["image"].update(kind="gr\u00e9y"),
        lambda v: v["receipt"].pop("entry"),
        lambda v: v.update(receipt=json.loads(RECEIPT)),
        lambda v: v["receipt"].update(openings={}),
        lambda v: v.update(note="hello"),
    ],
)
def test_a_field_of_another_form_is_refused(change: Callable[[dict[str, Any]], None]) -> None:
    value = json.loads(REDACTED)
    change(value)
    with pytest.raises(InvalidReceipt):
        parse(canonical(value))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "expected JSON"),
        (b"[]", "as an object"),
        (b"[" * 20_000, "expected JSON"),
        (b" " * (MAX_PARTIAL_BYTES + 1), "at most"),
        (REDACTED + b"\n", "the file was changed"),
        (json.dumps(json.loads(REDACTED)).encode(), "the file was changed"),
    ],
)
def test_what_is_no_canonical_json_is_refused_with_a_code(data: bytes, said: str) -> None:
    with pytest.raises(InvalidReceipt, match=said) as caught:
        parse(data)
    assert caught.value.code == "invalid_receipt"
