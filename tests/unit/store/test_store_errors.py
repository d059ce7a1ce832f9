"""What the errors of databases, drivers and systems become."""

from __future__ import annotations

import errno
import sqlite3
import traceback
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import exc

from ledger.errors import Conflict, InputError, SettingsError, StorageFull, StoreUnavailable
from ledger.store.engine import make_engine, translate, translated

SECRET = "sha256:patient"


def sqlite_error(code: int) -> exc.OperationalError:
    cause = sqlite3.OperationalError(SECRET)
    cause.sqlite_errorcode = code
    return exc.OperationalError("INSERT", {"value": SECRET}, cause)


def postgres_error(cause: psycopg.Error) -> exc.DBAPIError:
    return exc.DBAPIError("INSERT", {"value": SECRET}, cause)


FULL = [
    sqlite_error(sqlite3.SQLITE_FULL),
    sqlite_error(4874),
    postgres_error(psycopg.errors.DiskFull(SECRET)),
    OSError(errno.ENOSPC, "No space left on device"),
]


@pytest.mark.parametrize("error", FULL, ids=["sqlite full", "sqlite shm", "postgres 53100", "ENOSPC"])
def test_a_full_disk_is_storage_full(error: Exception) -> None:
    assert type(translate(error)) is StorageFull


def test_other_errors_are_an_outage() -> None:
    for error in (
        sqlite_error(sqlite3.SQLITE_BUSY),
        postgres_error(psycopg.errors.DeadlockDetected()),
        exc.TimeoutError(),
    ):
        assert type(translate(error)) is StoreUnavailable


def test_a_broken_constraint_is_a_conflict_and_an_impossible_value_an_input_error() -> None:
    assert type(translate(exc.IntegrityError("x", {}, Exception()))) is Conflict
    assert type(translate(exc.DataError("x", {}, Exception()))) is InputError


def test_no_value_of_a_row_gets_into_message_or_traceback() -> None:
    for error in (*FULL, exc.IntegrityError("INSERT", {"value": SECRET}, psycopg.errors.UniqueViolation(SECRET))):
        with pytest.raises((StorageFull, Conflict)) as caught, translated():
            raise error
        assert SECRET not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("url", ["mysql://host/db", "sqlite://", "sqlite:///:memory:", "not a url"])
def test_a_url_of_another_kind_is_a_settings_error(url: str) -> None:
    with pytest.raises(SettingsError, match="expected"):
        make_engine(url)


def test_a_plain_postgresql_url_uses_the_installed_driver() -> None:
    for url in ("postgresql://u:p@h/d", "postgresql+psycopg://u:p@h/d"):
        assert make_engine(url).url.drivername == "postgresql+psycopg"


def test_sqlite_is_durable_and_checks_foreign_keys(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path}/a.db")
    with engine.connect() as connection:
        values = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        ]
    engine.dispose()
    assert values == ["wal", 2, 1, 15000]
