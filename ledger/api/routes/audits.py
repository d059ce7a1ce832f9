"""Audits in the background, and witnessing that the log only grew."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import AwareDatetime, TypeAdapter
from starlette.requests import Request
from starlette.responses import Response

from ledger.api import examples, examples_operations
from ledger.api.auth import AuditKey, KeyFirstRoute
from ledger.api.backend import Ledger, answer, heavy
from ledger.api.problems import errors
from ledger.schemas.operations import AuditRun, Witness

RUN = TypeAdapter(AuditRun)
RUNS = TypeAdapter(list[AuditRun])
WITNESS = TypeAdapter(Witness)

router = APIRouter(prefix="/v1", route_class=KeyFirstRoute)

RunId = Annotated[str, Path(pattern=r"^[0-9a-f]{16}$")]
Sequence = Annotated[int | None, Query(ge=0, le=2**53)]


@router.post(
    "/audits/runs",
    tags=["audit"],
    summary="Start an audit",
    status_code=202,
    response_model=AuditRun,
    responses={
        202: examples.shows(examples_operations.RUN, "It runs; `created` says whether this call started it"),
        **errors(401, 403, 503),
    },
)
def start_audit(key: AuditKey, ledger: Ledger) -> Response:  # noqa: ARG001
    """One runs at a time: while one does, this answers that one. Ask for it by its id to see how far it is."""
    run = ledger.operations.start_audit()
    return answer(RUN, run, 202, {"Location": f"/v1/audits/runs/{run.id}"})


@router.get(
    "/audits/runs",
    tags=["audit"],
    summary="List the audits of this server",
    response_model=list[AuditRun],
    responses={200: examples.shows([examples_operations.RUN], "Newest first, at most 20"), **errors(401, 403, 503)},
)
def audit_runs(key: AuditKey, ledger: Ledger) -> Response:  # noqa: ARG001
    """Those that were started since the server was: results are kept as long as it lives."""
    return answer(RUNS, ledger.operations.audit_runs())


@router.get(
    "/audits/runs/{run_id}",
    tags=["audit"],
    summary="Read an audit's progress or result",
    response_model=AuditRun,
    responses={
        200: examples.shows(examples_operations.RUN_DONE, "Progress while it runs, then the result"),
        **errors(401, 403, 404, 422, 503),
    },
)
def audit_run(key: AuditKey, ledger: Ledger, run_id: RunId) -> Response:  # noqa: ARG001
    """`stage` is database, chain, entries or heads; `done` of `of` within it."""
    return answer(RUN, ledger.operations.audit_run(run_id))


@router.get(
    "/witness",
    tags=["audit"],
    summary="Witness that the log only grew",
    response_model=Witness,
    responses={
        200: examples.shows(examples_operations.WITNESS, "The proof, both heads, and whether it holds"),
        **errors(401, 403, 404, 409, 422, 503),
    },
)
async def witness(
    request: Request,
    key: AuditKey,  # noqa: ARG001
    ledger: Ledger,
    since: Annotated[AwareDatetime | None, Query(description="RFC 3339; the earlier moment")] = None,
    until: Annotated[
        AwareDatetime | None, Query(description="RFC 3339; the later moment; the present head if not given")
    ] = None,
    old: Sequence = None,
    new: Sequence = None,
    registrar: Annotated[str | None, Query(max_length=200, description="A registrar's name or id")] = None,
) -> Response:
    """The heads in force at two moments (or two heads by sequence) as the chain has them, and the RFC 9162 consistency
    proof between them, made from the records and verified with the chain's roots. What cannot be asked makes the
    result *undetermined*; it is never a guess."""

    def ask() -> Witness:
        return ledger.operations.witness(since=since, until=until, old=old, new=new, registrar=registrar)

    return answer(WITNESS, await heavy(request, ask))
