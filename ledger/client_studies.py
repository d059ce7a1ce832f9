"""The part of the client about studies: :class:`ledger.gateway_studies.StudiesGateway`."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import TypeAdapter

from ledger.client_operations import Ask
from ledger.schemas.studies import (
    InstancesQuestion,
    InstanceState,
    InstanceStates,
    StudyClose,
    StudyQuestion,
    StudyRequest,
    StudyVerification,
)

_HEADERS = {"Content-Type": "application/json"}


class StudiesClient:
    """``client.studies``."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def states(self, instances: Sequence[str]) -> list[InstanceState]:
        """What is known of each instance, in order."""
        body = InstancesQuestion.model_construct(instances=list(instances)).model_dump_json()
        kind = TypeAdapter(InstanceStates)
        return self._ask(kind, "POST", "/v1/studies/instances", content=body, headers=_HEADERS).states

    def close(self, study: str) -> StudyClose:
        """An entry says how many instances the study has and which."""
        body = StudyRequest.model_construct(study=study).model_dump_json()
        return self._ask(TypeAdapter(StudyClose), "POST", "/v1/studies/closes", content=body, headers=_HEADERS)

    def verify(self, study: str, instances: Sequence[str]) -> StudyVerification:
        """What a copy with these instances lacks, and what does not belong to it."""
        body = StudyQuestion.model_construct(study=study, instances=list(instances)).model_dump_json()
        kind = TypeAdapter(StudyVerification)
        return self._ask(kind, "POST", "/v1/studies/verifications", content=body, headers=_HEADERS)
