"""The history: entries with their state, their batch and the chain's word on them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Column, ColumnElement, Connection, or_, select

from ledger.core.model import Batch, ChainEvent, LogEntry, State
from ledger.core.states import state_of
from ledger.ports import HistoryFilter, HistoryRow
from ledger.store.coverage import dropped_size, in_state, segments, sequence_at, waiting
from ledger.store.engine import Database
from ledger.store.models import BATCH, DIGEST, ENTRY, EVENT, REGISTRAR
from ledger.store.rows import BATCH_COLUMNS, ENTRY_COLUMNS, EVENTS, batches, chunks, entry_of, events

_NEWEST_FIRST = (ENTRY.c.time.desc(), ENTRY.c.position.desc(), ENTRY.c.registrar)


class History(Database):
    """The part of :class:`ledger.ports.RecordStore` that answers what happened."""

    def history(self, query: HistoryFilter) -> list[HistoryRow]:
        """Entries newest first, then by index. ``digests`` and ``registration`` also find the statements about the
        registrations that they name; a row's event is the entry's own, or else the one of its batch's head.
        """
        with self.read() as connection:
            conditions = _conditions(query) + _found_conditions(connection, query)
            page = select(*ENTRY_COLUMNS).where(*conditions).order_by(*_NEWEST_FIRST)
            rows = connection.execute(page.limit(query.limit).offset(query.offset)).all()
            entries = [entry_of(row) for row in rows]
            joined: dict[str, HistoryRow] = {}
            for registrar in {entry.registrar for entry in entries}:
                of_log = [entry for entry in entries if entry.registrar == registrar]
                joined |= {row.entry.id: row for row in _joined(connection, registrar, of_log)}
        return [joined[entry.id] for entry in entries]


def _conditions(query: HistoryFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
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
    return conditions


def _found_conditions(connection: Connection, query: HistoryFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if query.digests:
        named = select(DIGEST.c.id).where(DIGEST.c.value.in_(query.digests)).distinct()
        ids = list(connection.execute(named).scalars())
        conditions.append(or_(ENTRY.c.id.in_(ids), ENTRY.c.target.in_(ids)))
    if query.state is not None:
        known = select(REGISTRAR.c.id)
        if query.registrar is not None:
            known = known.where(REGISTRAR.c.id == query.registrar)
        conditions.append(in_state(connection, list(connection.execute(known).scalars()), query.state))
    return conditions


def _joined(connection: Connection, registrar: str, entries: Sequence[LogEntry]) -> list[HistoryRow]:
    indexes = [entry.index for entry in entries]
    low, high = min(indexes), max(indexes)
    covered = segments(connection, registrar, low, high)
    waits = waiting(connection, registrar, low, high)
    dropped = dropped_size(connection, registrar) if waits else 0
    steps = {index: None if index in waits else sequence_at(covered, index) for index in indexes}
    carriers = _carriers(connection, registrar, sorted({step for step in steps.values() if step is not None}))
    # The leaf is part of the key: an event for another leaf at this index says nothing about this entry.
    own = {(event.index, event.leaf): event for event in _events(connection, registrar, EVENT.c.position, indexes)}
    advanced = _events(connection, registrar, EVENT.c.sequence, list(carriers))
    heads = {event.sequence: event for event in advanced if event.name == "HeadAdvanced"}
    rows: list[HistoryRow] = []
    for entry in entries:
        step = steps[entry.index]
        batch = None if step is None else carriers[step]
        state = State.REORGED if entry.index in waits and entry.index < dropped else state_of(batch)
        event = own.get((entry.index, entry.leaf)) or (None if step is None else heads.get(step))
        rows.append(HistoryRow(entry, state, batch, event))
    return rows


def _carriers(connection: Connection, registrar: str, sequences: Sequence[int]) -> dict[int, Batch]:
    found: dict[int, Batch] = {}
    for some in chunks(sequences):
        query = select(*BATCH_COLUMNS).where(BATCH.c.registrar == registrar, BATCH.c.sequence.in_(some))
        found |= {batch.sequence: batch for batch in batches(connection, query)}
    return found


def _events(connection: Connection, registrar: str, key: Column[int], values: Sequence[int]) -> list[ChainEvent]:
    found: list[ChainEvent] = []
    for some in chunks(values):
        found += events(connection, EVENTS.where(EVENT.c.registrar == registrar, key.in_(some)))
    return found
