"""Times as people read them: one notation everywhere, ``2026-01-31 12:00:00 UTC``. Files and JSON keep ISO 8601."""

from __future__ import annotations

from datetime import UTC, datetime


def when(moment: datetime) -> str:
    """The moment in UTC, to the second."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def when_of(text: object) -> str:
    """The same of an ISO 8601 time; any other text as it is."""
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return str(text)
    return when(moment) if moment.tzinfo else str(text)
