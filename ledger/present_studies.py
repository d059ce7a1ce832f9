"""``service.studies``: the use case of studies in wire types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ledger.committing import Commitments, InstanceStates, States
from ledger.core.capture import InstanceState
from ledger.ports import Clock
from ledger.ports_capture import CommitmentStore, InstanceStore, PlaceStore
from ledger.schemas.studies import StudyClose, StudyMissing, StudyVerification
from ledger.studies import Closed, Missing, Studies


class _Store(PlaceStore, InstanceStore, CommitmentStore, Protocol):
    """What all of them need."""


def capture_desks(store: _Store, registrar: str, clock: Clock) -> tuple[StudyDesk, Commitments]:
    """``service.studies`` and ``service.commitments`` of a registrar's log."""
    states = InstanceStates(store).of
    return StudyDesk(Studies(store, registrar, clock), states), Commitments(store, states, clock)


class StudyDesk:
    """:class:`ledger.gateway_studies.StudiesGateway` in process."""

    def __init__(self, studies: Studies, states: States) -> None:
        self._studies = studies
        self._states = states

    def states(self, instances: Sequence[str]) -> list[InstanceState]:
        """What is known of each instance, in order."""
        return list(self._states(instances))

    def close(self, study: str) -> StudyClose:
        """An entry says how many instances the study has and which."""
        return _close(self._studies.close(study))

    def close_quiet(self, seconds: int) -> list[StudyClose]:
        """Studies whose newest instance is older than ``seconds`` are closed; those that were closed just now."""
        return [_close(closed) for closed in self._studies.close_quiet(seconds)]

    def verify(self, study: str, instances: Sequence[str]) -> StudyVerification:
        """What a copy with these instances lacks, and what does not belong to it."""
        found = self._studies.verify(study, instances)
        return StudyVerification(
            result=found.result,
            closed=_close(found.closed) if found.closed else None,
            missing=[_missing(one) for one in found.missing],
            extra=list(found.extra),
            late=list(found.late),
        )


def _close(closed: Closed) -> StudyClose:
    entry = closed.entry
    return StudyClose(
        id=entry.id,
        index=entry.index,
        time=entry.time,
        state=closed.state.value,
        count=closed.count,
        root=closed.root,
        created=closed.created,
    )


def _missing(one: Missing) -> StudyMissing:
    member = one.member
    return StudyMissing(
        registration_id=one.id,
        index=member.index if member else None,
        registered_at=member.time if member else None,
    )
