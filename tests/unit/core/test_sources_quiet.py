"""When a source counts as gone quiet, and what a source may be called."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.core.sources import SourceRecord, WaitingChange, quiet_for, reason_code, source_name
from ledger.errors import InputError

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
FOUR = timedelta(hours=4)


def record(*hours: int) -> SourceRecord:
    """A source that sent ``hours`` hours after :data:`NOON`."""
    moments = [NOON + timedelta(hours=hour) for hour in hours]
    sent = tuple((moment, 1) for moment in moments)
    return SourceRecord("CT", len(hours), 0, 0, 0, None, NOON, moments[-1] if moments else None, None, None, sent)


def test_a_source_that_sent_hourly_is_quiet_after_the_least_silence_that_counts() -> None:
    hourly = record(0, 1, 2, 3)
    assert quiet_for(hourly, NOON + timedelta(hours=7), FOUR) is None
    found = quiet_for(hourly, NOON + timedelta(hours=7, seconds=1), FOUR)
    assert found == (timedelta(hours=4, seconds=1), timedelta(hours=1))


def test_a_night_that_was_quiet_before_raises_no_alarm() -> None:
    nightly = record(0, 1, 20, 21)
    assert quiet_for(nightly, NOON + timedelta(hours=21 + 19), FOUR) is None
    assert quiet_for(nightly, NOON + timedelta(hours=21 + 29), FOUR) is not None


def test_nothing_is_said_of_a_source_that_sent_only_once_or_never() -> None:
    year = NOON + timedelta(days=365)
    assert quiet_for(record(0, 1), year, FOUR) is None
    assert quiet_for(record(), year, FOUR) is None


def test_an_alarm_does_not_end_with_time() -> None:
    assert quiet_for(record(0, 1, 2), NOON + timedelta(days=400), FOUR) is not None


@given(st.lists(st.integers(0, 336), min_size=3, max_size=40, unique=True).map(sorted), st.integers(0, 2000))
def test_a_silence_no_longer_than_one_before_is_never_an_alarm(hours: list[int], silent: int) -> None:
    longest = max(b - a for a, b in pairwise(hours))
    found = quiet_for(record(*hours), NOON + timedelta(hours=hours[-1] + silent), timedelta(0))
    assert found is None or silent > longest


def test_a_name_has_no_blanks_around_it_and_is_printable() -> None:
    assert source_name("  CT room 2 ") == "CT room 2"
    for bad in ("", "   ", "a\nb", "x" * 65, "a\x1b[31m"):
        with pytest.raises(InputError) as caught:
            source_name(bad)
        assert caught.value.code == "invalid_source"


def test_a_reason_is_a_code_and_no_text() -> None:
    assert reason_code("unreadable_image") == "unreadable_image"
    assert reason_code(None) is None
    assert reason_code("Mustermann^Max could not be read") == "unnamed"


EVENTS = st.lists(st.tuples(st.sampled_from(("added", "taken", "said")), st.integers(0, 9)))


@given(EVENTS, EVENTS, st.integers(0, 20))
def test_gathered_events_do_to_the_number_waiting_what_they_do_one_by_one(early: Any, late: Any, number: int) -> None:
    changes = [WaitingChange(), WaitingChange()]
    expected = number
    for which, events in enumerate((early, late)):
        for name, count in events:
            changes[which] = getattr(changes[which], name)(count)
            expected = {"added": expected + count, "taken": max(0, expected - count), "said": count}[name]
    assert changes[0].then(changes[1]).of(number) == expected
