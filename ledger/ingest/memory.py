"""What a puller remembers between two runs, in one small file: what is done, and where it was. No names of anything."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Self

from ledger.errors import SettingsError, StorageFull, StoreUnavailable
from ledger.files import from_os_error

_TABLES = """
CREATE TABLE IF NOT EXISTS done (key BLOB PRIMARY KEY, state TEXT NOT NULL, round INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS place (name TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID;
"""


class Memory:
    """Keys are kept as the first 16 bytes of their SHA-256, since paths often hold patients' names.

    One process at a time. What was told is on the disk when :meth:`keep` returns; without it a crash loses at most
    what came since, which is then done again: registering twice does no harm.
    """

    def __init__(self, path: Path) -> None:
        self._lock = _locked(path)
        try:
            self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.executescript(_TABLES)
            self._database.execute("BEGIN")
        except sqlite3.Error as error:
            os.close(self._lock)
            raise _translated(error) from error

    def done(self, key: str, state: str) -> bool:
        """Whether ``key`` was done in this ``state``."""
        row = self._run("SELECT state FROM done WHERE key = ?", _hashed(key)).fetchone()
        return row is not None and row[0] == state

    def mark(self, key: str, state: str, round_number: int = 0) -> None:
        """``key`` is done in this ``state``; ``round_number`` is the scan that saw it."""
        self._run("INSERT OR REPLACE INTO done VALUES (?, ?, ?)", _hashed(key), state, round_number)

    def saw(self, key: str, round_number: int) -> None:
        """A scan met ``key``, which is done already."""
        self._run("UPDATE done SET round = ? WHERE key = ?", round_number, _hashed(key))

    def forget_before(self, round_number: int) -> None:
        """What no scan since ``round_number`` has met is forgotten: those files are gone."""
        self._run("DELETE FROM done WHERE round < ?", round_number)

    def place(self, name: str) -> int | None:
        """The number that was kept under ``name``."""
        row = self._run("SELECT number FROM place WHERE name = ?", name).fetchone()
        return int(row[0]) if row else None

    def set_place(self, name: str, number: int) -> None:
        """``number`` is kept under ``name``."""
        self._run("INSERT OR REPLACE INTO place VALUES (?, ?)", name, number)

    def keep(self) -> None:
        """Everything told so far is on the disk."""
        self._run("COMMIT")
        self._run("BEGIN")

    def close(self) -> None:
        """Everything told is kept, and another process may go on."""
        try:
            self._run("COMMIT")
            self._database.close()
        finally:
            os.close(self._lock)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _run(self, statement: str, *values: object) -> sqlite3.Cursor:
        try:
            return self._database.execute(statement, values)
        except sqlite3.Error as error:
            raise _translated(error) from error


def memory_path(folder: Path, kind: str, about: str) -> Path:
    """Where in the data folder the memory lies of a puller of this ``kind`` that works on ``about``."""
    return folder / "capture" / f"{kind}-{sha256(about.encode()).hexdigest()[:16]}.sqlite"


def _locked(path: Path) -> int:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise from_os_error(error, f"cannot use {path.parent}") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise SettingsError(
            "expected to be the only one that works on this source with this data folder, found another process",
            code="capture_running",
            advice="Stop the other one first, or give this one another data folder (--data).",
        ) from None
    return handle


def _hashed(key: str) -> bytes:
    return sha256(key.encode(errors="surrogateescape")).digest()[:16]


def _translated(error: sqlite3.Error) -> StoreUnavailable | StorageFull:
    if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL:
        return StorageFull("expected space to remember what is done, found the disk full")
    return StoreUnavailable(f"expected the file of what is done to be usable, found {type(error).__name__}")
