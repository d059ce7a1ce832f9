"""Counting sources, over both databases."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from ledger import sources as module
from ledger.errors import InputError, StorageFull
from ledger.sources import Sources
from ledger.store import SqlStore
from ledger.store.models_sources import SOURCE_HOUR

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class Clock:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sources(store: SqlStore, clock: Clock) -> Iterator[Sources]:
    opened = Sources(store, clock, timedelta(hours=4))
    yield opened
    opened.close()


def test_what_is_counted_is_read_at_once(sources: Sources) -> None:
    for _ in range(3):
        sources.count("CT", "received")
    sources.count("CT", "registered")
    sources.count("CT", "failed", "unreadable_image")
    sources.count("CT", "waiting", "store_unavailable")
    (found,) = sources.all()
    record = found.record
    assert (record.received, record.registered, record.failed, record.waiting) == (3, 1, 1, 1)
    assert (record.first_seen, record.last_seen, record.reason) == (NOON, NOON, "store_unavailable")
    assert found.last_day == 3


def test_what_was_counted_is_in_the_store_after_closing(store: SqlStore, sources: Sources) -> None:
    sources.count("CT", "received")
    sources.close()
    assert [record.received for record in store.sources()] == [1]


def test_counts_of_two_processes_add_up(store: SqlStore, store_url: str, clock: Clock) -> None:
    with SqlStore.open(store_url) as other_store:
        mine, other = Sources(store, clock, timedelta(1)), Sources(other_store, clock, timedelta(1))
        with ThreadPoolExecutor(8) as pool:
            for _ in range(50):
                pool.submit(mine.count, "CT", "received")
                pool.submit(other.count, "CT", "received")
                pool.submit(mine.count, "MR", "received")
                pool.submit(mine.all)
        mine.close()
        other.close()
    assert [(record.name, record.received) for record in store.sources()] == [("CT", 100), ("MR", 50)]


def test_one_that_is_settled_takes_one_from_those_waiting_until_none_is(sources: Sources, clock: Clock) -> None:
    sources.count("CT", "waiting", number=2)
    (found,) = sources.all()
    assert (found.record.waiting, found.record.waiting_since) == (2, NOON)
    clock.now += timedelta(minutes=5)
    sources.count("CT", "registered")
    (found,) = sources.all()
    assert (found.record.waiting, found.record.waiting_since) == (1, NOON)
    sources.count("CT", "failed", "gone", number=3)
    (found,) = sources.all()
    assert (found.record.waiting, found.record.waiting_since) == (0, None)


def test_who_knows_how_many_wait_says_it(sources: Sources) -> None:
    sources.waits("archive", 400)
    sources.count("archive", "registered")
    assert sources.all()[0].record.waiting == 399
    sources.count("archive", "waiting")
    sources.waits("archive", 0)
    assert sources.all()[0].record.waiting == 0


def test_hours_older_than_two_weeks_are_let_go(store: SqlStore, sources: Sources, clock: Clock) -> None:
    for _ in range(40):
        sources.count("CT", "received")
        sources.all()
        clock.now += timedelta(days=1)
    with store.read() as connection:
        assert connection.execute(select(func.count()).select_from(SOURCE_HOUR)).scalar() == 15


def test_a_source_that_has_gone_quiet_is_told_in_words(sources: Sources, clock: Clock) -> None:
    for _ in range(4):
        sources.count("CT", "received")
        assert sources.all()[0].quiet is None
        clock.now += timedelta(hours=1)
    clock.now += timedelta(hours=6)
    quiet = sources.all()[0].quiet
    assert quiet == "nothing for 7 hours; in the two weeks before, never silent for more than 1 hour"


def test_a_forgotten_source_raises_no_alarm(sources: Sources) -> None:
    sources.count("CT", "received")
    assert sources.forget("CT")
    assert sources.all() == []
    assert not sources.forget("CT")


def test_names_beyond_the_bound_are_counted_as_other(sources: Sources, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_SOURCES", 2)
    for name in ("A", "B", "C", "D"):
        sources.count(name, "received")
        sources.all()
    assert [(one.record.name, one.record.received) for one in sources.all()] == [("A", 1), ("B", 1), ("other", 2)]


def test_a_count_that_the_store_refuses_is_kept_for_the_next_time(
    store: SqlStore, sources: Sources, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_given: object) -> None:
        raise StorageFull("no space")

    with monkeypatch.context() as while_full:
        while_full.setattr(store, "note_sources", full)
        sources.count("CT", "received")
        assert sources.all() == []
    sources.count("CT", "received")
    assert sources.all()[0].record.received == 2


def test_a_reason_that_is_text_is_not_kept(sources: Sources) -> None:
    sources.count("CT", "failed", "Mustermann^Max is no image")
    assert sources.all()[0].record.reason == "unnamed"


def test_a_name_that_is_none_is_refused_before_anything_is_counted(sources: Sources) -> None:
    with pytest.raises(InputError):
        sources.count("", "received")
    assert sources.all() == []
