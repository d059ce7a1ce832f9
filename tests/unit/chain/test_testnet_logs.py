"""eth_getLogs: the query along the indexes finds what reading every log finds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.chain.testnet import LocalTestnet, RpcError
from ledger.chain.testnet.logs import LogFilter, find, parse_addresses, parse_topics
from ledger.chain.testnet.store import BlockRows, LogRow, Store

ADDRESSES = [bytes([i]) * 20 for i in range(3)]
TOPICS = [bytes([i]) * 32 for i in range(3)]

topics = st.lists(st.sampled_from(TOPICS), max_size=4).map(tuple)
log_rows = st.tuples(st.sampled_from(ADDRESSES), topics, st.binary(max_size=40))
blocks = st.lists(st.lists(log_rows, max_size=5), min_size=1, max_size=8)
alternatives = st.lists(st.sampled_from(TOPICS), max_size=2).map(tuple)
filters = st.builds(
    LogFilter,
    first=st.integers(0, 4),
    last=st.integers(4, 9),
    addresses=st.lists(st.sampled_from(ADDRESSES), max_size=2).map(tuple),
    topics=st.lists(alternatives, max_size=4).map(tuple),
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "logs.sqlite")
    store.connection.execute("PRAGMA synchronous = OFF")
    yield store
    store.close()


def _fill(store: Store, chain: list[list[LogRow]]) -> None:
    for table in ("logs", "transactions", "blocks"):
        store.connection.execute(f"DELETE FROM {table}")
    for number, logs in enumerate(chain):
        key = number.to_bytes(32)
        store.commit(BlockRows(number, key, b"header", b"{}", (key, b"{}", b"{}"), logs))


def _matches(wanted: LogFilter, number: int, row: LogRow) -> bool:
    address, found, _ = row
    return (
        wanted.first <= number <= wanted.last
        and (not wanted.addresses or address in wanted.addresses)
        and len(found) >= len(wanted.topics)
        and all(not choice or topic in choice for topic, choice in zip(found, wanted.topics, strict=False))
    )


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chain=blocks, wanted=filters)
def test_a_filter_finds_what_reading_every_log_finds(
    store: Store, chain: list[list[LogRow]], wanted: LogFilter
) -> None:
    _fill(store, chain)
    found = [(log["blockNumber"], log["logIndex"], log["topics"], log["data"]) for log in find(store, wanted)]
    assert found == [
        (hex(number), hex(position), ["0x" + topic.hex() for topic in row[1]], "0x" + row[2].hex())
        for number, rows in enumerate(chain)
        for position, row in enumerate(rows)
        if _matches(wanted, number, row)
    ]


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        (LogFilter(0, 9, (ADDRESSES[0],)), "logs_by_event"),
        (LogFilter(0, 9, (ADDRESSES[0],), ((TOPICS[0],),)), "logs_by_event"),
        (LogFilter(0, 9, (ADDRESSES[0],), ((TOPICS[0],), (TOPICS[1],))), "logs_by_topic1"),
        (LogFilter(0, 9, (ADDRESSES[0],), ((TOPICS[0],), (), (TOPICS[1],))), "logs_by_topic2"),
        (LogFilter(0, 9, (), ((), (), (), (TOPICS[0], TOPICS[1]))), "logs_by_topic3"),
        (LogFilter(3, 3), "PRIMARY KEY"),
    ],
)
def test_a_filter_runs_along_the_index_of_its_rarest_part(store: Store, wanted: LogFilter, index: str) -> None:
    _fill(store, [[]])
    plans: list[str] = []
    store.connection.set_trace_callback(plans.append)
    find(store, wanted)
    store.connection.set_trace_callback(None)
    (first, *_) = store.rows(f"EXPLAIN QUERY PLAN {plans[-1]}")
    assert "SEARCH l USING" in first[3] and index in first[3]


def test_addresses_and_topics_are_read_in_all_their_forms() -> None:
    one, two = ("0x" + topic.hex() for topic in TOPICS[:2])
    assert parse_topics([one, None, [one, two], [], [None, one]][:4]) == ((TOPICS[0],), (), tuple(TOPICS[:2]), ())
    assert parse_topics([[None, one]]) == ((),) and parse_topics(None) == ()
    address = "0x" + ADDRESSES[1].hex()
    assert parse_addresses(address) == parse_addresses([address]) == (ADDRESSES[1],)
    assert parse_addresses(None) == parse_addresses([]) == ()


@pytest.fixture
def node(tmp_path: Path) -> Iterator[LocalTestnet]:
    with LocalTestnet(tmp_path / "chain.sqlite") as node:
        yield node


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({"fromBlock": [1]}, -32602),
        ({"topics": [None] * 5}, -32602),
        ({"topics": ["0x12"]}, -32602),
        ({"address": "0x12"}, -32602),
        ({"fromBlock": "0x2", "toBlock": "0x1"}, -32602),
        ({"blockHash": "0x" + "00" * 32, "fromBlock": "0x0"}, -32602),
        ({"blockHash": "0x" + "00" * 32}, -32000),
        ("latest", -32602),
    ],
)
def test_a_filter_that_makes_no_sense_is_refused(node: LocalTestnet, wanted: Any, code: int) -> None:
    with pytest.raises(RpcError) as caught:
        node.rpc("eth_getLogs", [wanted])
    assert caught.value.code == code


def test_a_range_beyond_the_head_is_empty(node: LocalTestnet) -> None:
    assert node.rpc("eth_getLogs", [{"fromBlock": "0x10", "toBlock": hex(2**200)}]) == []
    assert node.rpc("eth_getLogs", [{}]) == []
