"""Questions about the ledger: history, registrars, batches, trust; audit and rebuild."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from pydantic import AwareDatetime, TypeAdapter
from starlette.requests import Request
from starlette.responses import Response

from ledger.api import examples
from ledger.api.auth import AdminKey, AnyKey, AuditKey, HistoryKey, KeyFirstRoute
from ledger.api.backend import Ledger, answer, heavy
from ledger.api.problems import errors
from ledger.core.model import State
from ledger.errors import NotFound
from ledger.schemas import Audit, BatchInfo, Digest, History, Identifier, Rebuild, RegistrarInfo

HISTORY = TypeAdapter(History)
REGISTRAR = TypeAdapter(RegistrarInfo)
REGISTRARS = TypeAdapter(list[RegistrarInfo])
BATCHES = TypeAdapter(list[BatchInfo])
AUDIT = TypeAdapter(Audit)
REBUILD = TypeAdapter(Rebuild)

router = APIRouter(prefix="/v1", route_class=KeyFirstRoute)

RegistrarId = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]
Kind = Literal["genesis", "register", "derive", "supersede", "revoke", "dispute", "case", "study-close"]


@router.get(
    "/history",
    tags=["history"],
    summary="Query the history",
    response_model=History,
    responses={200: examples.shows(examples.HISTORY, "One page, newest first"), **errors(401, 403, 404, 409, 422, 503)},
)
def history(
    key: HistoryKey,  # noqa: ARG001
    ledger: Ledger,
    digest: Annotated[Digest | None, Query(description="Any digest of an image")] = None,
    registration: Annotated[Identifier | None, Query(description="A registration, with what was said about it")] = None,
    registrar: Annotated[str | None, Query(max_length=200, description="A registrar's name or id")] = None,
    since: Annotated[AwareDatetime | None, Query(description="RFC 3339; not before")] = None,
    until: Annotated[AwareDatetime | None, Query(description="RFC 3339; before")] = None,
    kind: Kind | None = None,
    state: State | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> Response:
    """Log entries joined with the block and transaction that anchored them."""
    found = ledger.history(
        digest=digest,
        registration=registration,
        registrar=registrar,
        since=since,
        until=until,
        kind=kind,
        state=state.value if state else None,
        limit=limit,
        offset=offset,
    )
    return answer(HISTORY, found)


@router.get(
    "/registrars",
    tags=["history"],
    summary="List the registrars",
    response_model=list[RegistrarInfo],
    responses={200: examples.shows([examples.REGISTRAR], "All registrars"), **errors(401, 503)},
)
def registrars(key: AnyKey, ledger: Ledger) -> Response:  # noqa: ARG001
    """Each with its log as stored and its standing in the contract's directory."""
    return answer(REGISTRARS, ledger.registrars())


@router.get(
    "/registrars/{registrar_id}",
    tags=["history"],
    summary="Read a registrar",
    response_model=RegistrarInfo,
    responses={200: examples.shows(examples.REGISTRAR, "The registrar"), **errors(401, 404, 422, 503)},
)
def registrar(key: AnyKey, ledger: Ledger, registrar_id: RegistrarId) -> Response:  # noqa: ARG001
    """Its log as stored and its standing in the contract's directory."""
    found = next((one for one in ledger.registrars() if one.id == registrar_id), None)
    if found is None:
        raise NotFound("expected the id of a registrar of this ledger, found another")
    return answer(REGISTRAR, found)


@router.get(
    "/batches",
    tags=["history"],
    summary="List the batches",
    response_model=list[BatchInfo],
    responses={200: examples.shows([examples.BATCH], "Newest first"), **errors(401, 403, 422, 503)},
)
def batches(
    key: HistoryKey,  # noqa: ARG001
    ledger: Ledger,
    limit: Annotated[int, Query(ge=1, le=1000)] = 50,
) -> Response:
    """Heads on their way to the chain, or there, with the gas they took."""
    return answer(BATCHES, ledger.batches(limit=limit))


@router.get(
    "/trust",
    tags=["history"],
    summary="Download the trust file",
    response_class=Response,
    responses={200: {"description": "The trust file"}, **errors(401, 503)},
)
def trust(key: AnyKey, ledger: Ledger) -> Response:  # noqa: ARG001
    """What an offline verifier pins: chain, contract, registrars' keys. Take it over a way that you trust."""
    disposition = 'attachment; filename="trust.json"'
    return Response(ledger.trust(), headers={"Content-Disposition": disposition}, media_type="application/json")


@router.post(
    "/audits",
    tags=["audit"],
    summary="Audit the ledger",
    response_model=Audit,
    responses={200: examples.shows(examples.AUDIT, "What was compared, and every difference"), **errors(401, 403, 503)},
)
async def audit(request: Request, key: AuditKey, ledger: Ledger) -> Response:  # noqa: ARG001
    """Re-reads every entry, recomputes every leaf and root, and compares them with the contract."""
    return answer(AUDIT, await heavy(request, ledger.audit))


@router.post(
    "/rebuilds",
    tags=["audit"],
    summary="Rebuild the index",
    response_model=Rebuild,
    responses={
        200: examples.shows(examples.REBUILD, "Whether the new index equals the old"),
        **errors(401, 403, 409, 503, 507),
    },
)
async def rebuild(request: Request, key: AdminKey, ledger: Ledger) -> Response:  # noqa: ARG001
    """Makes the index anew from the chain and the entries."""
    return answer(REBUILD, await heavy(request, ledger.rebuild))
