"""The state of a log entry, derived from the batch that carries it to the chain. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from ledger.core.model import Batch, BatchState, State

BY_BATCH: Mapping[BatchState, State] = {
    BatchState.PREPARED: State.ANCHORING,
    BatchState.BROADCAST: State.ANCHORING,
    BatchState.ANCHORED: State.ANCHORED,
    BatchState.FINAL: State.FINAL,
    BatchState.BLOCKED: State.BLOCKED,
}


def state_of(batch: Batch | None) -> State:
    """The state of an entry that ``batch`` covers; of one that no batch covers yet, ``sequenced``.

    ``reorged`` cannot be told from a batch: it is an entry that waits again after the chain dropped its event.
    """
    return State.SEQUENCED if batch is None else BY_BATCH[batch.state]
