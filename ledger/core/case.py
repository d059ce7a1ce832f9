"""A case as its events leave it: open, with numbered items that have a status each, or closed.

The events come from the log's own bytes. Their contents may be lost or erased; what the entries say of themselves is
enough to know whether the case is open and how many items it has, since items are numbered in the order of adding.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ledger.core.casecontent import (
    MAX_ITEMS,
    Added,
    Bookmarked,
    Content,
    Judged,
    Noted,
    Opened,
    Said,
    commit_content,
    decode_content,
)
from ledger.core.entry import CASE_EVENTS, SALT_BYTES
from ledger.core.model import CaseRecord, LogEntry
from ledger.errors import CaseClosed, Conflict, InputError, InvalidCase, LimitExceeded, NotFound

OPEN, CLOSED = "open", "closed"
_OPEN, _ADD, _CLOSE, _REOPEN = CASE_EVENTS[0], CASE_EVENTS[1], CASE_EVENTS[5], CASE_EVENTS[6]


@dataclass(frozen=True)
class CaseEntry:
    """What a log entry says of a case, read from its hashed bytes."""

    entry: LogEntry
    case: str
    sequence: int
    event: str
    commitment: str

    @classmethod
    def of(cls, entry: LogEntry, body: Mapping[str, Any]) -> CaseEntry:
        """The case entry whose decoded bytes are ``body``."""
        return cls(entry, body["case"], body["sequence"], body["event"], body["commitment"])


@dataclass(frozen=True)
class Item:
    """A file of the case; ``added`` is None when the content of its event is lost."""

    number: int
    added: Added | None
    status: str = "open"
    reason: str | None = None


class Case:
    """What the events so far lead to. ``size`` is how many there were, and so the sequence of the next one."""

    def __init__(self, case_id: str) -> None:
        self.id = case_id
        self.size = 0
        self.status = OPEN
        self.opened: Opened | None = None
        self.items: dict[int, Item] = {}

    def take(self, event: str, said: Said | None) -> None:
        """The case is one event further; ``said`` is None when the content is lost, and then the entry alone counts.

        CaseClosed, Conflict or NotFound (``unknown_item``) for an event that may not follow, which changes nothing.
        """
        self._must_allow(event, said)
        self.size += 1
        if event == _ADD:
            number = len(self.items) + 1
            self.items[number] = Item(number, said if isinstance(said, Added) else None)
        elif event in (_CLOSE, _REOPEN):
            self.status = CLOSED if event == _CLOSE else OPEN
        elif isinstance(said, Opened):
            self.opened = said
        elif isinstance(said, Judged):
            self.items[said.item] = replace(self.items[said.item], status=said.status, reason=said.reason)

    def _must_allow(self, event: str, said: Said | None) -> None:
        if (event == _OPEN) != (self.size == 0):
            raise Conflict("expected the open event first and once, found it elsewhere")
        if self.status == CLOSED and event != _REOPEN:
            raise CaseClosed(f"expected an open case, found case {self.id} closed")
        if self.status == OPEN and event == _REOPEN:
            raise Conflict(f"expected a closed case to reopen, found case {self.id} open", code="case_open")
        if isinstance(said, Added):
            self._must_be_new(said)
        if isinstance(said, Noted | Bookmarked | Judged) and said.item is not None and said.item not in self.items:
            raise NotFound(
                f"expected an item of 1 to {len(self.items)}, found {said.item}"
                if self.items
                else "expected an item of the case, found a case without items",
                code="unknown_item",
                advice="Show the case (medseal case show) for the numbers of its items.",
            )

    def _must_be_new(self, said: Added) -> None:
        if len(self.items) >= MAX_ITEMS:
            raise LimitExceeded(f"expected at most {MAX_ITEMS} items in a case", advice="Open another case.")
        for item in self.items.values():
            if item.added is not None and item.added.file == said.file:
                raise Conflict(
                    f"expected a file that is not in the case, found that of item {item.number}",
                    code="item_exists",
                    advice=f"Write notes and bookmarks about item {item.number}.",
                )


@dataclass(frozen=True)
class Trouble:
    """What does not hold of an event: ``content_missing``, ``content_differs``, ``sequence_gap`` or ``not_allowed``."""

    code: str
    detail: str


def follow(case: Case, one: CaseEntry, record: CaseRecord | None) -> tuple[Content | None, Trouble | None]:
    """``case`` is one event further. The content if it is the one that the entry commits to, and what does not hold.

    Nothing raises: what is wrong with one event must not hide the others. A content that does not hold counts for
    nothing, and of an event out of its turn only what the entry says of itself.
    """
    content, trouble = _opened(one, record)
    if one.sequence != case.size:
        gap = Trouble("sequence_gap", f"expected event {case.size} of the case next, found event {one.sequence}")
        trouble, case.size = trouble or gap, one.sequence
    try:
        case.take(one.event, content.said if content else None)
    except InputError as error:
        trouble = trouble or Trouble("not_allowed", str(error))
    case.size = one.sequence + 1
    return content, trouble


def _opened(one: CaseEntry, record: CaseRecord | None) -> tuple[Content | None, Trouble | None]:
    if record is None:
        return None, Trouble("content_missing", f"expected the content of event {one.sequence}, found none")
    if (record.case, record.sequence) != (one.case, one.sequence):
        found = f"found it filed as event {record.sequence} of case {record.case}"
        return None, Trouble("content_differs", f"expected event {one.sequence} of case {one.case}, {found}")
    if len(record.salt) != SALT_BYTES or commit_content(record.salt, record.content) != one.commitment:
        differs = f"expected the content that event {one.sequence} commits to, found another one or another salt"
        return None, Trouble("content_differs", differs)
    try:
        content = decode_content(record.content)
    except InvalidCase as error:
        return None, Trouble("content_differs", str(error))
    if content.said.event != one.event:
        return None, Trouble("content_differs", f"expected the content of {one.event}, found {content.said.event}")
    return content, None
