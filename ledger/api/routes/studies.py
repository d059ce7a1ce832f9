"""Closing studies, and asking whether a copy of one is whole."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body
from pydantic import TypeAdapter
from starlette.responses import Response

from ledger.api import examples, examples_studies
from ledger.api.auth import KeyFirstRoute, RegisterKey, VerifyKey
from ledger.api.backend import Ledger, answer
from ledger.api.problems import errors
from ledger.schemas.studies import (
    InstancesQuestion,
    InstanceStates,
    StudyClose,
    StudyQuestion,
    StudyRequest,
    StudyVerification,
)

_CLOSE = TypeAdapter(StudyClose)
_STATES = TypeAdapter(InstanceStates)
_VERIFICATION = TypeAdapter(StudyVerification)

router = APIRouter(prefix="/v1/studies", route_class=KeyFirstRoute)


@router.post(
    "/closes",
    tags=["registrations"],
    summary="Close a study",
    status_code=201,
    response_model=StudyClose,
    responses={
        201: examples.shows(examples_studies.STUDY_CLOSE, "The entry is in the log"),
        200: examples.shows(examples_studies.STUDY_CLOSE | {"created": False}, "An entry said so before")
        | {"model": StudyClose},
        **errors(400, 401, 403, 404, 413, 422, 503, 507),
    },
)
def close_study(
    key: RegisterKey,  # noqa: ARG001
    ledger: Ledger,
    request: Annotated[StudyRequest, Body(openapi_examples={"one": {"value": examples_studies.STUDY_REQUEST}})],
) -> Response:
    """An entry of the log says how many SOP instances the study has and, by a root over their registrations, which.

    The study goes by a digest of its UID; neither UID nor digest is in the log. Closing it again after more instances
    came adds another entry; the newest counts."""
    closed = ledger.studies.close(request.study)
    return answer(_CLOSE, closed, 201 if closed.created else 200)


@router.post(
    "/verifications",
    tags=["verifications"],
    summary="Verify that a study is whole",
    response_model=StudyVerification,
    responses={
        200: examples.shows(examples_studies.STUDY_VERIFICATION, "What is missing, and what does not belong to it"),
        **errors(400, 401, 403, 404, 413, 422, 503),
    },
)
def verify_study(
    key: VerifyKey,  # noqa: ARG001
    ledger: Ledger,
    question: Annotated[StudyQuestion, Body(openapi_examples={"one": {"value": examples_studies.STUDY_QUESTION}})],
) -> Response:
    """Compares the instances of a copy with the study as it was closed: missing, extra, and registered later.

    It says which instances there are, not whether each is unchanged: that says the verification of each image."""
    return answer(_VERIFICATION, ledger.studies.verify(question.study, question.instances))


@router.post(
    "/instances",
    tags=["registrations"],
    summary="Ask how far instances are",
    response_model=InstanceStates,
    responses={
        200: examples.shows(examples_studies.INSTANCE_STATES, "One word an instance, in order"),
        **errors(400, 401, 403, 413, 422, 503),
    },
)
def instance_states(
    key: RegisterKey,  # noqa: ARG001
    ledger: Ledger,
    question: Annotated[
        InstancesQuestion, Body(openapi_examples={"two": {"value": examples_studies.INSTANCES_QUESTION}})
    ],
) -> Response:
    """Whether SOP instances are registered, and final on the chain by the policy of this ledger.

    A listener before this API answers requests for storage commitment by it (DICOM PS3.4 annex J)."""
    return answer(_STATES, InstanceStates.model_construct(states=ledger.studies.states(question.instances)))
