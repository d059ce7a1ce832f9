"""Examples of studies in the OpenAPI document."""

from __future__ import annotations

from typing import Any

STUDY_REQUEST: dict[str, Any] = {"study": "5f" * 32}
STUDY_QUESTION: dict[str, Any] = STUDY_REQUEST | {"instances": ["6a" * 32, "7b" * 32]}
INSTANCES_QUESTION: dict[str, Any] = {"instances": STUDY_QUESTION["instances"]}
INSTANCE_STATES: dict[str, Any] = {"states": ["final", "unknown"]}
STUDY_CLOSE: dict[str, Any] = {
    "id": "2f" * 16,
    "index": 52,
    "time": "2026-03-02T09:25:04.120Z",
    "state": "final",
    "count": 3,
    "root": "8c" * 32,
    "created": True,
}
STUDY_VERIFICATION: dict[str, Any] = {
    "result": "differs",
    "closed": STUDY_CLOSE | {"created": False},
    "missing": [{"registration_id": "0d" * 16, "index": 40, "registered_at": "2026-03-02T09:15:04.120Z"}],
    "extra": ["7b" * 32],
    "late": [],
}
