"""How a ledger runs, asked of a real one: queues, heads, chain, senders, cost; blocks and transactions live."""

from __future__ import annotations

import secrets
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from ledger.chain.deploy import Directory
from ledger.chain.keys import load_or_create_sender_key
from ledger.chain.transactions import address_of
from ledger.core.onchain import SenderEntry
from ledger.errors import NotFound
from ledger.indexing import Indexer
from ledger.operations import Operations
from ledger.working import worker_lock


def status(hospital: Any) -> Any:
    return hospital.service.operations.status()


def log_of(hospital: Any) -> Any:
    (log,) = status(hospital).logs
    return log


def test_a_ledger_with_nothing_waiting_has_equal_heads_and_a_cost_an_image(hospital: Any) -> None:
    hospital.anchored(hospital.picture(1))
    found, head = status(hospital), hospital.service.registry.head(hospital.service.parts.registrar.id)
    (log,) = found.logs
    assert (log.comparison, log.log_size, log.states) == ("equal", 2, {"final": 2})
    assert (log.head_sequence, log.head_size, log.head_root, log.log_root) == (1, 2, head.root.hex(), head.root.hex())
    assert log.oldest_id is None
    (cost,) = found.recent
    assert cost.gas_per_entry == cost.gas_used / 2
    assert Decimal(cost.ether_per_entry) * 2 == pytest.approx(Decimal(cost.ether))


def test_the_images_of_a_batch_are_counted_without_statements(hospital: Any) -> None:
    first = hospital.register(hospital.picture(1))
    hospital.register(hospital.picture(2))
    hospital.say("revoke", first)
    assert hospital.service.anchor_pending(60)
    (cost,) = status(hospital).recent
    assert (cost.entries, cost.images) == (4, 2)  # the others are the genesis entry and the statement


def test_the_cost_is_what_the_chain_took_from_the_sender(hospital: Any) -> None:
    before = Decimal(status(hospital).sender.balance_ether)
    hospital.anchored(hospital.picture(1))
    found = status(hospital)
    assert before - Decimal(found.sender.balance_ether) == Decimal(found.recent[0].ether)


def test_what_waits_is_counted_and_the_oldest_is_named(hospital: Any) -> None:
    hospital.anchored(hospital.picture(1))
    second = hospital.register(hospital.picture(2))
    hospital.register(hospital.picture(3))
    log = log_of(hospital)
    assert (log.comparison, log.states) == ("ahead", {"final": 2, "sequenced": 2})
    assert (log.oldest_id, log.oldest_index) == (second.registration_id, 2)
    assert log.oldest_time == second.registered_at
    assert 0 <= log.oldest_seconds < 60
    assert (log.last_hour, log.last_day) == (4, 4)


def test_records_that_were_changed_or_removed_are_told_apart(hospital: Any) -> None:
    hospital.anchored(hospital.picture(1))
    hospital.edit_database("UPDATE log_entry SET body = CAST(replace(body, 'register', 'registex') AS BLOB)")
    hospital.restart()
    assert log_of(hospital).comparison == "differs"
    for table in ("image_digest", "image_trace", "image"):
        hospital.edit_database(f"DELETE FROM {table}")
    hospital.edit_database("DELETE FROM log_entry WHERE position = 1")
    hospital.restart()
    log = log_of(hospital)
    assert (log.comparison, log.log_root) == ("short", None)


def test_a_chain_that_is_down_leaves_the_rest_of_the_answer(remote_hospital: Any, remote_chain: Any) -> None:
    remote_hospital.anchored(remote_hospital.picture(1))
    remote_chain.stop()
    found = status(remote_hospital)
    assert (found.chain.code, found.chain.height, found.sender) == ("chain_unreachable", None, None)
    (log,) = found.logs
    assert (log.comparison, log.log_size, log.states) == ("unknown", 2, {"final": 2})
    assert found.recent[0].gas_used > 0


