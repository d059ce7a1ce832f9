"""Rows that the store's other methods would misread or never show: what an audit asks of the database alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Connection,
    Table,
    Text,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    not_,
    or_,
    select,
)

from ledger.core import entry
from ledger.core.model import BatchState, Difference
from ledger.ports import CODE_RECORD, MALFORMED
from ledger.store.appending import FILE_DIGEST
from ledger.store.coverage import segments, sequence_at, uncovered
from ledger.store.engine import Database
from ledger.store.models import (
    ATTEMPT,
    BATCH,
    CASE,
    CURSOR,
    DIGEST,
    ENTRY,
    EVENT,
    IMAGE,
    LOG,
    OUTBOX,
    REGISTRAR,
    TRACE,
    stored_type,
)
from ledger.store.models_capture import PLACE, STUDY
from ledger.store.sealing import SEAL_BYTES

_TABLES = (REGISTRAR, LOG, ENTRY, IMAGE, DIGEST, TRACE, CASE, OUTBOX, BATCH, ATTEMPT, EVENT, CURSOR, PLACE, STUDY)
_KINDS = {int: "integer", bool: "integer", bytes: "blob", str: "text", dict: "text"}
_SETTLED = (BatchState.ANCHORED.value, BatchState.FINAL.value)
_WAITS = exists().where(OUTBOX.c.registrar == ENTRY.c.registrar, OUTBOX.c.position == ENTRY.c.position)


class Faults(Database):
    """The part of :class:`ledger.ports.RecordStore` about its own soundness."""

    def faults(self) -> list[Difference]:
        """What is wrong in the database by its own rules, as of one moment; see :meth:`RecordStore.faults`."""
        with self.read() as connection:
            malformed = list(_malformed(connection))
            return malformed or [
                *_strays(connection),
                *_unequal(connection),
                *_traces(connection),
                *_outbox(connection),
            ]


def _malformed(connection: Connection) -> Iterator[Difference]:
    """Values of another type than their column's. Only SQLite stores such; PostgreSQL refuses them."""
    if connection.dialect.name == "sqlite":
        for table in _TABLES:
            yield from _of_other_types(connection, table)
    states = [state.value for state in BatchState]
    for registrar, key, found in connection.execute(
        select(BATCH.c.registrar, _key(BATCH), BATCH.c.state).where(BATCH.c.state.not_in(states))
    ):
        yield Difference(MALFORMED, str(registrar), f"batch.state of {key}: {', '.join(states)}", str(found))


def _of_other_types(connection: Connection, table: Table) -> Iterator[Difference]:
    kinds = {column.name: _kind_found(column) for column in table.columns}
    odd = [and_(found != _kind(table.c[name]), _is_needed(table.c[name], found)) for name, found in kinds.items()]
    keys = [_shown(column) for column in table.primary_key.columns]
    whose = _shown(table.c.registrar) if "registrar" in table.c else literal("")
    for registrar, *row in connection.execute(select(whose, *keys, *kinds.values()).where(or_(*odd))):
        key, found = " ".join(map(str, row[: len(keys)])), row[len(keys) :]
        for column, kind in zip(table.columns, found, strict=True):
            if kind != _kind(column) and not (kind == "null" and column.nullable):
                expected = f"{table.name}.{column.name} of {key}: {_kind(column)}"
                yield Difference(MALFORMED, str(registrar), expected, kind)


def _shown(column: Column[Any]) -> ColumnElement[str]:
    # Bytes in the place of text need not be text.
    return case((func.typeof(column) == "blob", func.hex(column)), else_=cast(column, Text))


def _kind(column: Column[Any]) -> str:
    return _KINDS[stored_type(column)]


def _kind_found(column: Column[Any]) -> ColumnElement[str]:
    kind = func.typeof(column)
    if not isinstance(column.type, JSON):
        return kind
    is_object = case((func.json_valid(column) == 0, False), else_=func.json_type(column) == "object")
    return case((and_(kind == "text", not_(is_object)), literal("no JSON object")), else_=kind)


def _is_needed(column: Column[Any], found: ColumnElement[str]) -> ColumnElement[bool]:
    return found != "null" if column.nullable else literal(True)


