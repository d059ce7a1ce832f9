"""What waits for the chain, and the batches that carry it there."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, and_, case, delete, exists, func, insert, literal, not_, select

from ledger.core.model import Batch, BatchState
from ledger.ports import Pending
from ledger.store.coverage import segments, sequence_at, waiting
from ledger.store.engine import Database
from ledger.store.models import ATTEMPT, BATCH, ENTRY, LOG, OUTBOX
from ledger.store.rows import BATCH_COLUMNS, attempt_row, batch_row, batches, insert_rows


class Outbox(Database):
    """The part of :class:`ledger.ports.RecordStore` about the outbox and batches."""

    def pending(self, registrar: str) -> Pending | None:
        """What waits, None if nothing does."""
        urgent = func.max(case((OUTBOX.c.urgent, 1), else_=0))
        query = select(func.min(OUTBOX.c.position), func.max(OUTBOX.c.position), func.min(OUTBOX.c.time), urgent)
        with self.read() as connection:
            first, last, oldest, is_urgent = connection.execute(query.where(OUTBOX.c.registrar == registrar)).one()
        return None if first is None else Pending(first, last + 1, oldest, bool(is_urgent))

    def save_batch(self, batch: Batch) -> None:
        """Insert or replace the batch with all its attempts, and take its entries off the outbox (put those above
        ``size`` that an earlier form of the batch held back on it), in one transaction.
        """
        this = and_(BATCH.c.registrar == batch.registrar, BATCH.c.sequence == batch.sequence)
        with self.write() as connection:
            _lock(connection, batch.registrar)
            earlier_size = connection.execute(select(BATCH.c.size).where(this)).scalar() or 0
            self._replace(connection, batch)
            taken = and_(OUTBOX.c.position >= batch.first, OUTBOX.c.position < batch.size)
            connection.execute(delete(OUTBOX).where(OUTBOX.c.registrar == batch.registrar, taken))
            if earlier_size > batch.size:
                held_back = ENTRY.c.position.between(batch.size, earlier_size - 1)
                put_back(connection, and_(ENTRY.c.registrar == batch.registrar, held_back))

    def _replace(self, connection: Connection, batch: Batch) -> None:
        row = batch_row(batch)
        upsert = self.insert(BATCH).values(row)
        connection.execute(upsert.on_conflict_do_update(index_elements=["registrar", "sequence"], set_=row))
        of_batch = and_(ATTEMPT.c.registrar == batch.registrar, ATTEMPT.c.sequence == batch.sequence)
        connection.execute(delete(ATTEMPT).where(of_batch))
        attempts = [attempt_row(batch, place, attempt) for place, attempt in enumerate(batch.attempts)]
        insert_rows(connection, ATTEMPT, attempts)

    def restore_outbox(self, registrar: str, first: int) -> None:
        """Put the entries from ``first`` on (back) on the outbox; what waits already keeps its urgency."""
        with self.write() as connection:
            _lock(connection, registrar)
            put_back(connection, and_(ENTRY.c.registrar == registrar, ENTRY.c.position >= first))

    def batch(self, registrar: str, sequence: int) -> Batch | None:
        """The batch of this sequence with its attempts, or None."""
        query = select(*BATCH_COLUMNS).where(BATCH.c.registrar == registrar, BATCH.c.sequence == sequence)
        with self.read() as connection:
            found = batches(connection, query)
        return found[0] if found else None

    def batch_of(self, registrar: str, index: int) -> Batch | None:
        """The batch that covers a log index; None while the entry waits."""
        with self.read() as connection:
            if waiting(connection, registrar, index, index):
                return None
            sequence = sequence_at(segments(connection, registrar, index, index), index)
            query = select(*BATCH_COLUMNS).where(BATCH.c.registrar == registrar, BATCH.c.sequence == sequence)
            return None if sequence is None else batches(connection, query)[0]

    def batches(self, registrar: str | None = None, *, open_only: bool = False, limit: int = 100) -> list[Batch]:
        """Newest first; ``open_only``: those that are not final yet, oldest first."""
        query = select(*BATCH_COLUMNS).limit(limit)
        if registrar is not None:
            query = query.where(BATCH.c.registrar == registrar)
        if open_only:
            query = query.where(BATCH.c.state != BatchState.FINAL.value)
            query = query.order_by(BATCH.c.created_at, BATCH.c.sequence, BATCH.c.registrar)
        else:
            query = query.order_by(BATCH.c.created_at.desc(), BATCH.c.sequence.desc(), BATCH.c.registrar)
        with self.read() as connection:
            return batches(connection, query)


def put_back(connection: Connection, which: ColumnElement[bool]) -> None:
    """The entries ``which`` are on the outbox; those that are there already stay as they are."""
    waits = exists().where(OUTBOX.c.registrar == ENTRY.c.registrar, OUTBOX.c.position == ENTRY.c.position)
    source = select(ENTRY.c.registrar, ENTRY.c.position, literal(False), ENTRY.c.time).where(which, not_(waits))
    connection.execute(insert(OUTBOX).from_select(["registrar", "position", "urgent", "time"], source))


def _lock(connection: Connection, registrar: str) -> None:
    # Appending and batching write the same outbox rows; on PostgreSQL the log's row makes them take turns.
    connection.execute(select(LOG.c.size).where(LOG.c.registrar == registrar).with_for_update())
