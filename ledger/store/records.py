"""Registrars, logs and image records: what is appended and never changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from sqlalchemy import insert, select

from ledger.core.entry import STATEMENTS
from ledger.core.model import Appended, Draft, LogEntry, Registrar, Registration
from ledger.store.appending import append
from ledger.store.engine import Database
from ledger.store.models import ENTRY, IMAGE, LOG, REGISTRAR
from ledger.store.rows import (
    CHUNK,
    ENTRY_COLUMNS,
    NAMED,
    REGISTRATIONS,
    REGISTRATIONS_BY_ID,
    chunks,
    entry_of,
    registrations,
)

_OLDEST_FIRST = (ENTRY.c.time, ENTRY.c.position, ENTRY.c.registrar)


class Records(Database):
    """The part of :class:`ledger.ports.RecordStore` about registrars, entries and registrations."""

    def add_registrar(self, registrar: Registrar, genesis: Draft) -> LogEntry:
        """Create the log with its genesis entry at index 0; an existing one is returned as it is."""
        values = {column.name: getattr(registrar, column.name) for column in REGISTRAR.columns}
        with self.write() as connection:
            new = self.insert(REGISTRAR).values(values).on_conflict_do_nothing().returning(REGISTRAR.c.id)
            if connection.execute(new).first() is not None:
                connection.execute(insert(LOG).values(registrar=registrar.id, size=0))
                return append(connection, registrar.id, [genesis], self.seal, urgent=False)[0].entry
            first = select(*ENTRY_COLUMNS).where(ENTRY.c.registrar == registrar.id, ENTRY.c.position == 0)
            return entry_of(connection.execute(first).one())

    def registrar(self, registrar_id: str) -> Registrar | None:
        """The registrar of this id, or None."""
        with self.read() as connection:
            row = connection.execute(select(REGISTRAR).where(REGISTRAR.c.id == registrar_id)).one_or_none()
        return None if row is None else Registrar(**row._mapping)

    def registrars(self) -> list[Registrar]:
        """All registrars, oldest first."""
        with self.read() as connection:
            rows = connection.execute(select(REGISTRAR).order_by(REGISTRAR.c.created_at, REGISTRAR.c.id))
            return [Registrar(**row._mapping) for row in rows]

    def append(self, registrar: str, drafts: Sequence[Draft], *, urgent: bool = False) -> list[Appended]:
        """Append drafts in one database transaction (record, log entry, outbox row), in order.

        As :meth:`ledger.ports.RecordStore.append`; a draft after another one of the same call answers as a later
        call would. NotFound without such a registrar; Conflict also for an entry id that is stored already.
        """
        with self.write() as connection:
            return append(connection, registrar, drafts, self.seal, urgent=urgent)

    def log_size(self, registrar: str) -> int:
        """The number of entries; 0 for an unknown registrar."""
        with self.read() as connection:
            return connection.execute(select(LOG.c.size).where(LOG.c.registrar == registrar)).scalar() or 0

    def entries(self, registrar: str, start: int = 0, end: int | None = None) -> Iterable[LogEntry]:
        """The entries [start, end) in order of index, read in pieces as the caller goes on."""
        stop = self.log_size(registrar) if end is None else end
        return self._entries(registrar, start, stop)

    def _entries(self, registrar: str, start: int, stop: int) -> Iterator[LogEntry]:
        query = select(*ENTRY_COLUMNS).where(ENTRY.c.registrar == registrar).order_by(ENTRY.c.position)
        for at in range(start, stop, CHUNK):
            some = query.where(ENTRY.c.position >= at, ENTRY.c.position < min(at + CHUNK, stop))
            with self.read() as connection:
                rows = connection.execute(some).all()
            yield from map(entry_of, rows)
            if not rows:
                return

    def leaves(self, registrar: str, start: int = 0, end: int | None = None) -> list[bytes]:
        """The leaf hashes of [start, end) in order of index."""
        query = select(ENTRY.c.leaf).where(ENTRY.c.registrar == registrar, ENTRY.c.position >= start)
        if end is not None:
            query = query.where(ENTRY.c.position < end)
        with self.read() as connection:
            return list(connection.execute(query.order_by(ENTRY.c.position)).scalars())

    def entry(self, entry_id: str) -> LogEntry | None:
        """The entry of this id, or None."""
        with self.read() as connection:
            row = connection.execute(select(*ENTRY_COLUMNS).where(ENTRY.c.id == entry_id)).one_or_none()
        return None if row is None else entry_of(row)

    def statements(self, target: str) -> list[LogEntry]:
        """The supersede, revoke and dispute entries about one registration, oldest first."""
        query = select(*ENTRY_COLUMNS).where(ENTRY.c.target == target, ENTRY.c.kind.in_(STATEMENTS))
        with self.read() as connection:
            return [entry_of(row) for row in connection.execute(query.order_by(*_OLDEST_FIRST))]

    def registration(self, registration_id: str) -> Registration | None:
        """The registration of this id with its image record and digests, or None."""
        with self.read() as connection:
            found = registrations(connection, REGISTRATIONS_BY_ID, [registration_id])
        return found[0] if found else None

    def registrations(self, ids: Sequence[str]) -> list[Registration]:
        """Those of ``ids`` that are registrations, oldest first within each piece of 500."""
        with self.read() as connection:
            pieces = [registrations(connection, REGISTRATIONS_BY_ID, some) for some in chunks(ids)]
        return [found for piece in pieces for found in piece]

    def find(self, digests: Mapping[str, str]) -> list[Registration]:
        """Registrations with any of these digests (name and value), oldest first, each once."""
        wanted = set(digests.items())
        with self.read() as connection:
            named = connection.execute(NAMED, {"some": list(digests.values())})
            ids = sorted({row.id for row in named if (row.name, row.value) in wanted})
            return registrations(connection, REGISTRATIONS_BY_ID, ids) if ids else []

    def find_instance(self, instance: str) -> list[Registration]:
        """Registrations of the same SOP Instance UID (its SHA-256 in hex), oldest first."""
        query = REGISTRATIONS.where(IMAGE.c.instance == instance).order_by(*_OLDEST_FIRST)
        with self.read() as connection:
            return registrations(connection, query)