def _strays(connection: Connection) -> Iterator[Difference]:
    """Rows that belong to nothing: no method would ever read them, or only in the place of what is missing."""
    for table in _TABLES:
        for constraint in table.foreign_key_constraints:
            parent = constraint.referred_table
            there = exists().where(*(key.column == key.parent for key in constraint.elements))
            yield from _rows(connection, table, not_(there), f"a row of {parent.name}")
    there = exists().where(REGISTRAR.c.id == BATCH.c.registrar)
    yield from _rows(connection, BATCH, not_(there), "a row of registrar")
    size = select(LOG.c.size).where(LOG.c.registrar == ENTRY.c.registrar).scalar_subquery()
    yield from _rows(connection, ENTRY, or_(ENTRY.c.position < 0, ENTRY.c.position >= size), "a place in its log")
    for table, kinds in ((IMAGE, entry.REGISTERING), (CASE, (entry.CASE,))):
        other = exists().where(ENTRY.c.id == table.c.id, ENTRY.c.kind.not_in(kinds))
        yield from _rows(connection, table, other, f"a {' or '.join(kinds)} entry")


def _rows(
    connection: Connection, table: Table, which: ColumnElement[bool], expected: str, code: str = "row_stray"
) -> Iterator[Difference]:
    for registrar, key in connection.execute(select(_registrar(table), _key(table)).where(which)):
        yield Difference(code, registrar or "", f"{expected} for {table.name} {key}", "none")


def _unequal(connection: Connection) -> Iterator[Difference]:
    """What the store keeps twice and does not keep alike."""
    copies: tuple[tuple[str, Column[Any], Column[Any], ColumnElement[bool]], ...] = (
        ("record_differs", IMAGE.c.registrar, ENTRY.c.registrar, ENTRY.c.id == IMAGE.c.id),
        ("record_differs", IMAGE.c.file_digest, DIGEST.c.value, _is_file_digest()),
        ("record_differs", PLACE.c.instance, IMAGE.c.instance, IMAGE.c.id == PLACE.c.id),
        ("outbox_differs", OUTBOX.c.time, ENTRY.c.time, _same_entry(OUTBOX)),
    )
    for code, copy, original, joined in copies:
        query = select(_registrar(copy.table), _key(copy.table), cast(original, Text), cast(copy, Text))
        for registrar, key, expected, found in connection.execute(query.where(joined, copy != original)):
            yield Difference(code, registrar, f"{copy} of {key}: {expected}", found)


def _is_file_digest() -> ColumnElement[bool]:
    return and_(DIGEST.c.id == IMAGE.c.id, DIGEST.c.name == FILE_DIGEST)


def _same_entry(table: Table) -> ColumnElement[bool]:
    return and_(table.c.registrar == ENTRY.c.registrar, table.c.position == ENTRY.c.position)


def _traces(connection: Connection) -> Iterator[Difference]:
    """Fingerprints whose codes are no whole number of records, in clear or inside their seal."""
    size = func.length(TRACE.c.codes)
    inside = size - case((TRACE.c.sealed, SEAL_BYTES), else_=0)
    query = select(ENTRY.c.registrar, ENTRY.c.position, TRACE.c.sealed, size).join(TRACE, TRACE.c.id == ENTRY.c.id)
    for registrar, index, sealed, found in connection.execute(query.where(or_(inside < 0, inside % CODE_RECORD != 0))):
        expected = f"{'sealed' if sealed else 'plain'} codes of {CODE_RECORD} bytes each"
        yield Difference("trace_differs", registrar, expected, f"{found} bytes", index=index)


def _outbox(connection: Connection) -> Iterator[Difference]:
    """Entries that nothing would ever anchor, and anchored ones that are said to wait."""
    for registrar in connection.execute(select(LOG.c.registrar)).scalars().all():
        lost = select(ENTRY.c.position).where(uncovered(connection, registrar), not_(_WAITS))
        for index in connection.execute(lost.order_by(ENTRY.c.position)).scalars():
            yield Difference("outbox_missing", registrar, "a batch or a row of outbox", "neither", index=index)
        done = [part for part in segments(connection, registrar) if part.state.value in _SETTLED]
        waits = select(OUTBOX.c.position).where(OUTBOX.c.registrar == registrar)
        for index in connection.execute(waits.order_by(OUTBOX.c.position)).scalars():
            if sequence_at(done, index) is not None:
                yield Difference("outbox_differs", registrar, "an anchored entry", "one that waits", index=index)


def _registrar(table: Table) -> ColumnElement[Any]:
    return cast(table.c.registrar, Text) if "registrar" in table.c else literal("")


def _key(table: Table) -> ColumnElement[Any]:
    parts = [cast(column, Text) for column in table.primary_key.columns]
    text: ColumnElement[Any] = parts[0]
    for part in parts[1:]:
        text = text + " " + part
    return text
