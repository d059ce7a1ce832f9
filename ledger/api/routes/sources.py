"""Sources: who sends images here, and what became of them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Query
from pydantic import TypeAdapter
from starlette.responses import Response

from ledger.api import examples, examples_sources
from ledger.api.auth import AdminKey, KeyFirstRoute, RegisterKey, WatchKey
from ledger.api.backend import Ledger, answer
from ledger.api.problems import errors
from ledger.schemas.sources import Source, SourceCounts, SourcesDone

SOURCES = TypeAdapter(list[Source])
DONE = TypeAdapter(SourcesDone)

router = APIRouter(prefix="/v1/sources", tags=["sources"], route_class=KeyFirstRoute)


@router.get(
    "",
    summary="List the sources",
    response_model=list[Source],
    responses={
        200: examples.shows([examples_sources.SOURCE, examples_sources.QUIET], "Every source by name"),
        **errors(401, 403, 503),
    },
)
def sources(key: WatchKey, ledger: Ledger) -> Response:  # noqa: ARG001
    """What each source sent, what became of it, and in words whether it has gone quiet. Nothing about patients."""
    return answer(SOURCES, ledger.sources.all())


@router.post(
    "/counts",
    summary="Count what happened at sources",
    response_model=SourcesDone,
    responses={
        200: examples.shows({"done": 2}, "Counted"),
        **errors(400, 401, 403, 413, 422, 503),
    },
)
def count(
    key: RegisterKey,  # noqa: ARG001
    ledger: Ledger,
    told: Annotated[SourceCounts, Body(openapi_examples={"two": {"value": examples_sources.COUNTS}})],
) -> Response:
    """For those who register through this API and see what arrives: a watched folder, an archive, a site's agent."""
    ledger.sources.add(told.counts)
    return answer(DONE, SourcesDone(done=len(told.counts)))


@router.delete(
    "",
    summary="Forget a source",
    response_model=SourcesDone,
    responses={
        200: examples.shows({"done": 1}, "Its counts and its alarm are gone"),
        **errors(401, 403, 404, 422, 503),
    },
)
def forget(key: AdminKey, ledger: Ledger, name: Annotated[str, Query(min_length=1, max_length=64)]) -> Response:  # noqa: ARG001
    """For a scanner that was taken out of use. What it registered stays, as everything does."""
    ledger.sources.forget(name)
    return answer(DONE, SourcesDone(done=1))
