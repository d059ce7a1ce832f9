"""Chain events, the cursor and rebuilding the index, over both databases."""

from __future__ import annotations

from typing import Any

from ledger.core.model import BatchState
from ledger.store import SqlStore


def test_events_come_back_equal_and_in_chain_order(store: SqlStore, maker: Any) -> None:
    one, two = maker.block(1), maker.block(2)
    events = [
        maker.advanced(two, 1, "r", 2, 4),
        maker.registered(two, 0, "r", 3, b"\x03" * 32),
        maker.registered(one, 10, "r", 1, b"\x01" * 32),
        maker.registered(one, 9, "r", 0, b"\x00" * 32),
    ]
    store.save_events([*events, maker.registered(one, 11, "another", 0, bytes(32))], two)
    assert list(store.events("r")) == events[::-1]
    assert store.cursor() == two


def test_events_saved_twice_are_kept_once(store: SqlStore, maker: Any) -> None:
    block = maker.block(1)
    events = [maker.registered(block, 0, "r", 0, bytes(32))]
    store.save_events(events, block)
    store.save_events(events, block)
    assert list(store.events("r")) == events


def test_a_scan_without_events_moves_the_cursor(store: SqlStore, maker: Any) -> None:
    assert store.cursor() is None
    for number in (5, 6):
        store.save_events([], maker.block(number))
        assert store.cursor() == maker.block(number)


def test_a_rewind_drops_what_is_above_the_ancestor(store: SqlStore, maker: Any) -> None:
    blocks = [maker.block(number) for number in (1, 2, 3)]
    store.save_events([maker.registered(block, 0, "r", at, bytes(32)) for at, block in enumerate(blocks)], blocks[2])
    store.rewind(blocks[0])
    assert [event.block for event in store.events("r")] == blocks[:1]
    assert store.cursor() == blocks[0]


def test_a_rewind_to_nothing_drops_all_events_and_the_cursor(store: SqlStore, maker: Any) -> None:
    store.save_events([maker.registered(maker.block(1), 0, "r", 0, bytes(32))], maker.block(1))
    store.rewind(None)
    assert list(store.events("r")) == []
    assert store.cursor() is None


def test_a_block_that_the_chain_returns_to_is_canonical_again(store: SqlStore, maker: Any) -> None:
    ancestor, ours, theirs = maker.block(1), maker.block(2), maker.block(2, fork="b")
    event = maker.registered(ours, 0, "r", 0, bytes(32))
    store.save_events([event], ours)
    store.rewind(ancestor)
    store.save_events([maker.registered(theirs, 0, "r", 0, bytes(32))], theirs)
    store.rewind(ancestor)
    store.save_events([event], ours)
    assert list(store.events("r")) == [event]


def test_a_replaced_index_is_the_new_one_and_what_no_batch_covers_waits(store: SqlStore, maker: Any) -> None:
    log, other = maker.log(store, images=5), maker.log(store, name="other")
    store.save_batch(maker.batch(log, 1, 0, 6, attempts=(maker.attempt(0, 6),)))
    store.save_events([maker.advanced(maker.block(8), 0, log, 1, 6)], maker.block(8))
    batch = maker.batch(log, 1, 0, 4, state=BatchState.FINAL, attempts=(maker.attempt(0, 4),))
    event = maker.advanced(maker.block(2), 0, log, 1, 4)
    store.replace_index([batch], [event], maker.block(3))
    assert store.batches() == [batch]
    assert list(store.events(log)) == [event]
    assert store.cursor() == maker.block(3)
    left, others = store.pending(log), store.pending(other)
    assert left is not None
    assert others is not None
    assert [(left.first, left.size), (others.first, others.size)] == [(4, 6), (0, 1)]


def test_a_replaced_index_leaves_entries_and_images_alone(store: SqlStore, maker: Any) -> None:
    log = maker.log(store, images=2)
    entries = list(store.entries(log))
    store.replace_index([], [], maker.block(1))
    assert list(store.entries(log)) == entries
    assert store.registration(entries[1].id) is not None
    left = store.pending(log)
    assert left is not None
    assert (left.first, left.size) == (0, 3)


def test_a_hundred_events_of_one_block_keep_their_order(store: SqlStore, maker: Any) -> None:
    block = maker.block(1)
    events = [maker.registered(block, at, "r", at, bytes([at]) * 32) for at in range(100)]
    store.save_events(events[::-1], block)
    assert list(store.events("r")) == events
