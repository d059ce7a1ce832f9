"""Times as people read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from ledger.core.moments import when, when_of


def test_a_time_is_said_in_utc_whatever_zone_it_has() -> None:
    berlin = timezone(timedelta(hours=2))
    assert when(datetime(2026, 7, 1, 14, 30, 5, 999_000, tzinfo=berlin)) == "2026-07-01 12:30:05 UTC"
    assert when(datetime(2026, 7, 1, 12, 30, 5, tzinfo=UTC)) == "2026-07-01 12:30:05 UTC"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2026-03-01T12:00:00.123Z", "2026-03-01 12:00:00 UTC"),
        ("2026-03-01T12:00:00+02:00", "2026-03-01 10:00:00 UTC"),
        ("2026-03-01T12:00:00", "2026-03-01T12:00:00"),
        ("never", "never"),
    ],
)
def test_a_time_as_text_is_said_alike_and_any_other_text_stays(text: str, said: str) -> None:
    assert when_of(text) == said
