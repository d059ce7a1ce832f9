"""The connection to the database: settings of the engine, transactions, and the translation of its errors."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, IntegrityError, SQLAlchemyError

from ledger.errors import Conflict, InputError, LedgerError, SettingsError, StorageFull, StoreUnavailable
from ledger.store.sealing import TraceSeal

BUSY_SECONDS = 15
_IOERR_SHMSIZE = 4874  # SQLite could not enlarge the WAL index; its manual names a full volume as the cause
_POSTGRES_DISK_FULL = "53100"


def make_engine(url: str) -> Engine:
    """An engine for ``sqlite:////path`` or ``postgresql://…``; SettingsError for any other form. Connects lazily."""
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise SettingsError("expected a database URL such as sqlite:////data/medseal.db, found another text") from error
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        return _sqlite(parsed)
    if backend == "postgresql":
        return _postgresql(parsed)
    raise SettingsError(f"expected a database URL that starts with sqlite or postgresql, found {backend[:40]!r}")


def _sqlite(url: URL) -> Engine:
    if not url.database or url.database == ":memory:":
        raise SettingsError("expected the path of a database file, as in sqlite:////data/medseal.db; found none")
    engine = create_engine(
        url, hide_parameters=True, pool_size=8, max_overflow=32, connect_args={"timeout": BUSY_SECONDS}
    )
    event.listen(engine, "connect", _sqlite_connected)
    event.listen(engine, "begin", _sqlite_begin)
    return engine


def _postgresql(url: URL) -> Engine:
    # A plan that was made while a table was small, and kept, takes a second for what a new one does in 5 ms.
    options = f"-c lock_timeout={BUSY_SECONDS}s -c plan_cache_mode=force_custom_plan"
    return create_engine(
        url.set(drivername="postgresql+psycopg"),
        hide_parameters=True,
        pool_pre_ping=True,
        pool_size=8,
        max_overflow=32,
        connect_args={"connect_timeout": BUSY_SECONDS, "options": options},
    )


def _sqlite_connected(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # BEGIN is ours: the driver's own comes too late and is never IMMEDIATE
    connection.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
    connection.execute("PRAGMA foreign_keys=ON")
    _use_wal(connection)
    connection.execute("PRAGMA synchronous=FULL")


def _use_wal(connection: sqlite3.Connection) -> None:
    # The switch to WAL does not wait for a lock, so the first two openers of a new file can collide.
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _sqlite_begin(connection: Connection) -> None:
    # A writer that begins as a reader fails at its first write when another one got in between.
    writer = connection.get_execution_options().get("writer", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writer else "BEGIN")


@contextmanager
def translated() -> Iterator[None]:
    """Errors of the database inside leave as errors of the ledger, without values of rows or parameters."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error, UnicodeEncodeError, OverflowError, OSError) as error:
        # From None: the driver's text would stand in every traceback, and PostgreSQL's quotes values of the row.
        raise translate(error) from None


def translate(error: Exception) -> LedgerError:
    """The ledger's error for one of the database, the driver or the system."""
    name = _name_of(error)
    if _is_full(error):
        return StorageFull(f"expected space to store the record, found the disk full ({name})")
    if isinstance(error, IntegrityError):
        return Conflict(f"expected new identifiers, found one that is stored already ({name})")
    if isinstance(error, DataError | UnicodeEncodeError | OverflowError):
        return InputError(f"expected values that the database can hold, found one that it cannot ({name})")
    return StoreUnavailable(f"expected the database to answer, found {name}")


def _is_full(error: Exception) -> bool:
    cause = getattr(error, "orig", None) or error
    code = getattr(cause, "sqlite_errorcode", 0)
    return (
        code & 0xFF == sqlite3.SQLITE_FULL
        or code == _IOERR_SHMSIZE
        or getattr(cause, "sqlstate", None) == _POSTGRES_DISK_FULL
        or getattr(cause, "errno", None) == 28  # ENOSPC
    )


def _name_of(error: Exception) -> str:
    cause: Any = error.orig if isinstance(error, DBAPIError) else error
    detail = getattr(cause, "sqlite_errorname", None) or getattr(cause, "sqlstate", None)
    return f"{type(cause).__name__} {detail}" if detail else type(cause).__name__


class Database:
    """An open database. Adapters derive from it; each of their methods is one transaction."""

    def __init__(self, engine: Engine, trace_key: bytes | None = None) -> None:
        self.engine = engine
        self.seal = TraceSeal(trace_key)
        self._turn = threading.Lock()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection in one read transaction: all that is read inside is of one moment."""
        with translated(), self.engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                connection = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            with connection.begin():
                yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A connection in one write transaction, stored durably when the block ends, undone when it raises."""
        with self._queued(), translated(), self._writer() as connection, connection.begin():
            yield connection

    def _writer(self) -> Connection:
        return self.engine.connect().execution_options(writer=True)

    @contextmanager
    def _queued(self) -> Iterator[None]:
        # SQLite's writers poll for its one lock, and one of them can lose for seconds; a queue in the process is fair.
        # No longer than SQLite itself would wait: when another process holds the lock, waits must not add up.
        mine = self.engine.dialect.name == "sqlite" and self._turn.acquire(timeout=BUSY_SECONDS)
        try:
            yield
        finally:
            if mine:
                self._turn.release()

    def insert(self, table: Table) -> Any:
        """An INSERT that knows ``on_conflict_do_…`` (the two dialects spell it alike, in two classes)."""
        return sqlite.insert(table) if self.engine.dialect.name == "sqlite" else postgresql.insert(table)
