"""Cases: a reviewer's files, notes, bookmarks and findings. Who writes is kept by label and by id."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Query
from pydantic import TypeAdapter
from starlette.responses import Response

from ledger.api import examples, examples_cases
from ledger.api.auth import Asker, CaseKey, KeyFirstRoute, ReviewKey, SignedIn
from ledger.api.backend import Ledger, answer
from ledger.api.problems import errors
from ledger.schemas import Case, CaseAction, CaseList, CaseOpening, Identifier
from ledger.schemas.cases import CaseStatus

CASE = TypeAdapter(Case)
CASES = TypeAdapter(CaseList)

router = APIRouter(prefix="/v1/cases", tags=["cases"], route_class=KeyFirstRoute)


@router.post(
    "",
    summary="Open a case",
    status_code=201,
    response_model=Case,
    responses={
        201: examples.shows(examples_cases.CASE, "The case; Location names it"),
        **errors(400, 401, 403, 409, 413, 422, 503, 507),
    },
)
def open_case(
    key: ReviewKey,
    ledger: Ledger,
    opening: Annotated[CaseOpening, Body(openapi_examples={"one": {"value": examples_cases.OPENING}})],
) -> Response:
    """The opening is an entry of the log, which commits to the title and the question and holds neither.

    With an `event_id`, which becomes the case's id, the call can be repeated safely."""
    made = ledger.cases.open(opening, **_who(key))
    return answer(CASE, made, 201, {"Location": f"/v1/cases/{made.id}"})


@router.get(
    "",
    summary="List the cases",
    response_model=CaseList,
    responses={200: examples.shows(examples_cases.CASES, "The last changed first"), **errors(401, 403, 422, 503)},
)
def list_cases(
    key: CaseKey,  # noqa: ARG001
    ledger: Ledger,
    status: CaseStatus | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> Response:
    """Titles with how many items and events each case has. Whether a case is intact, reading it says."""
    return answer(CASES, ledger.cases.find(status=status, limit=limit, offset=offset))


@router.get(
    "/{case_id}",
    summary="Read a case",
    response_model=Case,
    responses={200: examples.shows(examples_cases.CASE, "The case, checked"), **errors(401, 403, 404, 422, 503)},
)
def read_case(key: CaseKey, ledger: Ledger, case_id: Identifier) -> Response:  # noqa: ARG001
    """Every event, held against its entry in the log, and the log against the contract's head.

    What does not hold is named in the answer (`intact`: false, `trouble` of the event) and its content left out."""
    return answer(CASE, ledger.cases.get(case_id))


@router.post(
    "/{case_id}/events",
    summary="Write into a case",
    status_code=201,
    response_model=Case,
    responses={
        201: examples.shows(examples_cases.CASE, "The case with the event in it"),
        **errors(400, 401, 403, 404, 409, 413, 422, 503, 507),
    },
)
def append_to_case(
    key: ReviewKey,
    ledger: Ledger,
    case_id: Identifier,
    action: Annotated[CaseAction, Body(openapi_examples=examples_cases.ACTIONS)],
) -> Response:
    """Adds an item, a note, a bookmark or a finding, closes or reopens: one log entry each.

    A closed case takes a reopen alone (`case_closed`). With an `event_id` the call can be repeated safely."""
    return answer(CASE, ledger.cases.append(case_id, action, **_who(key)), 201)


def _who(asker: Asker) -> dict[str, str]:
    """Whom the server recognised. Labels may be alike, or blank; ids are neither."""
    kind = "person" if isinstance(asker, SignedIn) else "key"
    return {"by": asker.label.strip()[:200] or asker.id, "by_id": f"{kind}:{asker.id}"}
