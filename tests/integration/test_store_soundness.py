"""What the store finds wrong in itself, and what a replaced index keeps, on both databases."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, update

from ledger.core.model import BatchState
from ledger.store import SqlStore
from ledger.store.models import IMAGE, OUTBOX


def codes(store: SqlStore) -> list[tuple[str, int | None]]:
    return [(fault.code, fault.index) for fault in store.faults()]


def test_a_store_that_was_only_written_by_its_methods_has_no_faults(store: SqlStore, maker: Any) -> None:
    log = maker.log(store, images=5)
    assert codes(store) == []
    store.save_batch(maker.batch(log, 1, 0, 2, state=BatchState.ANCHORED, attempts=(maker.attempt(0, 2),)))
    store.save_batch(maker.batch(log, 2, 2, 4, attempts=(maker.attempt(1, 4),)))
    store.save_events([maker.advanced(maker.block(8), 0, log, 1, 2)], maker.block(8))
    assert codes(store) == []


def test_an_entry_in_no_batch_and_not_on_the_outbox_is_a_fault(store: SqlStore, maker: Any) -> None:
    log = maker.log(store, images=3)
    store.save_batch(maker.batch(log, 1, 0, 2))
    with store.write() as connection:
        connection.execute(delete(OUTBOX).where(OUTBOX.c.position == 3))
    assert codes(store) == [("outbox_missing", 3)]


def test_a_copy_of_a_digest_that_differs_is_a_fault(store: SqlStore, maker: Any) -> None:
    maker.log(store, images=1)
    with store.write() as connection:
        connection.execute(update(IMAGE).values(file_digest="sha256:" + "0" * 64))
    assert codes(store) == [("record_differs", None)]


def test_registrations_are_read_many_at_a_time(store: SqlStore, maker: Any) -> None:
    log = maker.log(store, images=4)
    entries = list(store.entries(log))
    found = store.registrations([entry.id for entry in entries])
    assert [registration.entry for registration in found] == entries[1:]
    assert store.registrations([]) == []


def test_a_replaced_index_keeps_what_is_on_its_way_above_it(store: SqlStore, maker: Any) -> None:
    log = maker.log(store, images=5)
    final = maker.batch(log, 1, 0, 2, state=BatchState.FINAL)
    moving = maker.batch(log, 2, 2, 4, state=BatchState.BROADCAST, attempts=(maker.attempt(1, 4),))
    store.save_batch(moving)
    store.replace_index([final], [], maker.block(3))
    assert store.batch(log, 2) == moving
    left = store.pending(log)
    assert left is not None
    assert (left.first, left.size) == (4, 6)


def test_a_replaced_index_drops_what_the_chain_has_under_the_same_sequence(store: SqlStore, maker: Any) -> None:
    log = maker.log(store, images=5)
    store.save_batch(maker.batch(log, 1, 0, 6, state=BatchState.BROADCAST, attempts=(maker.attempt(1, 6),)))
    final = maker.batch(log, 1, 0, 2, state=BatchState.FINAL)
    store.replace_index([final], [], maker.block(3))
    assert store.batches() == [final]
    left = store.pending(log)
    assert left is not None
    assert (left.first, left.size) == (2, 6)


def test_a_replaced_index_keeps_what_was_anchored_after_the_chain_was_read(store: SqlStore, maker: Any) -> None:
    log = maker.log(store, images=5)
    final = maker.batch(log, 1, 0, 2, state=BatchState.FINAL)
    later = maker.batch(log, 2, 2, 4, state=BatchState.ANCHORED, block_number=4, attempts=(maker.attempt(1, 4),))
    store.save_batch(later)
    store.replace_index([final], [], maker.block(3))
    assert store.batch(log, 2) == later
    store.replace_index([final], [], maker.block(4))
    assert store.batch(log, 2) is None
