"""The index of look-alikes against every distance computed one by one."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.core.model import CodeRow
from ledger.errors import LedgerError
from ledger.lookalikes import FlatIndex, shard
from ledger.ports import CodeIndex, Near


class Kept:
    """What the index asks of a store, over lists of rows."""

    def __init__(self, *registrars: str) -> None:
        self.logs: dict[str, list[CodeRow | None]] = {name: [None] for name in registrars}
        self.reads = 0

    def add(self, registrar: str, *codes: bytes | None) -> None:
        log = self.logs[registrar]
        for one in codes:
            at = len(log)
            log.append(None if one is None else CodeRow(registrar, at, f"{registrar}-{at}", one))

    def registrars(self) -> list[Any]:
        return [SimpleNamespace(id=name) for name in self.logs]

    def log_size(self, registrar: str) -> int:
        return len(self.logs[registrar])

    def codes(self, registrar: str, start: int = 0, stop: int | None = None) -> list[CodeRow]:
        self.reads += 1
        return [row for row in self.logs[registrar][start:stop] if row is not None]


def index_of(kept: Kept) -> FlatIndex:
    return FlatIndex(kept)  # type: ignore[arg-type]


def records(*codes: bytes) -> bytes:
    return b"".join(bytes([number // 8, number % 8]) + code for number, code in enumerate(codes))


def brute_force(kept: Kept, queries: list[bytes], count: int) -> list[Near]:
    """Each registration's nearest pair, the first of equal ones; then the nearest registrations, the first of equal."""
    found = []
    for row in (row for log in kept.logs.values() for row in log if row is not None and row.codes):
        pairs = [
            Near(row.id, (int.from_bytes(row.codes[at + 2 : at + 34]) ^ int.from_bytes(query)).bit_count(), n, *place)
            for n, query in enumerate(queries)
            for at in range(0, len(row.codes), 34)
            for place in [row.codes[at : at + 2]]
        ]
        found.append(min(pairs, key=lambda near: near.distance))
    return sorted(found, key=lambda near: near.distance)[:count]


@st.composite
def stores_and_queries(draw: st.DrawFn) -> tuple[Kept, list[bytes]]:
    """Registrations that own none to many codes, all of them few bits from a few, so that ties are common."""
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    bases = random.integers(0, 256, (3, 32), np.uint8)

    def code() -> bytes:
        made = bases[random.integers(3)].copy()
        made[random.integers(0, 32, random.integers(0, 3))] ^= np.uint8(1 << int(random.integers(8)))
        return made.tobytes()

    kept = Kept(*"abc"[: draw(st.integers(1, 3))])
    for name in kept.logs:
        for _ in range(draw(st.integers(0, 12))):
            kept.add(name, None if random.random() < 0.1 else records(*(code() for _ in range(random.integers(0, 30)))))
    return kept, [code() for _ in range(draw(st.integers(1, 4)))]


@pytest.mark.parametrize("widths", [shard._WIDTHS, (1, 8), ()], ids=["usual", "narrow", "all at once"])
@settings(max_examples=60, deadline=None)
@given(made=stores_and_queries(), count=st.integers(0, 9))
def test_the_nearest_registrations_are_those_of_a_brute_force_search(
    widths: tuple[int, ...], made: tuple[Kept, list[bytes]], count: int
) -> None:
    kept, queries = made
    with patch.object(shard, "_WIDTHS", widths):
        assert index_of(kept).nearest(b"".join(queries), count) == brute_force(kept, queries, count)


def test_a_registration_with_thousands_of_near_codes_does_not_hide_the_others() -> None:
    kept, black = Kept("a"), bytes(32)
    far = [bytes([2**bits - 1] * 8) + bytes(24) for bits in (1, 2)]
    kept.add("a", records(far[1]), b"".join([bytes(2) + black] * 3000), records(far[0]))
    found = index_of(kept).nearest(black, 3)
    assert [(near.registration, near.distance) for near in found] == [("a-2", 0), ("a-3", 8), ("a-1", 16)]


def test_thousands_of_registrations_with_one_code_come_in_the_order_of_the_log() -> None:
    kept = Kept("a")
    kept.add("a", *[records(bytes(32))] * 3000)
    assert [near.registration for near in index_of(kept).nearest(bytes(32), 3)] == ["a-1", "a-2", "a-3"]


def test_a_registration_made_since_the_last_search_is_found_and_nothing_is_read_twice() -> None:
    kept = Kept("a")
    kept.add("a", records(b"\1" * 32), None)
    index: CodeIndex = index_of(kept)
    assert [near.registration for near in index.nearest(bytes(32), 5)] == ["a-1"]
    kept.add("a", records(bytes(32)))
    kept.logs["b"] = [None]
    kept.add("b", records(bytes(31) + b"\1"))
    assert [near.registration for near in index.nearest(bytes(32), 5)] == ["a-3", "b-1", "a-1"]
    assert index.size() == 3
    reads = kept.reads
    index.nearest(bytes(32), 5)
    assert kept.reads == reads


def test_threads_that_search_while_registrations_come_each_get_a_whole_answer() -> None:
    kept = Kept("a")
    index = index_of(kept)

    def search(number: int) -> tuple[int, int]:
        before = kept.log_size("a") - 1
        kept.add("a", records(bytes(32)))
        return before, len(index.nearest(bytes(32), 1000))

    with ThreadPoolExecutor(4) as pool:
        assert all(found > before for before, found in pool.map(search, range(60)))
    assert index.size() == 60


def test_damaged_codes_are_counted_and_do_not_hide_the_others() -> None:
    kept = Kept("a")
    kept.add("a", records(bytes(32)), None, records(b"\1" * 32))
    kept.logs["a"][2] = CodeRow("a", 2, "a-2", b"", "not as they were stored")
    index = index_of(kept)
    for _ in range(2):
        assert [near.registration for near in index.nearest(bytes(32), 5)] == ["a-1", "a-3"]
        assert (index.size(), index.damaged()) == (2, 1)


def test_damaged_codes_that_were_mended_are_searched_again() -> None:
    kept = Kept("a")
    kept.add("a", records(bytes(32)), None, records(b"\1" * 32))
    kept.logs["a"][2] = CodeRow("a", 2, "a-2", b"", "not as they were stored")
    index = index_of(kept)
    index.nearest(bytes(32), 5)
    kept.logs["a"][2] = CodeRow("a", 2, "a-2", records(b"\3" * 32))
    assert [near.registration for near in index.nearest(bytes(32), 5)] == ["a-1", "a-3", "a-2"]
    assert (index.size(), index.damaged()) == (3, 0)


def test_an_empty_store_and_an_empty_question_find_nothing() -> None:
    assert index_of(Kept()).nearest(bytes(32), 5) == index_of(Kept("a")).nearest(bytes(32), 5) == []
    kept = Kept("a")
    kept.add("a", records(bytes(32)))
    assert index_of(kept).nearest(b"", 5) == []


def test_a_torn_question_is_refused() -> None:
    with pytest.raises(LedgerError, match="33 bytes"):
        index_of(Kept("a")).nearest(bytes(33), 5)


def test_importing_the_index_does_not_import_faiss() -> None:
    code = "import sys, ledger.lookalikes; sys.exit('faiss' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0
