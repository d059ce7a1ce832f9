"""From table rows to the ledger's values and back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, Select, Table, bindparam, insert, select

from ledger.core.model import Attempt, Batch, BatchState, Block, ChainEvent, ImageRecord, LogEntry, Registration
from ledger.store.models import ATTEMPT, BATCH, DIGEST, ENTRY, EVENT, IMAGE

T = TypeVar("T")
CHUNK = 500  # bound values in one IN list; both databases take far more, but their planners like it short

ENTRY_COLUMNS = tuple(ENTRY.columns)
BATCH_COLUMNS = tuple(BATCH.columns)
REGISTRATIONS: Select[Any] = select(
    *ENTRY_COLUMNS, IMAGE.c.salt, IMAGE.c.facts, IMAGE.c.details, IMAGE.c.instance, IMAGE.c.idempotency_key
).join(IMAGE, IMAGE.c.id == ENTRY.c.id)

# Statements on the way of every verification are made once: making one costs more than running it.
REGISTRATIONS_BY_ID = REGISTRATIONS.where(ENTRY.c.id.in_(bindparam("some", expanding=True))).order_by(
    ENTRY.c.time, ENTRY.c.position, ENTRY.c.registrar
)
NAMED = select(DIGEST.c.id, DIGEST.c.name, DIGEST.c.value).where(DIGEST.c.value.in_(bindparam("some", expanding=True)))
_DIGESTS = (
    select(DIGEST.c.id, DIGEST.c.name, DIGEST.c.value)
    .where(DIGEST.c.id.in_(bindparam("some", expanding=True)))
    .order_by(DIGEST.c.name)
)


def chunks(values: Sequence[T], size: int = CHUNK) -> Iterator[Sequence[T]]:
    """``values`` in pieces of at most ``size``."""
    return (values[at : at + size] for at in range(0, len(values), size))


def insert_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert ``rows``, of which there may be none."""
    if rows:
        connection.execute(_insertion(table), list(rows))


_insertion = lru_cache(maxsize=100)(insert)


def entry_of(row: Sequence[Any]) -> LogEntry:
    """The log entry in the first columns of ``row``, in the order of the table."""
    registrar, position, entry_id, kind, leaf, body, target, time = row[: len(ENTRY_COLUMNS)]
    # SQLite keeps whatever was written into a column; text in place of bytes must not stop an audit from naming it.
    return LogEntry(registrar, position, entry_id, kind, _octets(leaf), _octets(body), target, time)


def _octets(value: bytes | str) -> bytes:
    return value.encode() if isinstance(value, str) else value


def entry_row(entry: LogEntry) -> dict[str, Any]:
    """The columns of the entry's table by name."""
    return {
        "registrar": entry.registrar,
        "position": entry.index,
        "id": entry.id,
        "kind": entry.kind,
        "leaf": entry.leaf,
        "body": entry.body,
        "target": entry.target,
        "time": entry.time,
    }


def image_row(registrar: str, image: ImageRecord, file_digest: str) -> dict[str, Any]:
    """The columns of the image's table by name; its digests are rows of their own."""
    return {
        "id": image.id,
        "registrar": registrar,
        "file_digest": file_digest,
        "salt": image.salt,
        "facts": dict(image.facts),
        "details": image.details,
        "instance": image.instance,
        "idempotency_key": image.idempotency_key,
    }


def registrations(
    connection: Connection, query: Select[Any], some: Sequence[str] = (), **bound: str
) -> list[Registration]:
    """The registrations that ``query``, made from :data:`REGISTRATIONS`, selects, with their digests."""
    rows = connection.execute(query, {"some": some, **bound} if some else bound).all()
    digests = _digests(connection, [row.id for row in rows])
    return [_registration(row, digests[row.id]) for row in rows]


def _registration(row: Row[Any], digests: Mapping[str, str]) -> Registration:
    image = ImageRecord(row.id, digests, row.salt, row.facts, row.details, row.instance, row.idempotency_key)
    return Registration(entry_of(row), image)


def _digests(connection: Connection, ids: Sequence[str]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {entry_id: {} for entry_id in ids}
    for some in chunks(ids):
        for entry_id, name, value in connection.execute(_DIGESTS, {"some": some}):
            found[entry_id][name] = value
    return found


def batch_row(batch: Batch) -> dict[str, Any]:
    """The columns of the batch's table by name; its attempts are rows of their own."""
    return {column.name: getattr(batch, column.name) for column in BATCH_COLUMNS} | {"state": batch.state.value}


def batches(connection: Connection, query: Select[Any]) -> list[Batch]:
    """The batches that ``query``, a SELECT of :data:`BATCH_COLUMNS`, finds, with their attempts."""
    rows = connection.execute(query).all()
    return [_batch(row, _attempts(connection, row.registrar, row.sequence)) for row in rows]


def _batch(row: Row[Any], attempts: tuple[Attempt, ...]) -> Batch:
    values = dict(row._mapping)
    return Batch(**values | {"state": BatchState(row.state), "attempts": attempts})


def _attempts(connection: Connection, registrar: str, sequence: int) -> tuple[Attempt, ...]:
    query = select(*_ATTEMPT_COLUMNS).where(ATTEMPT.c.registrar == registrar, ATTEMPT.c.sequence == sequence)
    return tuple(Attempt(**row._mapping) for row in connection.execute(query.order_by(ATTEMPT.c.place)))


_ATTEMPT_COLUMNS = tuple(
    ATTEMPT.c[name] for name in ("tx_hash", "raw", "nonce", "size", "root", "gas_price", "created_at", "broadcast_at")
)


def attempt_row(batch: Batch, place: int, attempt: Attempt) -> dict[str, Any]:
    """The columns of the attempt's table by name; ``place`` is its position among those of the batch."""
    values = {column.name: getattr(attempt, column.name) for column in _ATTEMPT_COLUMNS}
    return values | {"registrar": batch.registrar, "sequence": batch.sequence, "place": place}


def event_row(event: ChainEvent) -> dict[str, Any]:
    """The columns of the event's table by name, as part of the canonical chain."""
    return {
        "block_hash": event.block.hash,
        "log_index": event.log_index,
        "block_number": event.block.number,
        "block_time": event.block.time,
        "tx_hash": event.tx_hash,
        "name": event.name,
        "registrar": event.registrar,
        "canonical": True,
        "leaf": event.leaf,
        "position": event.index,
        "sequence": event.sequence,
        "size": event.size,
        "root": event.root,
    }


def events(connection: Connection, query: Select[Any]) -> list[ChainEvent]:
    """The events that ``query``, a SELECT of the whole table, finds."""
    return [_event(row) for row in connection.execute(query)]


def _event(row: Row[Any]) -> ChainEvent:
    block = Block(row.block_number, row.block_hash, row.block_time)
    return ChainEvent(
        row.name,
        block,
        row.tx_hash,
        row.log_index,
        row.registrar,
        leaf=row.leaf,
        index=row.position,
        sequence=row.sequence,
        size=row.size,
        root=row.root,
    )


EVENTS: Select[Any] = select(EVENT).where(EVENT.c.canonical)
