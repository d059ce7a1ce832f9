"""Bring a database to the newest revision of the schema."""

from __future__ import annotations

import logging
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from ledger.errors import StoreUnavailable
from ledger.store.engine import Database
from ledger.store.migrations import HEAD, REVISIONS

_LOCK = 0x6D65647365616C  # "medseal": the advisory lock that makes migrations take turns on PostgreSQL


def migrate(database: Database) -> None:
    """The schema is at :data:`HEAD` after the call; StoreUnavailable if a newer MedSeal has made it."""
    with database.read() as connection:
        revision = stored_revision(connection)
    if revision == HEAD:
        return
    with database.write() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        revision = stored_revision(connection)  # again: another process may have been first
        if revision is not None and revision not in REVISIONS:
            raise StoreUnavailable(
                f"expected a schema of revision {HEAD} or older, found {revision[:40]!r}",
                advice="Use the release of MedSeal that wrote this database, or a newer one.",
            )
        if revision != HEAD:
            _upgrade(connection)


def stored_revision(connection: Connection) -> str | None:
    """The revision of the schema, None for an empty database."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return revision


def _upgrade(connection: Connection) -> None:
    from alembic import command  # costs a quarter of a second, and is needed once in a database's life
    from alembic.config import Config

    logging.getLogger("alembic").setLevel(logging.WARNING)
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, HEAD)
