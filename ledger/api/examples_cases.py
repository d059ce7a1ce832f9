"""Examples of cases in the OpenAPI document. A test validates each against its wire type."""

from __future__ import annotations

from typing import Any

_ID = "3a" * 16
_FILE = "sha256:" + "5f" * 32
_TIME = "2026-03-02T09:15:04.120Z"

OPENING: dict[str, Any] = {
    "title": "Chest CT with a doubtful nodule",
    "question": "Was the nodule in slice 17 painted in?",
    "author": "Dr. Example",
}
ADDITION: dict[str, Any] = {"event": "add", "name": "slice 17", "file": _FILE}
BOOKMARK: dict[str, Any] = {
    "event": "bookmark",
    "item": 1,
    "evidence": "change-map",
    "method": "trace/1",
    "parameters": {"policy": "clinical"},
    "comment": "The nodule lies inside the changed region.",
    "region": [96, 128, 64, 48],
}
ACTIONS: dict[str, Any] = {
    "add": {"value": ADDITION},
    "note": {"value": {"event": "note", "text": "Sent by the referring practice.", "item": 1}},
    "bookmark": {"value": BOOKMARK},
    "status": {"value": {"event": "status", "item": 1, "status": "confirmed", "reason": "See the bookmark."}},
    "close": {"value": {"event": "close", "conclusion": "Slice 17 was altered after capture."}},
    "reopen": {"value": {"event": "reopen", "reason": "The original arrived."}},
}


def _event(sequence: int, event: str, content: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": _ID if sequence == 0 else f"{sequence:032x}",
        "sequence": sequence,
        "event": event,
        "time": _TIME,
        "index": 41 + sequence,
        "state": "final",
        "block_number": 12,
        "author": "Dr. Example",
        "by": "reading room 2",
        "by_id": "key:4f0c2a9be1d37786",
        "content": content,
        "entry": '{"case":"…","commitment":"…","event":"…","id":"…","kind":"case","registrar":"…","sequence":0,…}',
        "salt": "c0" * 32,
    }


CASE: dict[str, Any] = {
    "id": _ID,
    "registrar": "7c" * 32,
    "title": OPENING["title"],
    "question": OPENING["question"],
    "status": "open",
    "intact": True,
    "opened_at": _TIME,
    "changed_at": _TIME,
    "items": [{"number": 1, "name": "slice 17", "file": _FILE, "status": "open"}],
    "events": [
        _event(0, "open", {"title": OPENING["title"], "question": OPENING["question"]}),
        _event(1, "add", {"name": "slice 17", "file": _FILE}),
    ],
}
CASES: dict[str, Any] = {
    "cases": [
        {
            "id": _ID,
            "title": OPENING["title"],
            "status": "open",
            "items": 1,
            "events": 2,
            "author": "Dr. Example",
            "opened_at": _TIME,
            "changed_at": _TIME,
        }
    ],
    "limit": 100,
    "offset": 0,
    "more": False,
}
