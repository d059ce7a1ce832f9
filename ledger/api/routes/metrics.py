"""``/metrics``, for Prometheus and what reads its format."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from ledger import __version__
from ledger.api import examples_sources
from ledger.api.auth import KeyFirstRoute, WatchKey
from ledger.api.backend import Ledger
from ledger.api.metrics import CONTENT_TYPE, exposition, families
from ledger.api.problems import errors

router = APIRouter(tags=["health"], route_class=KeyFirstRoute)


@router.get(
    "/metrics",
    summary="Read the metrics",
    response_class=Response,
    responses={
        200: {
            "description": "The text format of Prometheus",
            "content": {"text/plain": {"schema": {"type": "string"}, "example": examples_sources.METRICS}},
        },
        **errors(401, 403, 503),
    },
)
def metrics(key: WatchKey, ledger: Ledger) -> Response:  # noqa: ARG001
    """Sources, queues, batches, chain and verifications as of now, and nothing about images or patients. A scraper
    sends the key as `Authorization: Bearer ms_…`."""
    desk = ledger.operations
    text = exposition(families(desk.status(), desk.verdicts(), __version__))
    return Response(text, headers={"Content-Type": CONTENT_TYPE})
