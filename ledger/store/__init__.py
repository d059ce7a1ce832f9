"""The database: SQLModel tables, records and the outbox."""

from ledger.store.sqlstore import SqlStore

__all__ = ["SqlStore"]
