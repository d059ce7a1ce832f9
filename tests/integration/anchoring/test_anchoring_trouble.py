"""What goes wrong around the worker: outages, wrong chains, refused senders, forks, stuck transactions."""

from __future__ import annotations

import secrets
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from ledger.anchoring import Action
from ledger.chain.client import Web3Registry
from ledger.chain.transactions import address_of
from ledger.core.model import BatchState
from ledger.errors import ChainMismatch, ChainRejected, ChainUnreachable, SettingsError


class Watched:
    """A registry that counts signatures and may refuse, or swallow, what is broadcast."""

    def __init__(self, registry: Web3Registry) -> None:
        self._registry = registry
        self.signed = 0
        self.swallow = False

    def __getattr__(self, name: str) -> Any:
        self.signed += name.startswith("sign_")
        return getattr(self._registry, name)

    def broadcast(self, raw: bytes) -> None:
        if not self.swallow:
            self._registry.broadcast(raw)


def batch(hospital: Any, sequence: int) -> Any:
    return hospital.store.batch(hospital.registrar, sequence)


def test_a_stopped_chain_is_waited_out(start_testnet: Callable[..., Any], hospital_on: Callable[..., Any]) -> None:
    node = start_testnet()
    hospital = hospital_on(node.url)
    registry = hospital.registry()
    worker = hospital.anchorer(registry=registry)
    node.stop()
    with pytest.raises(ChainUnreachable, match="does not answer"):
        worker.tick(force=True)
    assert hospital.store.pending(hospital.registrar).first == 0
    stop = threading.Event()
    thread = threading.Thread(target=hospital.anchorer(registry=registry, max_seconds=0.0).run, args=[stop])
    thread.start()
    time.sleep(0.7)
    start_testnet(urlsplit(node.url).port)
    try:
        deadline = time.monotonic() + 20
        while (found := batch(hospital, 1)) is None or found.state is not BatchState.FINAL:
            assert thread.is_alive() and time.monotonic() < deadline
            time.sleep(0.1)
    finally:
        stop.set()
        thread.join(10)
    hospital.check_exactly_once()


def test_a_node_that_dies_after_the_broadcast_is_asked_again_not_sent_twice(local_hospital: Any) -> None:
    registry = Watched(local_hospital.registry())

    def lost(raw: bytes) -> None:
        local_hospital.registry().broadcast(raw)
        raise ChainUnreachable("the answer was lost")

    registry.broadcast = lost  # type: ignore[method-assign]
    with pytest.raises(ChainUnreachable):
        local_hospital.anchorer(registry=registry).tick(force=True)
    assert batch(local_hospital, 1).state is BatchState.PREPARED
    assert local_hospital.anchorer().tick().action is Action.ANCHORED
    local_hospital.check_exactly_once()


def test_another_chain_id_is_a_mismatch(local_hospital: Any) -> None:
    with pytest.raises(ChainMismatch, match="expected chain 7, the local chain serves chain 1337"):
        Web3Registry.connect(local_hospital.provider, chain_id=7, address=local_hospital.deployment.contract)


def test_an_address_without_a_contract_is_a_mismatch(local_hospital: Any) -> None:
    with pytest.raises(ChainMismatch, match="found none"):
        Web3Registry.connect(local_hospital.provider, chain_id=1337, address="0x" + "12" * 20)


def test_a_registry_without_a_key_only_reads(local_hospital: Any) -> None:
    at = {"chain_id": 1337, "address": local_hospital.deployment.contract}
    reader = Web3Registry.connect(local_hospital.provider, **at)
    assert reader.head(local_hospital.registrar).size == 0
    with pytest.raises(SettingsError, match="only read"):
        local_hospital.anchorer(registry=reader).tick(force=True)
    assert local_hospital.store.pending(local_hospital.registrar) is not None


def test_a_retired_sender_blocks_with_advice_and_a_new_one_goes_on(hospital: Any) -> None:
    assert hospital.anchorer().drain(10)
    hospital.append(3)
    hospital.directory.retire_sender(address_of(hospital.key))
    report = hospital.anchorer().tick(force=True)
    assert report.action is Action.BLOCKED and "add a sender" in report.detail
    assert batch(hospital, 2).state is BatchState.BLOCKED and not batch(hospital, 2).attempts
    with pytest.raises(ChainRejected, match="add a sender"):
        hospital.anchorer().drain(5)
    hospital.key = secrets.token_bytes(31) + b"\2"
    hospital.directory.add_sender(hospital.registrar, address_of(hospital.key))
    fund_from_admin(hospital, address_of(hospital.key))
    hospital.append(2)
    assert hospital.anchorer().drain(10)
    hospital.check_exactly_once()


