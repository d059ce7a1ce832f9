"""The words of cases: what findings, events, kinds of evidence and troubles mean to a reader."""

from __future__ import annotations

from collections.abc import Mapping

from dashboard.words import StateWords

CASE_STATUSES: Mapping[str, StateWords] = {
    "open": StateWords("open", "The review goes on.", "near"),
    "closed": StateWords("closed", "The reviewer has concluded; only a reopening may follow.", "mute"),
}
FINDINGS: Mapping[str, StateWords] = {
    "open": StateWords("open", "The reviewer has not decided about this item yet.", "open"),
    "confirmed": StateWords("confirmed", "The reviewer finds that the image was altered.", "bad"),
    "cleared": StateWords("cleared", "The reviewer finds nothing against the image.", "good"),
    "cannot-tell": StateWords("cannot tell", "The evidence does not decide, in the reviewer's opinion.", "warn"),
}
EVENTS: Mapping[str, str] = {
    "open": "Case opened",
    "add": "Item added",
    "note": "Note",
    "bookmark": "Bookmark",
    "status": "Finding",
    "close": "Case closed",
    "reopen": "Case reopened",
}
EVIDENCE: Mapping[str, str] = {
    "region": "a region of the picture",
    "change-map": "the change map",
    "heat-map": "the detector's heat map",
    "ela": "the ELA view",
    "check": "a numbered check",
    "detector": "the detector's answer",
    "attribute": "an attribute of the file",
    "other": "something else",
}
TROUBLES: Mapping[str, str] = {
    "content_missing": "The content of this event is gone: lost, or erased. Its entry in the log still stands.",
    "content_differs": "The stored content is not the one that the log entry commits to, so it is not shown.",
    "sequence_gap": "An event before this one is missing, or stands in another place.",
    "not_allowed": "This event may not follow those before it.",
}
SEALS: Mapping[bool | None, tuple[str, str, str, str]] = {
    True: (
        "Intact",
        "Every event is the one that its log entry commits to, none is missing, and the contract's head fits this log.",
        "shield-check",
        "good",
    ),
    False: (
        "Not intact",
        "Something does not hold. It is named below; what does not hold is not shown.",
        "pencil",
        "bad",
    ),
    None: (
        "Undetermined",
        "Every event is the one that its log entry commits to. The chain could not be asked whether the log is whole.",
        "hourglass",
        "open",
    ),
}
"""By whether a case is intact: title, sentence, icon, tone."""


def finding_words(status: str) -> StateWords:
    """The words of an item's status; an unknown one is shown by its own name."""
    return FINDINGS.get(status, StateWords(status, "This dashboard does not know this finding.", "open"))


def event_words(event: str) -> str:
    """The words of an event; an unknown one is shown by its own name."""
    return EVENTS.get(event, event)
