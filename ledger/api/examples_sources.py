"""Examples of sources and metrics, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from ledger.api.examples import REGISTRATION

_TIME = REGISTRATION["registered_at"]

SOURCE: dict[str, Any] = {
    "name": "CT-ROOM-2",
    "received": 412,
    "registered": 409,
    "waiting": 2,
    "failed": 1,
    "last_day": 203,
    "first_seen": _TIME,
    "last_seen": _TIME,
    "waiting_since": _TIME,
    "waiting_seconds": 4.2,
    "unanchored": 7,
    "unanchored_since": _TIME,
    "unanchored_seconds": 1.4,
    "reason": "unreadable_image",
    "reason_at": _TIME,
}
QUIET: dict[str, Any] = {
    "name": "archive",
    "received": 90,
    "registered": 90,
    "waiting": 0,
    "failed": 0,
    "last_day": 0,
    "first_seen": _TIME,
    "last_seen": _TIME,
    "quiet": "nothing for 2 days; in the two weeks before, never silent for more than 14 hours",
}
COUNTS: dict[str, Any] = {
    "counts": [
        {"source": "CT-ROOM-2", "outcome": "received", "number": 2},
        {"source": "CT-ROOM-2", "outcome": "registered", "entries": [REGISTRATION["registration_id"]]},
        {"source": "CT-ROOM-2", "outcome": "failed", "reason": "unreadable_image"},
    ]
}
METRICS = """# HELP medseal_source_received_total Objects that arrived from a source.
# TYPE medseal_source_received_total counter
medseal_source_received_total{source="CT-ROOM-2"} 412
"""
