"""The outbox and batches, over both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from ledger.core.model import BatchState
from ledger.ports import Pending
from ledger.store import SqlStore


def test_pending_names_the_span_the_oldest_time_and_urgency(store: SqlStore, maker: Any) -> None:
    log = maker.log(store, images=2)
    oldest = next(iter(store.entries(log))).time
    assert store.pending(log) == Pending(0, 3, oldest, False)
    store.append(log, [maker.register("urgent")], urgent=True)
    assert store.pending(log) == Pending(0, 4, oldest, True)
    assert store.pending("unknown") is None


def test_a_saved_batch_takes_its_entries_off_the_outbox(store: SqlStore, maker: Any) -> None:
    log = maker.log(store, images=4)
    store.save_batch(maker.batch(log, 1, 0, 3))
    left = store.pending(log)
    assert left is not None
    assert (left.first, left.size) == (3, 5)
    store.save_batch(maker.batch(log, 2, 3, 5))
    assert store.pending(log) is None


def test_a_batch_reads_back_equal_with_all_its_attempts_in_order(store: SqlStore, maker: Any) -> None:
    log = maker.log(store, images=2)
    attempts = (maker.attempt(7, 2), replace(maker.attempt(7, 3, 2**40), broadcast_at=maker.now()))
    mined = {"tx_hash": attempts[1].tx_hash, "block_number": 9, "block_hash": "0x9", "block_time": 1, "gas_used": 2**40}
    batch = maker.batch(log, 1, 0, 3, state=BatchState.ANCHORED, attempts=attempts, reason="why", **mined)
    store.save_batch(batch)
    assert store.batch(log, 1) == batch
    assert store.batch(log, 2) is None


def test_saving_again_replaces_the_batch_and_its_attempts(store: SqlStore, maker: Any) -> None:
    log = maker.log(store, images=2)
    batch = maker.batch(log, 1, 0, 2, attempts=(maker.attempt(1, 2), maker.attempt(1, 2)))
    store.save_batch(batch)
    larger = replace(batch, size=3, state=BatchState.BROADCAST, attempts=(*batch.attempts, maker.attempt(1, 3)))
    store.save_batch(larger)
    assert store.batches(log) == [larger]
    assert store.pending(log) is None


def test_a_batch_that_shrinks_puts_what_it_held_back_on_the_outbox(store: SqlStore, maker: Any) -> None:
    log = maker.log(store, images=5)
    batch = maker.batch(log, 1, 0, 6)
    store.save_batch(batch)
    store.save_batch(replace(batch, size=2))
    left = store.pending(log)
    assert left is not None
    assert (left.first, left.size) == (2, 6)


def test_batch_of_answers_the_batch_around_an_index_and_none_while_it_waits(store: SqlStore, maker: Any) -> None:
    log = maker.log(store, images=5)
    first, second = maker.batch(log, 1, 0, 2), maker.batch(log, 2, 2, 4)
    store.save_batch(first)
    store.save_batch(second)
    assert [store.batch_of(log, index) for index in range(7)] == [first, first, second, second, None, None, None]


def test_restored_entries_wait_again_and_keep_their_urgency(store: SqlStore, maker: Any) -> None:
    log = maker.log(store, images=2)
    store.append(log, [maker.register("urgent")], urgent=True)
    store.save_batch(maker.batch(log, 1, 0, 3))
    store.restore_outbox(log, 1)
    left = store.pending(log)
    assert left is not None
    assert (left.first, left.size, left.urgent) == (1, 4, True)
    assert [store.batch_of(log, index) is None for index in range(4)] == [False, True, True, True]


def test_batches_of_one_log_leave_another_log_alone(store: SqlStore, maker: Any) -> None:
    one, two = maker.log(store, name="one"), maker.log(store, name="two")
    store.save_batch(maker.batch(one, 1, 0, 1))
    assert store.pending(one) is None
    assert store.pending(two) is not None
    assert store.batch(two, 1) is None


def test_batches_come_newest_first_and_open_ones_oldest_first(store: SqlStore, maker: Any) -> None:
    log = maker.log(store, images=4)
    states = (BatchState.FINAL, BatchState.ANCHORED, BatchState.BLOCKED, BatchState.BROADCAST, BatchState.PREPARED)
    for sequence, state in enumerate(states, start=1):
        store.save_batch(maker.batch(log, sequence, sequence - 1, sequence, state=state))
    assert [batch.sequence for batch in store.batches()] == [5, 4, 3, 2, 1]
    assert [batch.sequence for batch in store.batches(log, open_only=True)] == [2, 3, 4, 5]
    assert [batch.sequence for batch in store.batches(limit=2)] == [5, 4]
    assert store.batches("unknown") == []


def test_times_keep_their_microseconds(store: SqlStore, maker: Any) -> None:
    log = maker.log(store)
    batch = maker.batch(log, 1, 0, 1)
    exact = replace(batch, created_at=batch.created_at + timedelta(microseconds=123457))
    store.save_batch(exact)
    assert store.batch(log, 1) == exact
