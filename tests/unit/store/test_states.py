"""The state of an entry from its batch."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ledger.core.model import Batch, BatchState, State
from ledger.core.states import BY_BATCH, state_of


def batch_in(state: BatchState) -> Batch:
    return Batch("r", 1, 0, 1, bytes(32), "register", state, datetime(2026, 1, 1, tzinfo=UTC))


def test_an_entry_without_a_batch_is_sequenced() -> None:
    assert state_of(None) is State.SEQUENCED


@pytest.mark.parametrize(
    ("batch", "state"),
    [
        (BatchState.PREPARED, State.ANCHORING),
        (BatchState.BROADCAST, State.ANCHORING),
        (BatchState.ANCHORED, State.ANCHORED),
        (BatchState.FINAL, State.FINAL),
        (BatchState.BLOCKED, State.BLOCKED),
    ],
)
def test_an_entry_stands_where_its_batch_stands(batch: BatchState, state: State) -> None:
    assert state_of(batch_in(batch)) is state


def test_every_state_of_a_batch_has_its_state_of_an_entry() -> None:
    assert set(BY_BATCH) == set(BatchState)
