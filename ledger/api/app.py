"""The application: a thin skin over a ledger."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import (
    asynccontextmanager,
)
from typing import Any

from anyio import to_thread
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.telemetry import TelemetryConfig

from ledger import __version__
from ledger.api import docs, examples, problems
from ledger.api.auth import Doorman
from ledger.api.backend import QUICK_THREADS, Backend, heavy_limiter, verifying_limiter
from ledger.api.envelope import Envelope
from ledger.api.issuing import people
from ledger.api.routes import (
    audits,
    cases,
    derivations,
    examinations,
    health,
    images,
    keys,
    metrics,
    operations,
    reading,
    reports,
    session,
    sources,
    stow,
    studies,
)
from ledger.ingest.capture import capture_of
from ledger.ingest.counting import CountsHere
from ledger.schemas import Problem
from ledger.settings import Settings

_DESCRIPTION = (
    "A provenance ledger for medical images: register an image when it is captured, and anyone who holds a copy can "
    "ask whether it is the one that was registered. Errors are RFC 9457 problem details with a stable code."
)
_NO_TELEMETRY: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}


def create_app(service: Backend, settings: Settings) -> FastAPI:
    """The API over a ledger that is open and stays the caller's to close."""
    app = FastAPI(
        title="MedSeal API",
        version=__version__,
        description=_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
        # spans and exception events would carry what the log lines leave out
        telemetry=_NO_TELEMETRY,
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.backend = service
    app.state.doorman = Doorman(service.keys, people=people(settings))
    app.state.heavy = heavy_limiter()
    app.state.verifying = verifying_limiter()
    app.state.capture = capture_of(service, settings, CountsHere(lambda: service.sources))
    working = (images, examinations, derivations, stow, studies, reports, cases, audits, operations, reading)
    for part in (*working, keys, session, health, docs):
        app.include_router(part.router)
    for measured in (sources, metrics):
        app.include_router(measured.router)
    problems.install(app)
    app.add_middleware(Envelope, max_upload=settings.max_upload_mb * 1024 * 1024)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]  # FastAPI's own way to extend the document
    return app


@asynccontextmanager
async def _lifespan(_app: FastAPI) -> AsyncIterator[None]:
    to_thread.current_default_thread_limiter().total_tokens = QUICK_THREADS
    yield


def _openapi(app: FastAPI) -> dict[str, Any]:
    if not app.openapi_schema:
        document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        document["components"]["schemas"]["Problem"] = Problem.model_json_schema()
        for path, example in examples.FILES.items():
            answers = document["paths"][path]["get"]["responses"]
            answers["200"]["content"] = {"application/json": {"schema": {"type": "object"}, "example": example}}
        app.openapi_schema = document
    return app.openapi_schema
