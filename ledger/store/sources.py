"""What each source sent and what became of it: one row a source, one an hour in which something arrived."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, delete, func, not_, select, update

from ledger.core.model import BatchState
from ledger.core.sources import REMEMBERED, SourceChange, SourceRecord, hour_of
from ledger.store.engine import Database
from ledger.store.models import BATCH, ENTRY
from ledger.store.models_sources import SOURCE, SOURCE_ENTRY, SOURCE_HOUR
from ledger.store.rows import chunks

_SETTLED = (BatchState.ANCHORED.value, BatchState.FINAL.value)
_PRUNE_SECONDS = 5.0


class SourceCounts(Database):
    """:class:`ledger.ports_watch.SourceStore` on a database."""

    _pruned_at = 0.0

    def note_sources(self, changes: Sequence[SourceChange]) -> None:
        """All of ``changes`` are added to what is kept; other processes may count the same sources."""
        with self.write() as connection:
            # In one order for all, so that two processes that count the same sources wait for each other in turn.
            for change in sorted(changes, key=lambda one: one.name):
                self._note(connection, change)
            if any(change.entries for change in changes) and time.monotonic() - self._pruned_at > _PRUNE_SECONDS:
                connection.execute(delete(SOURCE_ENTRY).where(SOURCE_ENTRY.c.id.in_(_in_blocks())))
                self._pruned_at = time.monotonic()

    def sources(self) -> list[SourceRecord]:
        """Every source by name, with its hours in order."""
        hours: dict[str, list[tuple[datetime, int]]] = defaultdict(list)
        with self.read() as connection:
            for row in connection.execute(select(SOURCE_HOUR).order_by(SOURCE_HOUR.c.hour)):
                hours[row.source].append((row.hour, row.received))
            rows = connection.execute(select(SOURCE).order_by(SOURCE.c.name)).all()
            waits = {name: (count, since) for name, count, since in connection.execute(_in_no_block())}
        return [_record(row, hours[row.name], waits.get(row.name, (0, None))) for row in rows]

    def forget_source(self, name: str) -> bool:
        """The source and its hours are gone; False if there was none."""
        with self.write() as connection:
            connection.execute(delete(SOURCE_HOUR).where(SOURCE_HOUR.c.source == name))
            connection.execute(delete(SOURCE_ENTRY).where(SOURCE_ENTRY.c.source == name))
            return bool(connection.execute(delete(SOURCE).where(SOURCE.c.name == name)).rowcount)

    def _note(self, connection: Connection, change: SourceChange) -> None:
        new = {
            "name": change.name,
            "first_seen": change.first,
            "received": 0,
            "registered": 0,
            "failed": 0,
            "waiting": 0,
        }
        connection.execute(self.insert(SOURCE).values(new).on_conflict_do_nothing())
        here = SOURCE.c.name == change.name
        row = connection.execute(select(SOURCE).where(here).with_for_update()).one()
        connection.execute(update(SOURCE).where(here).values(_values(row, change)))
        if change.received and change.last_seen is not None:
            self._add_hour(connection, change.name, hour_of(change.last_seen), change.received)

        rows = [{"id": entry, "source": change.name} for entry in dict.fromkeys(change.entries)]
        for some in chunks(rows):
            connection.execute(self.insert(SOURCE_ENTRY).values(some).on_conflict_do_nothing())

    def _add_hour(self, connection: Connection, name: str, hour: datetime, received: int) -> None:
        added = self.insert(SOURCE_HOUR).values(source=name, hour=hour, received=received)
        total = SOURCE_HOUR.c.received + added.excluded.received
        key = (SOURCE_HOUR.c.source, SOURCE_HOUR.c.hour)
        connection.execute(added.on_conflict_do_update(index_elements=key, set_={"received": total}))
        old = SOURCE_HOUR.c.hour < hour - REMEMBERED
        connection.execute(delete(SOURCE_HOUR).where(SOURCE_HOUR.c.source == name, old))


def _anchored() -> ColumnElement[bool]:
    """Whether a block holds the entry at hand: one row a batch that is settled, and batches cover the log in order."""
    size = select(func.max(BATCH.c.size)).where(BATCH.c.registrar == ENTRY.c.registrar, BATCH.c.state.in_(_SETTLED))
    return ENTRY.c.position < func.coalesce(size.scalar_subquery(), 0)


def _in_blocks() -> Select[Any]:
    return select(SOURCE_ENTRY.c.id).join(ENTRY, ENTRY.c.id == SOURCE_ENTRY.c.id).where(_anchored())


def _in_no_block() -> Select[Any]:
    told = select(SOURCE_ENTRY.c.source, func.count(), func.min(ENTRY.c.time))
    told = told.join(ENTRY, ENTRY.c.id == SOURCE_ENTRY.c.id).where(not_(_anchored()))
    return told.group_by(SOURCE_ENTRY.c.source)


def _record(row: Any, hours: list[tuple[datetime, int]], waits: tuple[int, datetime | None]) -> SourceRecord:
    return SourceRecord(**row._mapping, hours=tuple(hours), unanchored=waits[0], unanchored_since=waits[1])


def _values(row: Any, change: SourceChange) -> dict[str, Any]:
    waiting = change.waiting.of(row.waiting)
    values = {
        "received": row.received + change.received,
        "registered": row.registered + change.registered,
        "failed": row.failed + change.failed,
        "waiting": waiting,
        "waiting_since": (row.waiting_since or change.first) if waiting else None,
    }
    if change.last_seen is not None:
        values["last_seen"] = max(change.last_seen, row.last_seen or change.last_seen)
    if change.reason is not None:
        values |= {"reason": change.reason, "reason_at": change.last_seen or change.first}
    return values
