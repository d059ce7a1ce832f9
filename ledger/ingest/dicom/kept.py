"""What a listener remembers between two runs, in one small file: procedure steps, and behind a server also requests
for storage commitment.

Steps are kept by digests of UIDs. A request has UIDs in plain until its report was taken,
since the report repeats them.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from ledger.core.capture import CommitmentRequest, ProcedureStep
from ledger.errors import StorageFull, StoreUnavailable
from ledger.files import from_os_error

_TABLES = """
CREATE TABLE IF NOT EXISTS step
    (key TEXT PRIMARY KEY, changed_at TEXT NOT NULL, waits INTEGER NOT NULL, said TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS request (id TEXT PRIMARY KEY, due_at TEXT NOT NULL, said TEXT NOT NULL) WITHOUT ROWID;
"""


class Kept:
    """One file; what was told is on the disk when a method returns. Safe to share between threads and processes.

    It is a :class:`ledger.ports_capture.CommitmentStore`.
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise from_os_error(error, f"cannot use {path.parent}") from error
        with _translated():
            self._database = sqlite3.connect(path, timeout=15, isolation_level=None, check_same_thread=False)
            path.chmod(0o600)
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.execute("PRAGMA synchronous=FULL")
            self._database.executescript(_TABLES)

    def close(self) -> None:
        """The file is closed."""
        with self._lock:
            self._database.close()

    def step(self, key: str) -> ProcedureStep | None:
        """The step of this key, or None."""
        rows = self._run("SELECT said FROM step WHERE key = ?", key)
        return _step(rows[0][0]) if rows else None

    def save_step(self, step: ProcedureStep) -> None:
        """The step is kept as it is now."""
        waits = step.ended is not None and not step.settled
        self._run("INSERT OR REPLACE INTO step VALUES (?, ?, ?, ?)", step.key, _at(step.changed_at), waits, _said(step))

    def ended_steps(self) -> list[ProcedureStep]:
        """The steps that ended and are not settled, oldest first."""
        return [_step(row[0]) for row in self._run("SELECT said FROM step WHERE waits ORDER BY changed_at")]

    def steps_of(self, studies: Collection[str]) -> list[ProcedureStep]:
        """The steps of any of these studies that have not ended or are not settled."""
        found = (_step(row[0]) for row in self._run("SELECT said FROM step"))
        return [step for step in found if not step.settled and not set(studies).isdisjoint(step.studies)]

    def forget_steps(self, before: datetime) -> None:
        """Steps that nothing was heard of since ``before`` are gone."""
        self._run("DELETE FROM step WHERE changed_at < ?", _at(before))

    def save_commitment(self, request: CommitmentRequest) -> None:
        """The request is kept; it is due at once."""
        self._run("INSERT INTO request VALUES (?, ?, ?)", request.id, _at(request.due_at), _said(request))

    def commitments(self, due: datetime | None = None) -> list[CommitmentRequest]:
        """The requests that wait for their report, oldest first; with ``due`` those to be looked at by then."""
        until = "9999" if due is None else _at(due)
        found = [_request(row[0]) for row in self._run("SELECT said FROM request WHERE due_at <= ?", until)]
        return sorted(found, key=lambda request: request.asked_at)

    def take_commitment(self, request_id: str, due: datetime, until: datetime) -> bool:
        """Whether the request was due at ``due`` and is now due at ``until``: of several who ask, one is told so."""
        statement = "UPDATE request SET due_at = ?, said = json_set(said, '$.due_at', ?) WHERE id = ? AND due_at = ?"
        return bool(self._run(statement + " RETURNING 1", _at(until), _at(until), request_id, _at(due)))

    def postpone_commitment(self, request_id: str, due: datetime, attempts: int) -> None:
        """The request is to be looked at again at ``due``."""
        statement = "UPDATE request SET due_at = ?, said = json_set(said, '$.due_at', ?, '$.attempts', ?) WHERE id = ?"
        self._run(statement, _at(due), _at(due), attempts, request_id)

    def end_commitment(self, request_id: str) -> None:
        """The request and the UIDs in it are gone."""
        self._run("DELETE FROM request WHERE id = ?", request_id)

    def _run(self, statement: str, *values: object) -> list[Any]:
        with self._lock, _translated():
            return self._database.execute(statement, values).fetchall()


def _at(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds")


def _said(value: ProcedureStep | CommitmentRequest) -> str:
    return json.dumps(asdict(value), default=_at)


def _step(said: str) -> ProcedureStep:
    found = json.loads(said)
    lists = {name: tuple(found[name]) for name in ("studies", "instances")}
    return ProcedureStep(**found | lists | {"changed_at": datetime.fromisoformat(found["changed_at"])})


def _request(said: str) -> CommitmentRequest:
    found = json.loads(said)
    times = {name: datetime.fromisoformat(found[name]) for name in ("asked_at", "due_at")}
    return CommitmentRequest(**found | times | {"items": tuple((one[0], one[1]) for one in found["items"])})


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL:
            raise StorageFull("expected space for what the listener remembers, found the disk full") from error
        found = type(error).__name__
        raise StoreUnavailable(f"expected the listener's file to be usable, found {found}") from error