def test_a_suspended_registrar_blocks_until_it_is_active_again(local_hospital: Any) -> None:
    local_hospital.directory.set_status(local_hospital.registrar, "suspended")
    worker = local_hospital.anchorer()
    assert "suspended" in worker.tick(force=True).detail
    local_hospital.directory.set_status(local_hospital.registrar, "active")
    assert worker.drain(10)
    local_hospital.check_exactly_once()


def test_a_sender_without_funds_blocks_and_the_same_bytes_go_once_it_is_funded(local_hospital: Any) -> None:
    local_hospital.key = secrets.token_bytes(31) + b"\3"
    local_hospital.directory.add_sender(local_hospital.registrar, address_of(local_hospital.key))
    report = local_hospital.anchorer().tick(force=True)
    assert report.action is Action.BLOCKED and "insufficient funds" in report.detail
    signed = batch(local_hospital, 1).attempts
    fund_from_admin(local_hospital, address_of(local_hospital.key))
    assert local_hospital.anchorer().drain(10)
    assert [a.tx_hash for a in signed] == [batch(local_hospital, 1).tx_hash]


def test_a_log_that_is_not_the_chains_is_never_signed(local_hospital: Any) -> None:
    backup = local_hospital.folder / "backup.db"
    local_hospital.store.close()
    shutil.copy(local_hospital.folder / "medseal.db", backup)
    local_hospital.append(4)
    assert local_hospital.anchorer().drain(10)
    other = type(local_hospital.store).open(f"sqlite:///{backup}")
    ours, local_hospital.store = local_hospital.store, other
    for count in (1, 9):
        local_hospital.append(count)
        registry = Watched(local_hospital.registry())
        report = local_hospital.anchorer(registry=registry).tick(force=True)
        assert report.action is Action.BLOCKED and "not a prefix" in report.detail
        assert registry.signed == 0
    other.close()
    local_hospital.store = ours
    local_hospital.check_exactly_once()


@pytest.mark.parametrize("mode", ["register", "anchor"])
def test_heads_that_the_store_forgot_are_taken_over_from_the_chain(local_hospital: Any, mode: str) -> None:
    """A restored backup of batches with the whole log: the chain's heads are adopted, none is sent again."""
    assert local_hospital.anchorer(mode=mode).drain(10)
    local_hospital.append(7)
    local_hospital.store.close()
    backup = local_hospital.folder / "backup.db"
    shutil.copy(local_hospital.folder / "medseal.db", backup)
    assert local_hospital.anchorer(mode=mode, max_entries=3).drain(10)
    local_hospital.store.close()
    shutil.copy(backup, local_hospital.folder / "medseal.db")
    for name in ("medseal.db-wal", "medseal.db-shm"):
        (local_hospital.folder / name).unlink(missing_ok=True)
    registry = Watched(local_hospital.registry())
    assert local_hospital.anchorer(mode=mode, registry=registry).drain(10)
    assert registry.signed == 0
    local_hospital.check_exactly_once(mode)
    assert batch(local_hospital, 2).mode == mode and batch(local_hospital, 2).gas_used > 21_000


@pytest.mark.needs_anvil
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


@pytest.mark.needs_anvil
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


@pytest.mark.needs_anvil
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


@pytest.mark.needs_anvil
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


@pytest.mark.needs_anvil
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


def fund_from_admin(hospital: Any, address: str) -> None:
    from ledger.chain.deploy import fund

    admin = bytes.fromhex("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80")
    fund(hospital.provider, admin, address, 10**18)


def test_two_workers_on_one_log_do_no_harm(local_hospital: Any, tmp_path: Path) -> None:
    first, second = local_hospital.anchorer(max_entries=4), local_hospital.anchorer(max_entries=3)
    local_hospital.append(20)
    for _ in range(12):
        first.tick(force=True)
        second.tick(force=True)
    assert first.drain(10) and second.drain(10)
    local_hospital.check_exactly_once()
