"""What an audit sees of closed studies: the part of ``ledger.ports.RecordStore`` about them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ledger.core.capture import StudyMember, StudyRecord


class StudyRecords(Protocol):
    """What stands behind study-close entries, and which registrations are of a study."""

    def study_records(self, ids: Sequence[str]) -> list[StudyRecord]:
        """What stands behind those of the entries ``ids`` that close a study, in no order."""

    def study_members(self, registrar: str, study: str) -> list[StudyMember]:
        """The registrations of a study (its digest) in one log, in order of index."""
