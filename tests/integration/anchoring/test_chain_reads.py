"""What is read of the contract, over each kind of node: directory, roots, events, evidence."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest
import rlp
from eth_utils import keccak
from trie import HexaryTrie

from contracts import load_artifact
from ledger.chain.abi import interface
from ledger.chain.deploy import name_hash
from ledger.chain.evidence import header
from ledger.chain.rpc import Rpc
from ledger.chain.transactions import address_of
from ledger.core.ethproof import verify_anchor
from ledger.errors import ChainRejected, ChainUnreachable, Conflict, SettingsError
from ledger.indexing import Indexer


def test_evidence_leads_from_the_block_hash_to_the_root_by_another_implementation(hospital: Any) -> None:
    hospital.append(9)
    assert hospital.anchorer(max_entries=4).drain(20)
    registry, batch = hospital.registry(), hospital.store.batch(hospital.registrar, 2)
    block = registry.block(batch.block_number)
    evidence = registry.evidence(hospital.registrar, 2, batch.tx_hash, block)
    assert "0x" + keccak(evidence.header).hex() == block.hash
    fields = rlp.decode(evidence.header)
    account = HexaryTrie.get_from_proof(
        fields[3], keccak(bytes.fromhex(evidence.contract[2:])), [rlp.decode(node) for node in evidence.account_proof]
    )
    inner = keccak(bytes.fromhex(hospital.registrar) + load_artifact().storage["_roots"].to_bytes(32, "big"))
    slot = keccak((2).to_bytes(32, "big") + inner)
    nodes = [rlp.decode(node) for node in evidence.storage_proof]
    stored = HexaryTrie.get_from_proof(rlp.decode(account)[2], keccak(slot), nodes)
    assert rlp.decode(stored).rjust(32, b"\0") == batch.root == registry.root_at(hospital.registrar, 2)
    facts = verify_anchor(evidence, hospital.registrar, interface().roots_slot, batch.root)
    assert (facts.number, facts.timestamp) == (block.number, block.time)


def test_evidence_of_a_block_that_the_node_does_not_know_is_refused(hospital: Any) -> None:
    assert hospital.anchorer().drain(10)
    registry = hospital.registry()
    odd = replace(registry.block(), hash="0x" + "99" * 32)
    with pytest.raises(ChainUnreachable, match="does not know block 0x9999"):
        registry.evidence(hospital.registrar, 1, "0x", odd)


def test_a_header_with_another_hash_is_refused_and_named(local_hospital: Any) -> None:
    class Lying(Rpc):
        def attempt(self, method: str, *params: Any) -> Any:
            result, refusal = super().attempt(method, *params)
            if method == "eth_getBlockByHash":
                result = {**result, "gasUsed": "0x1234"}
            if method == "debug_getRawHeader":
                return None, {"code": -32601, "message": "no such method"}
            return result, refusal

    block = local_hospital.registry().block()
    with pytest.raises(ChainUnreachable, match=f"header of block {hex(block.number)} .* expected {block.hash}"):
        header(Lying(local_hospital.provider), block.hash)


def test_the_directory_answers_as_it_was_written(hospital: Any) -> None:
    directory, registry = hospital.directory, hospital.registry()
    entry = registry.directory(hospital.registrar)
    assert (entry.status, entry.name_hash, entry.compromised_since) == ("active", name_hash("Test Hospital"), 0)
    assert registry.registrar_of(registry.sender) == hospital.registrar
    assert registry.directory("77" * 32).status == "unknown" and registry.registrar_of("0x" + "77" * 20) is None
    directory.mark_compromised(hospital.registrar, entry.added_at)
    assert registry.directory(hospital.registrar).compromised_since == entry.added_at
    directory.retire_sender(registry.sender)
    assert registry.registrar_of(registry.sender) is None
    directory.set_status(hospital.registrar, "retired")
    assert registry.directory(hospital.registrar).status == "retired"


def test_directory_changes_can_be_repeated(local_hospital: Any) -> None:
    directory, sender = local_hospital.directory, address_of(local_hospital.key)
    before = local_hospital.registry().block().number
    directory.add_registrar(local_hospital.registrar, "Test Hospital", sender)
    directory.set_status(local_hospital.registrar, "active")
    directory.add_sender(local_hospital.registrar, sender)
    assert local_hospital.registry().block().number == before, "nothing was to be done"
    with pytest.raises(Conflict, match="another name"):
        directory.add_registrar(local_hospital.registrar, "Other Hospital", sender)


def test_a_refused_change_names_the_contracts_error(hospital: Any) -> None:
    with pytest.raises(ChainRejected, match=r"UnknownRegistrar\(registrar=0x7777"):
        hospital.directory.set_status("77" * 32, "suspended")
    with pytest.raises(SettingsError, match="expected a status"):
        hospital.directory.set_status(hospital.registrar, "asleep")


def test_events_are_the_log_and_five_hundred_are_read_quickly(hospital: Any) -> None:
    hospital.append(499)
    assert hospital.anchorer().drain(30)
    registry = hospital.registry()
    newest = registry.block().number
    fastest = min(_timed(lambda: registry.events(0, newest)) for _ in range(3))
    events = [event for event in registry.events(0, newest) if event.name == "ImageRegistered"]
    assert [(event.index, event.leaf) for event in events] == list(enumerate(hospital.store.leaves(hospital.registrar)))
    assert {event.block.time for event in events} == {registry.block(events[0].block.number).time}
    assert fastest < 1.0, "about 0.04 s on a free machine"


def _timed(work: Any) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def test_a_result_is_read_again_only_while_its_block_stands(local_hospital: Any) -> None:
    assert local_hospital.anchorer().drain(10)
    registry, batch = local_hospital.registry(), local_hospital.store.batch(local_hospital.registrar, 1)
    first = registry.result(batch.tx_hash)
    assert first.succeeded and first.sender == registry.sender and first.gas_used == batch.gas_used
    assert registry.result(batch.tx_hash) is first
    assert registry.result("0x" + "12" * 32) is None


def test_the_index_holds_each_event_once_and_goes_on_where_it_stopped(hospital: Any) -> None:
    indexer = Indexer(hospital.store, hospital.registry(), first_block=hospital.deployment.block_number)
    for count in (3, 4):
        hospital.append(count)
        assert hospital.anchorer().drain(10)
        assert indexer.catch_up() > count and indexer.catch_up() == 0
    events = list(hospital.store.events(hospital.registrar))
    leaves = [event.leaf for event in events if event.name == "ImageRegistered"]
    assert leaves == hospital.store.leaves(hospital.registrar)
    assert hospital.store.cursor() == hospital.registry().block()


@pytest.mark.needs_anvil
def test_the_index_follows_a_reorganisation(anvil_hospital: Any) -> None:
    indexer = Indexer(anvil_hospital.store, anvil_hospital.registry())
    assert anvil_hospital.anchorer().drain(10)
    indexer.catch_up()
    before = anvil_hospital.rpc("evm_snapshot")
    anvil_hospital.append(5)
    assert anvil_hospital.anchorer().drain(10)
    indexer.catch_up()
    lost = {event.block.hash for event in anvil_hospital.store.events(anvil_hospital.registrar) if event.index == 3}
    anvil_hospital.rpc("evm_revert", before)
    anvil_hospital.rpc("evm_increaseTime", 100)
    for _ in range(3):
        anvil_hospital.rpc("evm_mine")
    indexer.catch_up()
    events = list(anvil_hospital.store.events(anvil_hospital.registrar))
    assert lost and not lost & {event.block.hash for event in events}
    assert [event.index for event in events if event.name == "ImageRegistered"] == [0]
    assert anvil_hospital.store.cursor() == anvil_hospital.registry().block()
