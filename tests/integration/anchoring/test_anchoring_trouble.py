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
from ledger.chain.deploy import fund
from ledger.chain.transactions import address_of
from ledger.core.model import BatchState
from ledger.errors import ChainMismatch, ChainRejected, ChainUnreachable, SettingsError


class Watched:
    """A registry that counts signatures."""

    def __init__(self, registry: Web3Registry) -> None:
        self._registry = registry
        self.signed = 0

    def __getattr__(self, name: str) -> Any:
        self.signed += name.startswith("sign_")
        return getattr(self._registry, name)


def batch(hospital: Any, sequence: int) -> Any:
    return hospital.store.batch(hospital.registrar, sequence)


def fund_from_admin(hospital: Any, address: str) -> None:
    admin = bytes.fromhex("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80")
    fund(hospital.provider, admin, address, 10**18)


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

    registry.broadcast = lost
    with pytest.raises(ChainUnreachable):
        local_hospital.anchorer(registry=registry).tick(force=True)
    assert batch(local_hospital, 1).state is BatchState.PREPARED
    assert local_hospital.anchorer().tick().action is Action.ANCHORED
    local_hospital.check_exactly_once()


def test_the_bytes_are_stored_before_they_are_sent(local_hospital: Any) -> None:
    registry, seen = Watched(local_hospital.registry()), []

    def look(raw: bytes) -> None:
        seen.append([attempt.raw for attempt in batch(local_hospital, 1).attempts] == [raw])
        local_hospital.registry().broadcast(raw)

    registry.broadcast = look
    assert local_hospital.anchorer(registry=registry).drain(10)
    assert seen == [True]


def test_after_a_restart_the_stored_bytes_are_sent_and_nothing_new_is_signed(local_hospital: Any) -> None:
    registry = Watched(local_hospital.registry())

    def unheard(raw: bytes) -> None:
        raise ChainUnreachable("gone before the bytes arrived")

    registry.broadcast = unheard
    with pytest.raises(ChainUnreachable):
        local_hospital.anchorer(registry=registry).tick(force=True)
    stored = batch(local_hospital, 1).attempts
    again = Watched(local_hospital.registry())
    assert local_hospital.anchorer(registry=again).drain(10)
    assert again.signed == 0 and batch(local_hospital, 1).tx_hash == stored[0].tx_hash


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


def test_two_workers_on_one_log_do_no_harm(local_hospital: Any, tmp_path: Path) -> None:
    first, second = local_hospital.anchorer(max_entries=4), local_hospital.anchorer(max_entries=3)
    local_hospital.append(20)
    for _ in range(12):
        first.tick(force=True)
        second.tick(force=True)
    assert first.drain(10) and second.drain(10)
    local_hospital.check_exactly_once()


class Overtaken:
    """A registry in front of which another transaction of ours is mined just before the first signature."""

    def __init__(self, hospital: Any) -> None:
        self._registry, self._hospital, self._first = hospital.registry(), hospital, True

    def __getattr__(self, name: str) -> Any:
        if name.startswith("sign_") and self._first:
            self._first = False
            assert self._hospital.anchorer().drain(20)
        return getattr(self._registry, name)


def test_a_head_that_moves_during_the_signing_is_no_obstacle(
    start_testnet: Callable[..., Any], hospital_on: Callable[..., Any]
) -> None:
    hospital = hospital_on(start_testnet().url)
    worker = hospital.anchorer(registry=Overtaken(hospital))
    assert worker.tick(force=True).action is Action.WAITING
    assert worker.drain(20)
    assert batch(hospital, 1).state is BatchState.FINAL
    hospital.check_exactly_once()
