"""What the routes share: the ledger behind them, where blocking work runs, and how an answer is written."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Annotated, Protocol, TypeVar

from anyio import CapacityLimiter, to_thread
from fastapi import Depends
from pydantic import TypeAdapter
from starlette.requests import Request
from starlette.responses import Response

from ledger.api.auth import KeyRing
from ledger.gateway import CaseGateway, Gateway, Reports
from ledger.gateway_operations import OperationsGateway
from ledger.schemas import Case, CaseAction, CaseOpening, Verification

T = TypeVar("T")
QUICK_THREADS = 16


class Operated(OperationsGateway, Protocol):
    """Operations that also keep who verified what."""

    def note(self, key_id: str, label: str, verification: Verification, file_digest: str) -> None: ...
    def verdicts(self) -> Mapping[str, int]: ...


class CaseBackend(CaseGateway, Protocol):
    """Cases that are told whom the server recognised: their label (``by``) and their id."""

    def open(self, opening: CaseOpening, *, by: str | None = None, by_id: str | None = None) -> Case: ...
    def append(self, case_id: str, action: CaseAction, *, by: str | None = None, by_id: str | None = None) -> Case: ...


class ReportBackend(Reports, Protocol):
    """Reports that say for whom they are made."""

    def on_behalf(self, heard: Callable[[Verification], None], *, receipts: bool) -> Reports: ...


class Backend(Gateway, Protocol):
    """A ledger with its keys: what the API is a skin over."""

    @property
    def operations(self) -> Operated: ...

    @property
    def cases(self) -> CaseBackend: ...

    @property
    def reports(self) -> ReportBackend: ...

    @property
    def keys(self) -> KeyRing: ...


async def _ledger(request: Request) -> Backend:
    backend: Backend = request.app.state.backend
    return backend


Ledger = Annotated[Backend, Depends(_ledger)]


DETECTOR_THREADS = 5
"""Verifications that the detector may keep waiting: one it examines and four in its queue."""


def heavy_limiter() -> CapacityLimiter:
    """One thread a core for images, audits and rebuilds: each may hold a whole upload in memory."""
    return CapacityLimiter(_cores())


def verifying_limiter() -> CapacityLimiter:
    """As many for verifications, and those beside that may wait for the detector: it must not keep others waiting."""
    return CapacityLimiter(_cores() + DETECTOR_THREADS)


def _cores() -> int:
    return max(2, os.cpu_count() or 2)


async def heavy(request: Request, work: Callable[[], T]) -> T:
    """``work()`` in a thread of its own kind, so that large images don't keep small requests waiting."""
    return await to_thread.run_sync(work, limiter=request.app.state.heavy)


async def verifying(request: Request, work: Callable[[], T]) -> T:
    """The same in a thread for verifications, which may wait for the detector: registering never does."""
    return await to_thread.run_sync(work, limiter=request.app.state.verifying)


def answer(adapter: TypeAdapter[T], value: T, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """``value`` as JSON straight from the validated objects, without validating them again."""
    return Response(adapter.dump_json(value), status, headers=headers, media_type="application/json")
