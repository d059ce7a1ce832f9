"""What the chain said: events by block, and the block up to which they are kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, Table, and_, delete, insert, or_, select, update

from ledger.core.model import Batch, BatchState, Block, ChainEvent
from ledger.store.coverage import uncovered
from ledger.store.engine import Database
from ledger.store.models import ATTEMPT, BATCH, CURSOR, EVENT, LOG, OUTBOX, Moment, stored_type
from ledger.store.outbox import put_back
from ledger.store.rows import EVENTS, attempt_row, batch_row, event_row, events, insert_rows

_ONLY = 1  # the cursor's one row
_OPEN = tuple(state.value for state in (BatchState.PREPARED, BatchState.BROADCAST, BatchState.BLOCKED))
_Row = dict[str, Any]


class Events(Database):
    """The part of :class:`ledger.ports.RecordStore` about chain events."""

    def save_events(self, events: Sequence[ChainEvent], scanned: Block) -> None:
        """Keep events (idempotent by block hash and log index) and move the cursor to ``scanned``.

        An event that was rewound and is saved again, because the chain went back to its block, is canonical again.
        """
        upsert = self.insert(EVENT)
        again = upsert.on_conflict_do_update(index_elements=["block_hash", "log_index"], set_={"canonical": True})
        place = {"number": scanned.number, "hash": scanned.hash, "time": scanned.time}
        cursor = self.insert(CURSOR).values(id=_ONLY, **place)
        with self.write() as connection:
            # The cursor first: its row lock makes two scanners take turns.
            connection.execute(cursor.on_conflict_do_update(index_elements=["id"], set_=place))
            if events:
                connection.execute(again, [event_row(event) for event in events])

    def cursor(self) -> Block | None:
        """The last block scanned, None before the first."""
        with self.read() as connection:
            row = connection.execute(select(CURSOR.c.number, CURSOR.c.hash, CURSOR.c.time)).one_or_none()
        return None if row is None else Block(*row)

    def rewind(self, ancestor: Block | None) -> None:
        """Mark events above ``ancestor`` (all if None) as no longer canonical and put the cursor there."""
        dropped = update(EVENT).values(canonical=False).where(EVENT.c.canonical)
        with self.write() as connection:
            connection.execute(delete(CURSOR))
            if ancestor is not None:
                place = {"number": ancestor.number, "hash": ancestor.hash, "time": ancestor.time}
                connection.execute(self.insert(CURSOR).values(id=_ONLY, **place))
                dropped = dropped.where(EVENT.c.block_number > ancestor.number)
            connection.execute(dropped)

    def events(self, registrar: str) -> Iterable[ChainEvent]:
        """Canonical events of one registrar in chain order, as of one moment."""
        query = EVENTS.where(EVENT.c.registrar == registrar).order_by(EVENT.c.block_number, EVENT.c.log_index)
        with self.read() as connection:
            return events(connection, query)

    def replace_index(self, batches: Sequence[Batch], events: Sequence[ChainEvent], scanned: Block) -> None:
        """Replace the index by this one, in one transaction, as :meth:`ledger.ports.RecordStore.replace_index`."""
        place = {"number": scanned.number, "hash": scanned.hash, "time": scanned.time}
        attempts = [attempt_row(batch, at, attempt) for batch in batches for at, attempt in enumerate(batch.attempts)]
        with self.write() as connection:
            # All logs are locked, in one order: an entry appended meanwhile finds the outbox as it will be.
            logs = connection.execute(select(LOG.c.registrar).order_by(LOG.c.registrar).with_for_update()).scalars()
            registrars = logs.all()
            moving, signed = _on_their_way(connection, batches, scanned)
            urgent = connection.execute(select(OUTBOX.c.registrar, OUTBOX.c.position).where(OUTBOX.c.urgent)).all()
            for table in (CURSOR, ATTEMPT, BATCH, EVENT, OUTBOX):
                connection.execute(delete(table))
            connection.execute(insert(CURSOR).values(id=_ONLY, **place))
            insert_rows(connection, BATCH, [batch_row(batch) for batch in batches] + moving)
            insert_rows(connection, ATTEMPT, attempts + signed)
            insert_rows(connection, EVENT, [event_row(event) for event in events])
            for registrar in registrars:
                put_back(connection, uncovered(connection, registrar))
            for registrar, position in urgent:
                this = and_(OUTBOX.c.registrar == registrar, OUTBOX.c.position == position)
                connection.execute(update(OUTBOX).where(this).values(urgent=True))


def _on_their_way(connection: Connection, batches: Sequence[Batch], scanned: Block) -> tuple[list[_Row], list[_Row]]:
    """The rows of batch and attempt that outlive a replacement by ``batches``: what was signed must not be forgotten,
    for it may be in a node's pool already, or in a block after ``scanned``.
    """
    heads: dict[str, int] = {}
    for batch in batches:
        heads[batch.registrar] = max(batch.sequence, heads.get(batch.registrar, 0))
    mined = {(batch.registrar, batch.sequence, batch.tx_hash) for batch in batches if not batch.attempts}
    later = or_(BATCH.c.state.in_(_OPEN), BATCH.c.block_number > scanned.number)
    found = _sound_rows(connection, select(BATCH).where(later), BATCH)
    moving = [row for row in found if row["sequence"] > heads.get(row["registrar"], 0)]
    kept = {(row["registrar"], row["sequence"]) for row in moving}
    signed = [
        row
        for row in _sound_rows(connection, select(ATTEMPT), ATTEMPT)
        if (row["registrar"], row["sequence"]) in kept or (row["registrar"], row["sequence"], row["tx_hash"]) in mined
    ]
    return moving, signed


def _sound_rows(connection: Connection, query: Select[Any], table: Table) -> list[_Row]:
    """Rows whose values are what their columns are for; SQLite would hand out, and take, any other."""
    kinds = {c.name: datetime if isinstance(c.type, Moment) else stored_type(c) for c in table.columns}
    rows = [dict(row._mapping) for row in connection.execute(query)]
    return [row for row in rows if all(value is None or isinstance(value, kinds[name]) for name, value in row.items())]
