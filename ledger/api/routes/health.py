"""Liveness and readiness, for supervisors and load balancers. No key is needed; nothing but part names is said."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import TypeAdapter
from starlette.responses import Response

from ledger import __version__
from ledger.api import examples
from ledger.api.backend import Ledger, answer
from ledger.api.problems import errors
from ledger.schemas import Health

HEALTH = TypeAdapter(Health)

router = APIRouter(tags=["health"])


@router.get(
    "/health",
    summary="Is the process alive?",
    response_model=Health,
    responses={200: examples.shows(examples.HEALTH, "It is"), **errors()},
)
async def health() -> Response:
    """Touches neither database nor chain: an outage of those is no reason to restart this process."""
    return answer(HEALTH, Health(status="ok", version=__version__))


@router.get(
    "/ready",
    summary="Can it do its work?",
    response_model=Health,
    responses={
        200: examples.shows(examples.READY, "All parts answer"),
        503: examples.shows(examples.NOT_READY, "Some part does not; it is named") | {"model": Health},
        **errors(),
    },
)
def ready(ledger: Ledger) -> Response:
    """Asks each part, and names those that do not answer."""
    found = ledger.health()
    return answer(HEALTH, found, 200 if found.status == "ok" else 503)
