"""What the use cases of capture see of the store, beside ``ledger.ports``. The same rules hold."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from ledger.core.capture import CommitmentRequest, StudyMember, StudyRecord
from ledger.core.model import Appended, Batch, Draft, LogEntry


class InstanceStore(Protocol):
    """What is known of registered objects."""

    def placed(self, instance: str) -> list[LogEntry]:
        """The entries that registered this SOP instance (its digest), oldest first."""

    def statements(self, target: str) -> list[LogEntry]:
        """The supersede, revoke and dispute entries about one registration, oldest first."""

    def batch_of(self, registrar: str, index: int) -> Batch | None:
        """The batch that covers a log index; None while the entry waits."""


class CommitmentStore(Protocol):
    """Requests for storage commitment."""

    def save_commitment(self, request: CommitmentRequest) -> None:
        """The request is kept; it is due at once."""

    def commitments(self, due: datetime | None = None) -> list[CommitmentRequest]:
        """The requests that wait for their report, oldest first; with ``due`` those to be looked at by then."""

    def take_commitment(self, request_id: str, due: datetime, until: datetime) -> bool:
        """Whether the request was due at ``due`` and is now due at ``until``: of several who ask, one is told so."""

    def postpone_commitment(self, request_id: str, due: datetime, attempts: int) -> None:
        """The request is to be looked at again at ``due``."""

    def end_commitment(self, request_id: str) -> None:
        """The request and the UIDs in it are gone."""


class PlaceStore(Protocol):
    """Studies: what belongs to them, and how they were closed."""

    def append(self, registrar: str, drafts: Sequence[Draft], *, urgent: bool = False) -> list[Appended]:
        """Append drafts in one database transaction; see :meth:`ledger.ports.RecordStore.append`."""

    def entry(self, entry_id: str) -> LogEntry | None:
        """The entry of this id, or None."""

    def batch_of(self, registrar: str, index: int) -> Batch | None:
        """The batch that covers a log index; None while the entry waits."""

    def study_members(self, registrar: str, study: str) -> list[StudyMember]:
        """The registrations of a study (its digest) in one log, in order of index."""

    def study_closes(self, registrar: str, study: str) -> list[tuple[LogEntry, StudyRecord]]:
        """The study-close entries about a study (its digest) in one log, oldest first."""

    def study_records(self, ids: Sequence[str]) -> list[StudyRecord]:
        """What stands behind those of the entries ``ids`` that close a study, in no order."""

    def quiet_studies(self, registrar: str, since: datetime, until: datetime) -> list[str]:
        """The digests of studies whose newest registration is at least as new as ``since`` and older than ``until``,
        and which no entry has closed after it."""
