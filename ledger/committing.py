"""Storage commitment as the ledger understands it: an object is committed to once its registration is final.

DICOM PS3.4 annex J: the sender asks by N-ACTION and is told by N-EVENT-REPORT, later and on any association. What is
asked is kept in the store until the report was taken, so that a restart in between loses nothing; then it is erased,
since it holds UIDs.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from ledger.core.capture import CommitmentRequest, InstanceState
from ledger.core.images.identity import instance_key
from ledger.core.model import BatchState, LogEntry, Standing
from ledger.ports import Clock
from ledger.ports_capture import CommitmentStore, InstanceStore
from ledger.standing import standing_of

PROCESSING_FAILURE = 0x0110
NO_SUCH_INSTANCE = 0x0112
"""Failure reasons of PS3.3 C.14.1.1."""
LONGEST_WAIT = timedelta(hours=24)
"""What is not final after this is reported as failed: a sender must not wait for ever before it deletes nothing."""
LONGEST_TRYING = timedelta(days=7)
"""A report that nobody took for this long is given up."""
_WORDS: Mapping[InstanceState, int | None] = {
    "final": 0,
    "waiting": None,
    "revoked": PROCESSING_FAILURE,
    "unknown": NO_SUCH_INSTANCE,
}
States = Callable[[Sequence[str]], Sequence[InstanceState]]
"""What is known of each instance (its digest), in order."""
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 600.0


@dataclass(frozen=True)
class Judgement:
    """What a report says: SOP class and instance UIDs, and for those that failed the reason."""

    committed: tuple[tuple[str, str], ...]
    failed: tuple[tuple[str, str, int], ...]


class InstanceStates:
    """How far registrations are, by the SOP instances they are of. Safe to share between threads."""

    def __init__(self, store: InstanceStore) -> None:
        self._store = store

    def of(self, instances: Sequence[str]) -> list[InstanceState]:
        """What is known of each instance (its digest), in order."""
        return [self._state(one) for one in instances]

    def _state(self, instance: str) -> InstanceState:
        found = self._store.placed(instance)
        valid = [entry for entry in found if self._in_force(entry)]
        if not valid:
            return "revoked" if found else "unknown"
        return "final" if any(self._final(entry) for entry in valid) else "waiting"

    def _in_force(self, entry: LogEntry) -> bool:
        return standing_of(self._store.statements(entry.id)).standing is not Standing.REVOKED

    def _final(self, entry: LogEntry) -> bool:
        batch = self._store.batch_of(entry.registrar, entry.index)
        return batch is not None and batch.state is BatchState.FINAL


class Commitments:
    """Requests for storage commitment to one ledger, which ``states`` asks. Safe to share between threads."""

    def __init__(self, store: CommitmentStore, states: States, clock: Clock) -> None:
        self._store = store
        self._states = states
        self._clock = clock

    def ask(self, peer: str, address: str, transaction: str, items: Sequence[tuple[str, str]]) -> CommitmentRequest:
        """The request is stored, so that it will be answered whatever ends meanwhile."""
        now = self._clock()
        request = CommitmentRequest(os.urandom(16).hex(), peer, address, transaction, tuple(items), now, now)
        self._store.save_commitment(request)
        return request

    def due(self) -> list[CommitmentRequest]:
        """The requests that are to be looked at now, oldest first."""
        return self._store.commitments(self._clock())

    def judge(self, request: CommitmentRequest) -> Judgement | None:
        """What is to be reported; None while a registration that the request names is on its way to finality."""
        states = self._states([instance_key(instance) for _, instance in request.items])
        words = list(zip(request.items, map(_WORDS.__getitem__, states), strict=True))
        late = self._clock() - request.asked_at > LONGEST_WAIT
        if any(word is None for _, word in words) and not late:
            return None
        found = [(item, PROCESSING_FAILURE if word is None else word) for item, word in words]
        committed = tuple(item for item, word in found if word == 0)
        return Judgement(committed, tuple((*item, word) for item, word in found if word != 0))

    def wait(self, request: CommitmentRequest, *, tried: bool) -> bool:
        """Look at the request again later, after a report that was not taken with growing pauses; False when it was
        given up."""
        now = self._clock()
        if tried and now - request.asked_at > LONGEST_TRYING:
            self.reported(request)
            return False
        attempts = request.attempts + 1 if tried else request.attempts
        pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** min(attempts, 20)) if tried else _FIRST_PAUSE
        self._store.postpone_commitment(request.id, now + timedelta(seconds=pause), attempts)
        return True

    def reported(self, request: CommitmentRequest) -> None:
        """The report was taken: the request is erased."""
        self._store.end_commitment(request.id)
