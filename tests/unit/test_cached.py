"""Answers of the chain are remembered for a moment; errors and older blocks than asked for never are."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.cached import CachedReads
from ledger.core.model import Block
from ledger.errors import ChainUnreachable


class Chain:
    """Counts what it is asked, and grows by a block each time."""

    chain_id, address = 1337, "0x" + "00" * 20

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self.away = False

    def block(self) -> Block:
        self._ask("block")
        return Block(len(self.asked), "0x", 0)

    def root_at(self, registrar: str, sequence: int) -> bytes | None:
        self._ask("root_at", registrar, sequence)
        return bytes([sequence]) * 32 if sequence else None

    def _ask(self, *call: Any) -> None:
        if self.away:
            raise ChainUnreachable("away")
        self.asked.append(call)


class Time:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Time:
    return Time()


@pytest.fixture
def chain() -> Chain:
    return Chain()


@pytest.fixture
def reads(chain: Chain, clock: Time) -> CachedReads:
    return CachedReads(chain, 1.0, clock)  # type: ignore[arg-type]


def test_an_answer_is_asked_for_once_within_its_time(reads: CachedReads, chain: Chain, clock: Time) -> None:
    assert reads.root_at("a", 1) == reads.root_at("a", 1)
    assert len(chain.asked) == 1
    clock.now = 1.0
    reads.root_at("a", 1)
    assert len(chain.asked) == 2


def test_each_question_has_its_own_answer(reads: CachedReads) -> None:
    assert reads.root_at("a", 1) != reads.root_at("a", 2)
    assert reads.root_at("a", 0) is None


def test_no_answer_is_remembered_like_any_other(reads: CachedReads, chain: Chain) -> None:
    assert reads.root_at("a", 0) is reads.root_at("a", 0) is None
    assert len(chain.asked) == 1


def test_an_outage_is_not_remembered(reads: CachedReads, chain: Chain) -> None:
    chain.away = True
    with pytest.raises(ChainUnreachable):
        reads.root_at("a", 1)
    chain.away = False
    assert reads.root_at("a", 1) is not None


def test_a_block_that_others_know_already_is_asked_for_again(reads: CachedReads) -> None:
    assert reads.newest().number == 1
    assert reads.newest().number == 1
    assert reads.newest(at_least=2).number == 2
