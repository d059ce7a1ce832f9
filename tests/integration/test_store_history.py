"""History: filters, order, states and the chain's events, over both databases."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ledger.core.model import BatchState, State
from ledger.ports import HistoryFilter, HistoryRow
from ledger.store import SqlStore


def ids(rows: list[HistoryRow]) -> list[str]:
    return [row.entry.id for row in rows]


def indexes(store: SqlStore, **query: Any) -> list[int]:
    return [row.entry.index for row in store.history(HistoryFilter(**query))]


def test_history_is_newest_first_by_time_then_index(store: SqlStore, maker: Any) -> None:
    log = maker.log(store)
    moment = maker.now()
    store.append(log, [maker.register(at, time=moment) for at in range(3)])
    store.append(log, [maker.register("older", time=moment.replace(year=2020))])
    assert indexes(store) == [3, 2, 1, 0, 4]


def test_limit_and_offset_cut_a_page(store: SqlStore, maker: Any) -> None:
    maker.log(store, images=6)
    assert indexes(store, limit=2, offset=3) == [3, 2]
    assert indexes(store, offset=7) == []


def test_a_digest_finds_its_registrations_and_the_statements_about_them(store: SqlStore, maker: Any) -> None:
    log = maker.log(store, images=3)
    pixels = maker.digest("pixels")
    target, twin = maker.register("a", more={"pixel/1": pixels}), maker.register("b", more={"pixel/1": pixels})
    store.append(log, [target, twin, maker.draft("revoke", target.id)])
    assert indexes(store, digests=(pixels,)) == [6, 5, 4]
    assert indexes(store, digests=(maker.digest("a"), maker.digest("none"))) == [6, 4]
    assert indexes(store, digests=(maker.digest("none"),)) == []
    assert indexes(store, digests=(pixels,), kind="register") == [5, 4]


def test_a_registration_is_found_with_the_statements_about_it(store: SqlStore, maker: Any) -> None:
    log = maker.log(store, images=2)
    target = list(store.entries(log))[1].id
    store.append(log, [maker.draft("dispute", target)])
    assert indexes(store, registration=target) == [3, 1]


def test_registrar_kind_and_time_narrow_the_answer(store: SqlStore, maker: Any) -> None:
    one, two = maker.log(store, images=2, name="one"), maker.log(store, images=1, name="two")
    entries = list(store.entries(one))
    assert {row.entry.registrar for row in store.history(HistoryFilter(registrar=two))} == {two}
    assert indexes(store, kind="genesis", registrar=one) == [0]
    assert indexes(store, registrar=one, since=entries[1].time, until=entries[2].time) == [1]


def five_states(store: SqlStore, maker: Any) -> str:
    """A log of one entry a state: index 0 final, 1 anchored, 2 broadcast, 3 prepared, 4 blocked, 5 waiting."""
    log: str = maker.log(store, images=5)
    states = (BatchState.FINAL, BatchState.ANCHORED, BatchState.BROADCAST, BatchState.PREPARED, BatchState.BLOCKED)
    for index, state in enumerate(states):
        store.save_batch(maker.batch(log, index + 1, index, index + 1, state=state))
    return log


def test_the_state_is_the_one_of_the_covering_batch(store: SqlStore, maker: Any) -> None:
    log = five_states(store, maker)
    rows = store.history(HistoryFilter())[::-1]
    assert [row.state.value for row in rows] == ["final", "anchored", "anchoring", "anchoring", "blocked", "sequenced"]
    assert [row.batch for row in rows] == [store.batch_of(log, index) for index in range(6)]


@pytest.mark.parametrize("registrar_given", [False, True])
def test_the_state_filter_agrees_with_the_states_shown(store: SqlStore, maker: Any, registrar_given: bool) -> None:
    log = five_states(store, maker)
    shown = store.history(HistoryFilter())
    for state in State:
        query = HistoryFilter(state=state, registrar=log if registrar_given else None)
        assert ids(store.history(query)) == [row.entry.id for row in shown if row.state is state]


def test_a_batch_is_shown_with_its_attempts(store: SqlStore, maker: Any) -> None:
    log = maker.log(store)
    batch = maker.batch(log, 1, 0, 1, attempts=(maker.attempt(0, 1),))
    store.save_batch(batch)
    assert store.history(HistoryFilter())[0].batch == batch


def test_an_entry_is_joined_with_its_own_event_or_else_with_its_batchs(store: SqlStore, maker: Any) -> None:
    log = maker.log(store, images=2)
    leaves = store.leaves(log)
    store.save_batch(maker.batch(log, 1, 0, 3, state=BatchState.ANCHORED))
    block = maker.block(4)
    own = maker.registered(block, 0, log, 0, leaves[0])
    foreign = maker.registered(block, 1, log, 1, b"\xff" * 32)
    head = maker.advanced(block, 2, log, 1, 3)
    store.save_events([own, foreign, head], block)
    rows = store.history(HistoryFilter())[::-1]
    assert [row.event for row in rows] == [own, head, head]


def test_an_event_that_the_chain_dropped_is_not_shown(store: SqlStore, maker: Any) -> None:
    log = maker.log(store)
    store.save_batch(maker.batch(log, 1, 0, 1, state=BatchState.ANCHORED))
    block = maker.block(4)
    store.save_events([maker.registered(block, 0, log, 0, store.leaves(log)[0])], block)
    store.rewind(maker.block(3))
    assert store.history(HistoryFilter())[0].event is None


def test_dropped_entries_that_wait_again_are_reorged_until_a_batch_takes_them(store: SqlStore, maker: Any) -> None:
    log = maker.log(store, images=2)
    first, second = maker.batch(log, 1, 0, 1), maker.batch(log, 2, 1, 2)
    for batch in (first, second):
        store.save_batch(replace(batch, state=BatchState.ANCHORED))
    store.save_events([maker.advanced(maker.block(1), 0, log, 1, 1)], maker.block(1))
    store.save_events([maker.advanced(maker.block(2), 0, log, 2, 2)], maker.block(2))
    store.rewind(maker.block(1))
    store.restore_outbox(log, 1)
    rows = store.history(HistoryFilter())
    assert [row.state for row in rows] == [State.SEQUENCED, State.REORGED, State.ANCHORED]
    assert [row.batch is None for row in rows] == [True, True, False]
    assert indexes(store, state=State.REORGED) == [1]
    assert indexes(store, state=State.SEQUENCED) == [2]
    store.save_batch(replace(second, size=3, state=BatchState.BROADCAST))
    assert indexes(store, state=State.REORGED) == []
    assert indexes(store, state=State.ANCHORING) == [2, 1]


def test_a_batch_of_a_dropped_chain_does_not_hide_the_one_that_took_its_entries(store: SqlStore, maker: Any) -> None:
    log = maker.log(store, images=3)
    store.save_batch(maker.batch(log, 1, 0, 1, state=BatchState.ANCHORED))
    store.save_batch(maker.batch(log, 2, 1, 2, state=BatchState.BROADCAST))
    store.restore_outbox(log, 0)
    larger = maker.batch(log, 1, 0, 4, state=BatchState.FINAL)
    store.save_batch(larger)
    assert [row.batch for row in store.history(HistoryFilter())] == [larger] * 4
    assert store.batch_of(log, 1) == larger
    assert indexes(store, state=State.FINAL) == [3, 2, 1, 0]
