"""The record store on a relational database."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from ledger.store.casefiles import CaseFiles
from ledger.store.commitments import Commitments
from ledger.store.engine import make_engine
from ledger.store.events import Events
from ledger.store.faults import Faults
from ledger.store.history import History
from ledger.store.migrate import migrate, stored_revision
from ledger.store.outbox import Outbox
from ledger.store.overview import Overview
from ledger.store.places import Places
from ledger.store.records import Records
from ledger.store.sources import SourceCounts
from ledger.store.traces import Traces
from ledger.store.verified import Verified


class SqlStore(
    Records, Traces, CaseFiles, Outbox, Events, History, Faults, Overview, Verified, Places, Commitments, SourceCounts
):
    """:class:`ledger.ports.RecordStore` over SQLite or PostgreSQL. Safe to share between threads."""

    @classmethod
    def open(cls, url: str, *, trace_key: bytes | None = None) -> Self:
        """The store at ``url`` (``sqlite:////path/medseal.db``, ``postgresql://…``), its schema at the newest
        revision. SettingsError for another kind of URL, StoreUnavailable if the database cannot be used.

        With ``trace_key`` (32 bytes) fingerprints are stored sealed, and sealed ones are read.
        """
        store = cls(make_engine(url), trace_key)
        try:
            migrate(store)
        except BaseException:
            store.close()
            raise
        return store

    def ping(self) -> None:
        """Return if the database answers."""
        with self.read() as connection:
            stored_revision(connection)

    def close(self) -> None:
        """Give back the connections; the store is not to be used afterwards."""
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
