"""Audits in the background: one at a time, with progress, and an end whatever happens."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from ledger.audit import AuditReport, OnProgress
from ledger.auditruns import AuditRun, AuditRuns, RunState
from ledger.errors import NotFound, StoreUnavailable


def now() -> datetime:
    return datetime(2026, 3, 1, tzinfo=UTC)


def runs_of(work: Callable[[OnProgress], AuditReport]) -> AuditRuns:
    return AuditRuns(work, now)


def ended(runs: AuditRuns, run: AuditRun) -> AuditRun:
    deadline = time.monotonic() + 5
    while runs.get(run.id).state is RunState.RUNNING:
        assert time.monotonic() < deadline
        time.sleep(0.005)
    return runs.get(run.id)


def test_a_second_call_answers_the_run_under_way_with_its_progress() -> None:
    told, go = threading.Event(), threading.Event()

    def work(progress: OnProgress) -> AuditReport:
        progress("entries", 3, 10)
        told.set()
        go.wait(5)
        return AuditReport(entries=10)

    runs = runs_of(work)
    first, created = runs.start()
    assert created
    told.wait(5)
    second, created = runs.start()
    assert (second.id, created) == (first.id, False)
    assert (second.stage, second.done, second.of) == ("entries", 3, 10)
    go.set()
    done = ended(runs, first)
    assert (done.state, done.report) == (RunState.DONE, AuditReport(entries=10))
    assert runs.start()[1]


@pytest.mark.parametrize(
    ("failure", "code"),
    [(StoreUnavailable("the database is away"), "store_unavailable"), (ZeroDivisionError("secret"), "internal_error")],
)
def test_a_run_that_cannot_go_on_has_failed_and_says_why(failure: Exception, code: str) -> None:
    def work(_progress: OnProgress) -> AuditReport:
        raise failure

    runs = runs_of(work)
    found = ended(runs, runs.start()[0])
    assert found.state is RunState.FAILED
    assert found.error is not None and found.error.code == code
    assert "secret" not in str(found.error)


def test_closing_ends_a_run_at_its_next_progress() -> None:
    started = threading.Event()

    def work(progress: OnProgress) -> AuditReport:
        while True:
            progress("entries", 1, 2)
            started.set()
            time.sleep(0.005)

    runs = runs_of(work)
    run, _ = runs.start()
    started.wait(5)
    runs.close()
    found = runs.get(run.id)
    assert found.error is not None and found.error.code == "audit_stopped"


def test_the_last_twenty_are_remembered_newest_first() -> None:
    runs = runs_of(lambda _progress: AuditReport())
    ids = [ended(runs, runs.start()[0]).id for _ in range(22)]
    assert [run.id for run in runs.all()] == ids[:1:-1]
    with pytest.raises(NotFound):
        runs.get(ids[0])