def test_a_batch_that_is_blocked_stands_with_its_reason(hospital: Any) -> None:
    hospital.anchored(hospital.picture(1))
    changed = hospital.edit_database("UPDATE batch SET state = 'blocked', reason = 'no ether' WHERE sequence = 1")
    assert changed == 1
    log = log_of(hospital)
    assert log.states == {"blocked": 2}
    assert [(batch.state, batch.reason) for batch in log.unsettled] == [("blocked", "no ether")]
    assert log.oldest_index == 0


def test_a_worker_is_seen_by_the_lock_of_the_folder(hospital: Any) -> None:
    hospital.anchored(hospital.picture(1))  # so that nothing waits, however long the tests before this one took
    assert status(hospital).worker == "absent"
    with worker_lock(hospital.folder.worker_lock) as mine:
        assert mine
        assert status(hospital).worker == "running"


def test_a_worker_is_late_when_an_entry_waits_longer_than_it_should(hospital: Any) -> None:
    parts = hospital.service.parts
    later = hospital.register(hospital.picture(1)).registered_at + timedelta(minutes=5)
    asked = Operations(parts.store, parts.registry, hospital.service.trees, lambda: later, lambda: True)
    assert asked.status().worker == "late"


def test_rotated_senders_are_listed_with_their_times(hospital: Any) -> None:
    parts, new = hospital.service.parts, address_of(secrets.token_bytes(31) + b"\1")
    admin = load_or_create_sender_key(hospital.folder.keys / "admin.key")
    directory = Directory(parts.registry._rpc._provider, parts.deployment, admin)
    directory.add_sender(parts.registrar.id, new)
    directory.retire_sender(new)
    Indexer(parts.store, parts.registry, first_block=parts.deployment.block_number).catch_up()
    found = {one.address: one for one in log_of(hospital).senders}
    assert set(found) == {new, parts.registry.sender}
    assert found[new].retired_at is not None
    own = found[parts.registry.sender]
    assert (own.own, own.retired_at) == (True, None)


def test_a_stranger_is_no_sender(hospital: Any) -> None:
    address = "0x" + "11" * 20
    assert hospital.service.registry.sender_entry(address) == SenderEntry(address, None, 0, 0)


def test_a_block_names_its_parent_and_the_transaction_in_it(hospital: Any) -> None:
    anchor = hospital.anchored(hospital.picture(1)).anchor
    block = hospital.service.operations.block(anchor.block_number)
    assert (block.hash, block.transactions) == (anchor.block_hash, [anchor.transaction])
    assert block.parent == hospital.service.registry.block(anchor.block_number - 1).hash
    assert (block.gas_used, block.confirmations) == (anchor.gas_used, 1)


def test_a_transaction_is_decoded_to_the_head_and_the_images_of_the_batch(hospital: Any) -> None:
    made = hospital.anchored(hospital.picture(1))
    found = hospital.service.operations.transaction(made.anchor.transaction)
    assert (found.status, found.block_number, found.gas_used) == (
        "succeeded",
        made.anchor.block_number,
        made.anchor.gas_used,
    )
    assert (found.call.name, found.call.figures) == ("register", {"sequence": 1, "size": 0, "peaks": 0, "leaves": 2})
    head, *images = found.events
    root = hospital.service.registry.head(made.registrar).root
    assert (head.name, head.figures["size"], head.figures["root"]) == ("HeadAdvanced", 2, "0x" + root.hex())
    leaves = hospital.service.store.leaves(made.registrar)
    assert [(one.figures["index"], one.figures["leaf"]) for one in images] == [
        (at, "0x" + leaf.hex()) for at, leaf in enumerate(leaves)
    ]


def test_a_deployment_is_a_transaction_to_nobody_and_calls_nothing(hospital: Any) -> None:
    found = hospital.service.operations.transaction(hospital.service.parts.deployment.transaction)
    assert (found.recipient, found.call, found.status) == (None, None, "succeeded")
    assert {event.name for event in found.events} == {"RoleGranted"}


def test_what_the_chain_does_not_have_is_not_found(hospital: Any) -> None:
    with pytest.raises(NotFound, match="number 999"):
        hospital.service.operations.block(999)
    with pytest.raises(NotFound, match="transaction"):
        hospital.service.operations.transaction("0x" + "ab" * 32)
