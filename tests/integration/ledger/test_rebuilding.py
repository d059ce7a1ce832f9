"""The rebuild: an equal index when nothing is wrong, a whole one when something was, nothing on its way forgotten."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.core.model import BatchState
from ledger.errors import StoreUnavailable
from ledger.indexing import Indexer
from ledger.working import Worker


def open_batch(hospital: Any) -> Any:
    """One batch whose transaction is signed and stored, and not in any block: the node does not take it."""
    registry = hospital.service.parts.registry
    taken, registry.broadcast = registry.broadcast, lambda _raw: None
    Worker(hospital.service).step(force=True)
    registry.broadcast = taken
    [batch] = hospital.service.store.batches(open_only=True)
    assert batch.state is BatchState.BROADCAST
    return batch


def test_a_rebuilt_index_is_equal_to_the_old_one(hospital: Any) -> None:
    hospital.anchored(hospital.capture())
    hospital.anchored(hospital.picture())
    hospital.register(hospital.picture(5))
    before = hospital.service.history()
    report = hospital.service.rebuild()
    assert (report.equal, report.differences, report.heads) == (True, [], 2)
    assert hospital.service.history() == before
    assert hospital.service.anchor_pending(60)


@pytest.mark.parametrize("loss", ["batch", "chain_event", "outbox"])
def test_a_lost_part_of_the_index_is_named_and_made_again(hospital: Any, loss: str) -> None:
    registration = hospital.anchored(hospital.capture())
    waiting = hospital.register(hospital.picture())
    if loss == "batch":
        hospital.edit_database("DELETE FROM attempt")
    hospital.edit_database(f"DELETE FROM {loss}")
    report = hospital.service.rebuild()
    assert not report.equal
    assert report.differences
    assert hospital.service.rebuild().equal
    assert hospital.service.registration(registration.registration_id).state == "final"
    assert hospital.service.anchor_pending(60)
    assert hospital.service.registration(waiting.registration_id).state == "final"


def test_one_lost_row_of_the_outbox_is_named_and_waits_again(hospital: Any) -> None:
    for seed in range(3):
        hospital.register(hospital.picture(seed))
    assert hospital.edit_database("DELETE FROM outbox WHERE position = 2") == 1
    assert not hospital.service.rebuild().equal
    assert hospital.service.rebuild().equal


def test_an_index_that_is_behind_the_chain_is_equal_and_caught_up(hospital: Any, monkeypatch: Any) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Indexer, "catch_up", lambda _self: 0)
        hospital.anchored(hospital.capture())
    assert hospital.service.rebuild().differences == []
    assert hospital.service.audit().consistent


def test_a_batch_on_its_way_stays_with_what_was_signed_and_the_index_is_equal(hospital: Any) -> None:
    hospital.anchored(hospital.capture())
    hospital.register(hospital.picture())
    batch = open_batch(hospital)
    report = hospital.service.rebuild()
    assert (report.equal, report.differences) == (True, [])
    assert hospital.service.store.batches(open_only=True) == [batch]
    assert hospital.service.store.pending(batch.registrar) is None
    assert hospital.service.anchor_pending(60)
    assert [attempt.tx_hash for attempt in batch.attempts] == [hospital.service.store.batches()[0].tx_hash]


def test_a_blocked_batch_stays_blocked_and_the_index_is_equal(hospital: Any) -> None:
    hospital.register(hospital.picture())
    batch = open_batch(hospital)
    hospital.edit_database("UPDATE batch SET state = 'blocked', reason = 'no funds'")
    assert hospital.service.rebuild().equal
    [kept] = hospital.service.store.batches(open_only=True)
    assert (kept.state, kept.reason, kept.attempts) == (BatchState.BLOCKED, "no funds", batch.attempts)


def test_a_batch_that_was_mined_unseen_is_settled_and_the_index_is_equal(hospital: Any) -> None:
    hospital.register(hospital.capture())
    batch = open_batch(hospital)
    hospital.service.parts.registry.broadcast(batch.attempts[0].raw)
    report = hospital.service.rebuild()
    assert (report.equal, report.differences) == (True, [])
    [settled] = hospital.service.store.batches()
    assert (settled.state, settled.attempts) == (BatchState.FINAL, batch.attempts)
    assert hospital.service.store.pending(batch.registrar) is None


def test_what_was_urgent_stays_urgent(hospital: Any) -> None:
    hospital.service.register(hospital.picture(), urgent=True)
    assert hospital.service.rebuild().equal
    assert hospital.service.store.pending(hospital.service.parts.registrar.id).urgent


@pytest.mark.parametrize(
    "edit",
    [
        "UPDATE batch SET state = 'lost'",
        "UPDATE batch SET size = 'many'",
        "UPDATE chain_event SET log_index = 'x' WHERE name = 'HeadAdvanced'",
        "UPDATE cursor SET number = 'x'",
        "UPDATE attempt SET created_at = 'x', raw = 'x'",
    ],
)
def test_an_index_that_cannot_be_read_is_named_and_made_again(hospital: Any, edit: str) -> None:
    hospital.anchored(hospital.capture())
    assert hospital.edit_database(edit) >= 1
    report = hospital.service.rebuild()
    assert not report.equal
    assert hospital.service.rebuild().equal
    assert hospital.service.audit().consistent


def test_a_record_that_cannot_be_read_is_an_error_with_advice_and_changes_nothing(hospital: Any) -> None:
    hospital.anchored(hospital.capture())
    before = hospital.service.store.batches()
    hospital.edit_database("UPDATE log SET size = 'x'")
    with pytest.raises(StoreUnavailable, match=r"log\.size"):
        hospital.service.rebuild()
    assert hospital.service.store.batches() == before
