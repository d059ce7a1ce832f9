"""Which batch covers an index."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ledger.core.model import State
from ledger.store.coverage import Segment, sequence_at


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 5)), max_size=8), st.integers(0, 70))
def test_an_index_belongs_to_the_segment_around_it(steps: list[tuple[int, int]], index: int) -> None:
    found: list[Segment] = []
    at = 0
    for sequence, (gap, length) in enumerate(steps, start=1):
        found.append(Segment(at + gap, at + gap + length, sequence, State.FINAL))
        at += gap + length
    expected = next((one.sequence for one in found if one.start <= index < one.stop), None)
    assert sequence_at(found, index) == expected
