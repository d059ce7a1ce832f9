"""Transactions that are stuck, dropped, reverted or lost in a reorganisation: over anvil, whose blocks can be held."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.anchoring import Action
from ledger.chain.client import Web3Registry
from ledger.errors import ChainRejected

pytestmark = pytest.mark.needs_anvil


class Watched:
    """A registry that may swallow, or refuse, what is broadcast."""

    def __init__(self, registry: Web3Registry) -> None:
        self._registry = registry
        self.swallow = False
        self.refuse: str | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._registry, name)

    def broadcast(self, raw: bytes) -> None:
        if self.refuse:
            raise ChainRejected(self.refuse)
        if not self.swallow:
            self._registry.broadcast(raw)


def batch(hospital: Any, sequence: int) -> Any:
    return hospital.store.batch(hospital.registrar, sequence)


def test_a_stuck_transaction_is_replaced_at_its_nonce_by_a_newer_head(anvil_hospital: Any) -> None:
    anvil_hospital.rpc("evm_setAutomine", False)
    worker = anvil_hospital.anchorer(replace_after_seconds=60.0, fee_bump_percent=15)
    assert worker.tick(force=True).action is Action.SENT
    assert worker.tick().action is Action.WAITING
    anvil_hospital.append(5)
    anvil_hospital.clock.pass_seconds(61)
    assert worker.tick().action is Action.REPLACED
    first, second = batch(anvil_hospital, 1).attempts
    assert (first.nonce, first.size, second.size) == (second.nonce, 1, 6)
    assert second.gas_price >= first.gas_price * 1.15
    anvil_hospital.rpc("evm_mine")
    assert worker.tick().action is Action.ANCHORED
    assert batch(anvil_hospital, 1).tx_hash == second.tx_hash
    assert worker.drain(10)
    anvil_hospital.check_exactly_once()


def test_when_the_older_attempt_is_mined_the_newer_entries_wait_again(anvil_hospital: Any) -> None:
    anvil_hospital.rpc("evm_setAutomine", False)
    registry = Watched(anvil_hospital.registry())
    worker = anvil_hospital.anchorer(registry=registry, replace_after_seconds=60.0)
    worker.tick(force=True)
    anvil_hospital.append(5)
    anvil_hospital.clock.pass_seconds(61)
    registry.swallow = True
    assert worker.tick().action is Action.REPLACED
    anvil_hospital.rpc("evm_mine")
    assert worker.tick().action is Action.ANCHORED
    assert batch(anvil_hospital, 1).size == 1
    assert anvil_hospital.store.pending(anvil_hospital.registrar).first == 1
    anvil_hospital.rpc("evm_setAutomine", True)
    assert anvil_hospital.anchorer().drain(10)
    anvil_hospital.check_exactly_once()


def test_a_transaction_that_the_node_forgot_is_sent_again_with_the_same_bytes(anvil_hospital: Any) -> None:
    anvil_hospital.rpc("evm_setAutomine", False)
    worker = anvil_hospital.anchorer()
    worker.tick(force=True)
    sent = batch(anvil_hospital, 1).attempts[0].tx_hash
    anvil_hospital.rpc("anvil_dropTransaction", sent)
    anvil_hospital.clock.pass_seconds(15)
    assert worker.tick().action is Action.WAITING
    anvil_hospital.rpc("evm_mine")
    assert worker.tick().action is Action.ANCHORED
    assert batch(anvil_hospital, 1).tx_hash == sent


def test_a_reverted_transaction_blocks_with_the_reason_and_is_signed_anew_when_that_is_gone(
    anvil_hospital: Any,
) -> None:
    anvil_hospital.rpc("evm_setAutomine", False)
    worker = anvil_hospital.anchorer()
    worker.tick(force=True)
    sent = batch(anvil_hospital, 1).attempts[0]
    anvil_hospital.rpc("anvil_dropTransaction", sent.tx_hash)
    anvil_hospital.rpc("evm_setAutomine", True)
    anvil_hospital.directory.set_status(anvil_hospital.registrar, "suspended")
    anvil_hospital.rpc("eth_sendRawTransaction", "0x" + sent.raw.hex())
    assert "reverted: the registrar is suspended" in worker.tick().detail
    anvil_hospital.directory.set_status(anvil_hospital.registrar, "active")
    assert worker.tick().action is Action.BLOCKED, "not paid for twice within a minute"
    anvil_hospital.clock.pass_seconds(61)
    assert worker.tick().action is Action.SENT
    assert worker.drain(10)
    anvil_hospital.check_exactly_once()


def test_a_head_whose_block_leaves_the_chain_is_sent_again(anvil_hospital: Any) -> None:
    before = anvil_hospital.rpc("evm_snapshot")
    assert anvil_hospital.anchorer(confirmations=5).drain(10)
    anvil_hospital.append(3)
    assert anvil_hospital.anchorer(confirmations=5).drain(10)
    lost = [batch(anvil_hospital, sequence).tx_hash for sequence in (1, 2)]
    assert anvil_hospital.rpc("evm_revert", before)
    anvil_hospital.append(1)
    assert anvil_hospital.anchorer(confirmations=5).drain(10)
    assert [batch(anvil_hospital, sequence).tx_hash for sequence in (1, 2)] == lost
    anvil_hospital.check_exactly_once()


def test_a_replacement_that_the_node_refuses_is_forgotten_and_tried_again_later(anvil_hospital: Any) -> None:
    anvil_hospital.rpc("evm_setAutomine", False)
    registry = Watched(anvil_hospital.registry())
    worker = anvil_hospital.anchorer(registry=registry, replace_after_seconds=60.0)
    worker.tick(force=True)
    anvil_hospital.append(5)
    registry.refuse = "replacement transaction underpriced"
    anvil_hospital.clock.pass_seconds(61)
    assert worker.tick().action is Action.WAITING
    assert [attempt.size for attempt in batch(anvil_hospital, 1).attempts] == [1]
    assert anvil_hospital.store.pending(anvil_hospital.registrar).first == 1
    registry.refuse = None
    assert worker.tick().action is Action.WAITING, "not before the time has passed again"
    anvil_hospital.clock.pass_seconds(61)
    assert worker.tick().action is Action.REPLACED
    anvil_hospital.rpc("evm_mine")
    anvil_hospital.rpc("evm_setAutomine", True)
    assert worker.drain(10)
    anvil_hospital.check_exactly_once()


def test_a_chain_without_blocks_does_not_drive_the_price_up_for_ever(anvil_hospital: Any) -> None:
    anvil_hospital.rpc("evm_setAutomine", False)
    worker = anvil_hospital.anchorer(replace_after_seconds=60.0, fee_bump_percent=100)
    worker.tick(force=True)
    for _ in range(8):
        anvil_hospital.clock.pass_seconds(61)
        worker.tick()
    prices = [attempt.gas_price for attempt in batch(anvil_hospital, 1).attempts]
    assert len(prices) == 4 and prices[-1] <= 10 * prices[0]


def test_one_transaction_carries_as_many_leaves_as_the_registry_says(anvil_hospital: Any) -> None:
    most = anvil_hospital.registry().max_leaves()
    anvil_hospital.append(most + 100)
    assert anvil_hospital.anchorer(max_entries=100_000).drain(60)
    assert [batch(anvil_hospital, sequence).size for sequence in (1, 2)] == [most, most + 101]
    anvil_hospital.check_exactly_once()
