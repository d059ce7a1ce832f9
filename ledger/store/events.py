"""What the chain said: events by block, and the block up to which they are kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import delete, insert, select, update

from ledger.core.model import Batch, Block, ChainEvent
from ledger.store.coverage import uncovered
from ledger.store.engine import Database
from ledger.store.models import ATTEMPT, BATCH, CURSOR, EVENT, LOG, OUTBOX
from ledger.store.outbox import put_back
from ledger.store.rows import EVENTS, attempt_row, batch_row, event_row, events, insert_rows

_ONLY = 1  # the cursor's one row


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
        """Replace all batches, events and the cursor by these, and the outbox by the entries that no batch covers,
        in one transaction. Entries and image records are not touched.
        """
        place = {"number": scanned.number, "hash": scanned.hash, "time": scanned.time}
        attempts = [attempt_row(batch, at, attempt) for batch in batches for at, attempt in enumerate(batch.attempts)]
        with self.write() as connection:
            # All logs are locked, in one order: an entry appended meanwhile finds the outbox as it will be.
            logs = connection.execute(select(LOG.c.registrar).order_by(LOG.c.registrar).with_for_update()).scalars()
            for table in (CURSOR, ATTEMPT, BATCH, EVENT, OUTBOX):
                connection.execute(delete(table))
            connection.execute(insert(CURSOR).values(id=_ONLY, **place))
            insert_rows(connection, BATCH, [batch_row(batch) for batch in batches])
            insert_rows(connection, ATTEMPT, attempts)
            insert_rows(connection, EVENT, [event_row(event) for event in events])
            for registrar in logs.all():
                put_back(connection, uncovered(connection, registrar))
