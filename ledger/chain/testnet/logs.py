"""eth_getLogs on the log table: the filter becomes one SQL query that runs along the index of its rarest part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ledger.chain.testnet.store import Store
from ledger.chain.testnet.wire import data, invalid, parse_data, quantity

_MAX_TOPICS = 4
_COLUMNS = "l.block, l.position, l.address, l.topic0, l.topic1, l.topic2, l.topic3, l.data, b.hash, t.hash"
# SQLite keeps the order of a cross join: logs first, along the index that was chosen for them.
_JOINS = "CROSS JOIN blocks b ON b.number = l.block CROSS JOIN transactions t ON t.block = l.block"


@dataclass(frozen=True, slots=True)
class LogFilter:
    """Blocks ``first`` to ``last`` inclusive; an empty tuple of alternatives matches everything.

    A position in ``topics`` matches only logs that have a topic there, even when any value will do.
    """

    first: int
    last: int
    addresses: tuple[bytes, ...] = ()
    topics: tuple[tuple[bytes, ...], ...] = ()


def parse_addresses(value: Any) -> tuple[bytes, ...]:
    """The addresses of a log filter: one, a list of them, or none for any."""
    values = value if isinstance(value, list) else [] if value is None else [value]
    return tuple(parse_data(address, "address", 20) for address in values)


def parse_topics(value: Any) -> tuple[tuple[bytes, ...], ...]:
    """Up to four positions: null for any, one topic, or a list of alternatives (null in it means any again)."""
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > _MAX_TOPICS:
        raise invalid("topics: expected a list of at most 4 positions")
    return tuple(_alternatives(position) for position in value)


def _alternatives(value: Any) -> tuple[bytes, ...]:
    values = value if isinstance(value, list) else [value]
    return () if None in values else tuple(parse_data(topic, "topic", 32) for topic in values)


def find(store: Store, wanted: LogFilter) -> list[dict[str, Any]]:
    """The matching logs as JSON, in the order in which they were emitted."""
    conditions, values = _conditions(wanted)
    where = " AND ".join(["l.block BETWEEN ? AND ?", *conditions])
    query = f"SELECT {_COLUMNS} FROM logs l {_index(wanted)} {_JOINS} WHERE {where} ORDER BY l.block, l.position"  # noqa: S608
    return [_log_json(row) for row in store.rows(query, wanted.first, wanted.last, *values)]


def of_block(store: Store, number: int) -> list[dict[str, Any]]:
    """All logs of one block, in order, as JSON-RPC shows them."""
    return find(store, LogFilter(number, number))


def _conditions(wanted: LogFilter) -> tuple[list[str], list[bytes]]:
    columns = [("address", wanted.addresses), *((f"topic{i}", t) for i, t in enumerate(wanted.topics))]
    conditions: list[str] = []
    values: list[bytes] = []
    for column, alternatives in columns:
        if alternatives:
            conditions.append(f"l.{column} IN ({', '.join('?' * len(alternatives))})")
            values += alternatives
        elif column != "address":
            conditions.append(f"l.{column} IS NOT NULL")
    return conditions, values


def _index(wanted: LogFilter) -> str:
    """Later topics tell more: SQLite has no statistics here and would take the index of address and event."""
    given = [position for position, topics in enumerate(wanted.topics) if topics]
    if given and given[-1] > 0:
        return f"INDEXED BY logs_by_topic{given[-1]}"
    return "INDEXED BY logs_by_event" if wanted.addresses else "NOT INDEXED"


def _log_json(row: Sequence[Any]) -> dict[str, Any]:
    block, position, address, *topics, payload, block_hash, transaction_hash = row
    return {
        "address": data(address),
        "topics": [data(topic) for topic in topics if topic is not None],
        "data": data(payload),
        "blockNumber": quantity(block),
        "blockHash": data(block_hash),
        "transactionHash": data(transaction_hash),
        "transactionIndex": "0x0",
        "logIndex": quantity(position),
        "removed": False,
    }
