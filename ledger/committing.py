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
from ledger.errors import Conflict
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
_PATIENCE, _LONGEST_LOOK = 10, 30.0
"""What waits for blocks is looked at after a tenth of the time that it has waited, and at least so often."""
_LOOKED_AT_ONCE = 100
_TAKEN = timedelta(seconds=60)
"""Longer than a report takes (``ledger.ingest.dicom.reporting``); afterwards another listener may try."""


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
        # A sender that is told *committed* may delete its copy: of an object sent twice it may be either.
        return "final" if all(self._final(entry) for entry in valid) else "waiting"

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
        """The request is stored, so that it will be answered whatever ends meanwhile.

        One that is asked again before its report was taken stays one. Conflict when the transaction is in use for
        other objects.
        """
        now = self._clock()
        for known in self._store.commitments():
            if (known.peer, known.transaction) == (peer, transaction):
                if set(known.items) != set(items):
                    raise Conflict("expected a new transaction UID, found one in use for other objects")
                return known
        request = CommitmentRequest(os.urandom(16).hex(), peer, address, transaction, tuple(items), now, now)
        self._store.save_commitment(request)
        return request

    def due(self) -> list[CommitmentRequest]:
        """The requests that are to be looked at now, oldest first."""
        return self._store.commitments(self._clock())

    def take(self, request: CommitmentRequest) -> bool:
        """Whether the request is the caller's to report for a minute: not when another listener has taken it."""
        return self._store.take_commitment(request.id, request.due_at, self._clock() + _TAKEN)

    def judge(self, request: CommitmentRequest) -> Judgement | None:
        """What is to be reported; None while a registration that the request names is on its way to finality."""
        late = self._clock() - request.asked_at > LONGEST_WAIT
        found: list[tuple[tuple[str, str], int]] = []
        for start in range(0, len(request.items), _LOOKED_AT_ONCE):
            some = request.items[start : start + _LOOKED_AT_ONCE]
            for item, state in zip(some, self._states([instance_key(one) for _, one in some]), strict=True):
                word = _WORDS[state]
                if word is None and not late:
                    return None
                found.append((item, PROCESSING_FAILURE if word is None else word))
        committed = tuple(item for item, word in found if word == 0)
        return Judgement(committed, tuple((*item, word) for item, word in found if word != 0))

    def wait(self, request: CommitmentRequest, *, tried: bool) -> bool:
        """Look at the request again later, with growing pauses; False when it was given up, since nobody took its
        report."""
        now = self._clock()
        if tried and now - request.asked_at > LONGEST_TRYING:
            self.reported(request)
            return False
        attempts = request.attempts + 1 if tried else request.attempts
        waited = (now - request.asked_at).total_seconds() / _PATIENCE
        pause = _FIRST_PAUSE * 2.0 ** min(attempts, 20) if tried else min(max(_FIRST_PAUSE, waited), _LONGEST_LOOK)
        pause = min(_LONGEST_PAUSE, pause)
        self._store.postpone_commitment(request.id, now + timedelta(seconds=pause), attempts)
        return True

    def reported(self, request: CommitmentRequest) -> None:
        """The report was taken: the request is erased."""
        self._store.end_commitment(request.id)
