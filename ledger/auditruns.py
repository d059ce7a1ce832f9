"""Audits in the background: one at a time, with progress, their results kept as long as the process lives."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from ledger.audit import AuditReport, OnProgress
from ledger.errors import LedgerError, NotFound
from ledger.ports import Clock

_KEPT = 20


class RunState(StrEnum):
    """How far a run has come. *failed*: an outage of the store, or the process ended it."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True)
class AuditRun:
    """One run as of now. ``stage``, ``done`` and ``of`` are the last progress; ``report`` is there when it is done."""

    id: str
    state: RunState
    started_at: datetime
    stage: str = ""
    done: int = 0
    of: int = 0
    finished_at: datetime | None = None
    report: AuditReport | None = None
    error: LedgerError | None = None


class _Stopped(LedgerError):
    """The process is closing."""

    code = "audit_stopped"
    advice = "Start the audit again; it changes nothing and can be repeated."


class AuditRuns:
    """Starts runs and remembers the last :data:`_KEPT`. Safe to share between threads; close it with the ledger."""

    def __init__(self, work: Callable[[OnProgress], AuditReport], clock: Clock) -> None:
        self._work = work
        self._clock = clock
        self._lock = threading.Lock()
        self._runs: dict[str, AuditRun] = {}
        self._thread: threading.Thread | None = None
        self._closing = threading.Event()

    def start(self) -> tuple[AuditRun, bool]:
        """The run that is under way now, and whether this call started it: two at once would only slow each other."""
        with self._lock:
            under_way = next((run for run in self._runs.values() if run.state is RunState.RUNNING), None)
            if under_way is not None:
                return under_way, False
            run = AuditRun(secrets.token_hex(8), RunState.RUNNING, self._clock())
            self._runs[run.id] = run
            for old in list(self._runs)[:-_KEPT]:
                del self._runs[old]
            self._thread = threading.Thread(target=self._run, args=(run.id,), name="audit", daemon=True)
            self._thread.start()
            return run, True

    def get(self, run_id: str) -> AuditRun:
        """The run of this id as of now; NotFound."""
        with self._lock:
            run = self._runs.get(run_id)
        if run is None:
            raise NotFound(
                "expected an audit of this process, found none of that id",
                advice="Results are kept while the server runs, the last 20 of them; start another audit.",
            )
        return run

    def all(self) -> list[AuditRun]:
        """The runs that are remembered, newest first."""
        with self._lock:
            return list(self._runs.values())[::-1]

    def close(self) -> None:
        """A run under way ends at its next progress, as *failed*; waits for that, but not for ever."""
        self._closing.set()
        if self._thread is not None:
            self._thread.join(10)

    def _run(self, run_id: str) -> None:
        try:
            report = self._work(lambda stage, done, of: self._progress(run_id, stage, done, of))
        except LedgerError as error:
            self._set(run_id, state=RunState.FAILED, error=error, finished_at=self._clock())
        except Exception as error:  # noqa: BLE001  a thread has nobody to raise to, and a run must not stay *running*
            unknown = LedgerError(f"the audit ended in {type(error).__name__}", code="internal_error")
            self._set(run_id, state=RunState.FAILED, error=unknown, finished_at=self._clock())
        else:
            self._set(run_id, state=RunState.DONE, report=report, finished_at=self._clock())

    def _progress(self, run_id: str, stage: str, done: int, of: int) -> None:
        if self._closing.is_set():
            raise _Stopped("expected to read on, found the ledger closing")
        self._set(run_id, stage=stage, done=done, of=of)

    def _set(self, run_id: str, **changes: object) -> None:
        with self._lock:
            if run_id in self._runs:
                self._runs[run_id] = replace(self._runs[run_id], **changes)  # type: ignore[arg-type]
