"""What can be asked about studies: the same in process (``service.studies``) and over HTTP (``client.studies``)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ledger.schemas.studies import InstanceState, StudyClose, StudyVerification


class StudiesGateway(Protocol):
    """Studies and instances go by digests (:mod:`ledger.core.images.identity`)."""

    def states(self, instances: Sequence[str]) -> list[InstanceState]:
        """What is known of each instance, in order: registered, final by the settings' policy, revoked, or nothing."""

    def close(self, study: str) -> StudyClose:
        """An entry says how many instances the study has and which; NotFound when none is registered."""

    def verify(self, study: str, instances: Sequence[str]) -> StudyVerification:
        """What a copy with these instances lacks, and what does not belong to it; NotFound for an unknown study."""
