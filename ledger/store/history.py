"""The history: entries with their state, their batch and the chain's word on them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, case, exists, or_, select, tuple_

from ledger.core.model import Batch, ChainEvent, LogEntry, State
from ledger.core.states import BY_BATCH, state_of
from ledger.ports import HistoryFilter, HistoryRow
from ledger.store.engine import Database
from ledger.store.models import BATCH, DIGEST, ENTRY, EVENT, OUTBOX
from ledger.store.rows import BATCH_COLUMNS, ENTRY_COLUMNS, EVENTS, batches, chunks, entry_of, events

_DROPPED = EVENT.alias("dropped")
_LATER = BATCH.alias("later")
_WAITS = OUTBOX.c.position.is_not(None)
_IS_REORGED = exists().where(
    _DROPPED.c.registrar == ENTRY.c.registrar,
    _DROPPED.c.canonical.is_(False),
    or_(_DROPPED.c.position == ENTRY.c.position, _DROPPED.c.size > ENTRY.c.position),
)
_STATE: ColumnElement[str] = case(
    (and_(_WAITS, _IS_REORGED), State.REORGED.value),
    *((BATCH.c.state == theirs.value, ours.value) for theirs, ours in BY_BATCH.items()),
    else_=state_of(None).value,
)
# Batches of one log follow each other, so the one that covers an index is the last that starts at or before it.
_COVERING = (
    select(_LATER.c.sequence)
    .where(_LATER.c.registrar == ENTRY.c.registrar, _LATER.c.first <= ENTRY.c.position)
    .order_by(_LATER.c.first.desc(), _LATER.c.sequence.desc())
    .limit(1)
    .scalar_subquery()
)
_ROWS: Select[Any] = (
    select(*ENTRY_COLUMNS, _STATE.label("state"), BATCH.c.sequence)
    .select_from(ENTRY)
    .outerjoin(OUTBOX, and_(OUTBOX.c.registrar == ENTRY.c.registrar, OUTBOX.c.position == ENTRY.c.position))
    .outerjoin(
        BATCH,
        and_(
            OUTBOX.c.position.is_(None),
            BATCH.c.registrar == ENTRY.c.registrar,
            BATCH.c.sequence == _COVERING,
            BATCH.c.size > ENTRY.c.position,
        ),
    )
    .order_by(ENTRY.c.time.desc(), ENTRY.c.position.desc(), ENTRY.c.registrar)
)


class History(Database):
    """The part of :class:`ledger.ports.RecordStore` that answers what happened."""

    def history(self, query: HistoryFilter) -> list[HistoryRow]:
        """Entries newest first, then by index. ``digests`` and ``registration`` also find the statements about the
        registrations that they name; a row's event is the entry's own, or else the one of its batch's head.
        """
        with self.read() as connection:
            rows = connection.execute(_ROWS.where(*_conditions(query)).limit(query.limit).offset(query.offset)).all()
            entries = [entry_of(row) for row in rows]
            steps = {(row.registrar, row.sequence) for row in rows if row.sequence is not None}
            carriers = _carriers(connection, sorted(steps))
            own = _own_events(connection, entries)
            heads = _head_events(connection, sorted(steps))
        return [
            HistoryRow(
                entry,
                State(row.state),
                carriers.get((entry.registrar, row.sequence)),
                own.get((entry.registrar, entry.index, entry.leaf)) or heads.get((entry.registrar, row.sequence)),
            )
            for entry, row in zip(entries, rows, strict=True)
        ]


def _conditions(query: HistoryFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if query.digests:
        ids = select(DIGEST.c.id).where(DIGEST.c.value.in_(query.digests))
        conditions.append(or_(ENTRY.c.id.in_(ids), ENTRY.c.target.in_(ids)))
    if query.registration is not None:
        conditions.append(or_(ENTRY.c.id == query.registration, ENTRY.c.target == query.registration))
    if query.registrar is not None:
        conditions.append(ENTRY.c.registrar == query.registrar)
    if query.since is not None:
        conditions.append(ENTRY.c.time >= query.since)
    if query.until is not None:
        conditions.append(ENTRY.c.time < query.until)
    if query.kind is not None:
        conditions.append(ENTRY.c.kind == query.kind)
    if query.state is not None:
        conditions.append(_STATE.in_([query.state.value]))
    return conditions


def _carriers(connection: Connection, steps: Sequence[tuple[str, int]]) -> dict[tuple[str, int], Batch]:
    found: dict[tuple[str, int], Batch] = {}
    for some in chunks(steps):
        query = select(*BATCH_COLUMNS).where(tuple_(BATCH.c.registrar, BATCH.c.sequence).in_(some))
        found |= {(batch.registrar, batch.sequence): batch for batch in batches(connection, query)}
    return found


def _own_events(
    connection: Connection, entries: Sequence[LogEntry]
) -> dict[tuple[str, int | None, bytes | None], ChainEvent]:
    # The leaf is part of the key: an event for another leaf at this index says nothing about this entry.
    found: dict[tuple[str, int | None, bytes | None], ChainEvent] = {}
    keys = [(entry.registrar, entry.index) for entry in entries]
    for some in chunks(keys):
        query = EVENTS.where(tuple_(EVENT.c.registrar, EVENT.c.position).in_(some))
        found |= {(event.registrar, event.index, event.leaf): event for event in events(connection, query)}
    return found


def _head_events(connection: Connection, steps: Sequence[tuple[str, int]]) -> dict[tuple[str, int | None], ChainEvent]:
    found: dict[tuple[str, int | None], ChainEvent] = {}
    for some in chunks(steps):
        query = EVENTS.where(EVENT.c.name == "HeadAdvanced", tuple_(EVENT.c.registrar, EVENT.c.sequence).in_(some))
        found |= {(event.registrar, event.sequence): event for event in events(connection, query)}
    return found
