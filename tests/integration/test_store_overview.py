"""Counts and places of a log, and notes of verifications, over both databases."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from ledger.core.model import BatchState, State
from ledger.core.operating import VerificationNote, sealed
from ledger.ports import HistoryFilter
from ledger.store import SqlStore, verified
from ledger.store.models import VERIFICATION

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def test_states_are_counted_as_the_history_tells_them_entry_by_entry(store: SqlStore, maker: Any) -> None:
    log = maker.log(store, images=9)
    for sequence, first, size, state in ((1, 0, 3, "final"), (2, 3, 5, "anchored"), (3, 5, 7, "blocked")):
        store.save_batch(maker.batch(log, sequence, first, size, state=BatchState(state)))
    expected = {State.FINAL: 3, State.ANCHORED: 2, State.BLOCKED: 2, State.SEQUENCED: 3}
    assert store.state_counts(log) == expected
    assert _counted_by_history(store, log) == expected


def test_entries_that_the_chain_dropped_are_counted_once_as_reorged(store: SqlStore, maker: Any) -> None:
    log = maker.log(store, images=5)
    store.save_events([maker.advanced(maker.block(7), 0, log, 1, 4)], maker.block(7))
    store.save_batch(maker.batch(log, 1, 0, 4, state=BatchState.ANCHORED))
    store.rewind(maker.block(6))
    store.restore_outbox(log, 2)
    expected = {State.ANCHORED: 2, State.REORGED: 2, State.SEQUENCED: 2}
    assert store.state_counts(log) == expected
    assert _counted_by_history(store, log) == expected


def _counted_by_history(store: SqlStore, log: str) -> dict[State, int]:
    return dict(Counter(row.state for row in store.history(HistoryFilter(registrar=log))))


def test_an_unknown_log_has_no_states(store: SqlStore) -> None:
    assert store.state_counts("0" * 64) == {}


def test_entries_are_counted_from_a_moment_on(store: SqlStore, maker: Any) -> None:
    log = maker.log(store)
    store.append(log, [maker.register(hour, time=NOON + timedelta(hours=hour)) for hour in range(4)])
    assert store.written_since(log, NOON + timedelta(hours=2)) == 2
    assert store.written_since(log, NOON + timedelta(hours=9)) == 0


def test_the_head_of_a_moment_is_the_last_one_in_a_block_of_that_second(store: SqlStore, maker: Any) -> None:
    log, other = maker.log(store, name="A"), maker.log(store, name="B")
    blocks = {number: maker.block(number) for number in (10, 20, 30)}
    events = [maker.advanced(block, 0, log, at, at * 5) for at, block in enumerate(blocks.values(), start=1)]
    store.save_events([*events, maker.advanced(blocks[20], 1, other, 7, 70)], blocks[30])
    assert store.head_before(log, at(blocks[10].time - 0.001)) is None
    for moment, sequence in ((blocks[10].time, 1), (blocks[20].time - 0.5, 1), (blocks[20].time, 2), (2e9, 3)):
        found = store.head_before(log, at(moment))
        assert found is not None and found.sequence == sequence
    assert store.head_event(log, 2) == events[1]
    assert store.head_event(log, 7) is None


def test_a_head_that_left_the_chain_is_not_found(store: SqlStore, maker: Any) -> None:
    log = maker.log(store)
    store.save_events([maker.advanced(maker.block(5), 0, log, 1, 1)], maker.block(5))
    store.rewind(maker.block(4))
    assert store.head_before(log, at(2e9)) is None
    assert store.head_event(log, 1) is None


def note(when: datetime = NOON, registration: str | None = "1" * 32, label: str = "desk 2") -> VerificationNote:
    salt = b"\7" * 16
    seal = sealed(salt, "sha256:" + "ab" * 32)
    return VerificationNote(when, "4b" * 8, label, "authentic", True, "clinical", registration, salt, seal)


def test_notes_of_a_registration_come_newest_first(store: SqlStore) -> None:
    for number in range(3):
        store.note_verifications([note(label=f"desk {number}")], NOON)
    store.note_verifications([note(registration=None)], NOON)
    found = store.verification_notes("1" * 32, limit=2)
    assert [one.label for one in found] == ["desk 2", "desk 1"]
    assert found[0] == note()
    assert store.verification_notes("2" * 32) == []


def test_a_note_lets_go_of_those_that_are_too_old(store: SqlStore) -> None:
    store.note_verifications([note(label="old")], NOON - timedelta(days=30))
    store.note_verifications([note(when=NOON + timedelta(days=31), label="new")], NOON + timedelta(days=1))
    assert [one.label for one in store.verification_notes("1" * 32)] == ["new"]


def test_no_more_notes_are_kept_than_the_bound(store: SqlStore, monkeypatch: Any) -> None:
    monkeypatch.setattr(verified, "MOST_NOTES", 5)
    for _ in range(9):
        store.note_verifications([note()], NOON)
    with store.read() as connection:
        assert connection.execute(select(func.count()).select_from(VERIFICATION)).scalar() == 5
