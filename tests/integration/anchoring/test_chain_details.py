"""Blocks and transactions in full, from the embedded chain and from anvil."""

from __future__ import annotations

from typing import Any

from ledger.chain.details import decode_call, decode_log
from ledger.core.onchain import EventDetails


def anchored(hospital: Any, count: int, **policy: Any) -> str:
    """The hash of the transaction that anchored ``count`` new entries."""
    hospital.append(count, urgent=True)
    worker = hospital.anchorer(max_seconds=0, **policy)
    for _ in range(20):
        worker.tick()
    batch = hospital.store.batches(hospital.registrar)[0]
    assert batch.tx_hash is not None
    return str(batch.tx_hash)


def test_a_register_transaction_says_its_leaves_and_each_event(hospital: Any) -> None:
    found = hospital.registry().transaction(anchored(hospital, 3))
    assert found.call is not None
    assert (found.call.name, found.call.figures["leaves"]) == ("register", 4)
    assert [event.name for event in found.events] == ["ImageRegistered"] * 4 + ["HeadAdvanced"]
    leaves = hospital.store.leaves(hospital.registrar)
    assert [event.figures["leaf"] for event in found.events[:4]] == ["0x" + leaf.hex() for leaf in leaves]
    assert (found.recipient, found.sender) == (hospital.registry().address, hospital.registry().sender)


def test_an_anchor_transaction_says_its_head_and_the_length_of_its_proof(hospital: Any) -> None:
    anchored(hospital, 2, mode="anchor")
    found = hospital.registry().transaction(anchored(hospital, 4, mode="anchor"))
    head = hospital.registry().head(hospital.registrar)
    assert found.call is not None
    # From 3 leaves to 7: the proof of RFC 9162's own example has four hashes (2.1.5).
    assert found.call.figures == {"sequence": 2, "size": 7, "root": "0x" + head.root.hex(), "proof": 4}
    (event,) = found.events
    assert event.figures["sequence"] == 2


def test_what_was_paid_is_gas_times_price(hospital: Any) -> None:
    registry = hospital.registry()
    before = registry.balance(registry.sender)
    found = registry.transaction(anchored(hospital, 1))
    assert found.gas_used is not None
    assert before - registry.balance(registry.sender) == found.gas_used * found.gas_price


def test_a_block_holds_the_transaction_and_leads_to_its_parent(hospital: Any) -> None:
    registry = hospital.registry()
    found = registry.transaction(anchored(hospital, 1))
    assert found.block is not None
    block = registry.block_details(found.block.number)
    assert found.tx_hash in block.transactions
    assert block.parent == registry.block(found.block.number - 1).hash
    assert block.gas_used <= block.gas_limit


def test_bytes_that_are_no_call_and_logs_that_are_no_event_are_said_to_be_unknown() -> None:
    assert decode_call(b"") is None
    assert decode_call(b"\1\2\3\4rest") is None
    topic = "0x" + "ee" * 32
    log = {"topics": [topic], "data": "0x", "logIndex": "0x3"}
    assert decode_log(log) == EventDetails("unknown", 3, {"topic": topic})
    assert decode_log({"topics": [], "data": "0x", "logIndex": "0x0"}).figures == {}
