"""Where images come from, as values: what each source sent, what became of it, and when it counts as gone quiet.

A source's name is the operator's: an AE title, the label of a folder. Nothing here holds anything of an image.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Literal

from ledger.errors import InputError

Outcome = Literal["received", "registered", "waiting", "failed"]
"""*received*: an object arrived. *registered*: its row is committed. *waiting*: it could not be registered yet and is
tried again. *failed*: it was refused for good."""

OTHER = "other"
HOUR = timedelta(hours=1)
REMEMBERED = timedelta(days=14)
"""How far back from a source's last sign its hours are kept: two weekends."""

_FAR_MORE = 10**15  # than can wait
_USED_TO_SEND = 3
_PATIENCE = 1.5
_LONGEST_NAME = 64
_REASON = re.compile(r"[A-Za-z0-9_.-]{1,60}")


@dataclass(frozen=True)
class WaitingChange:
    """What a row of events does to a number waiting that never falls below 0: it becomes ``max(number + by, least)``.

    Some are added, some taken as far as there are any, or the number is said: each is of this form, and so is one
    after another. So events can be gathered without knowing the number.
    """

    by: int = 0
    least: int = 0

    def added(self, count: int) -> WaitingChange:
        """``count`` more wait."""
        return self.then(WaitingChange(count, count))

    def taken(self, count: int) -> WaitingChange:
        """``count`` wait no more, as far as there are so many."""
        return self.then(WaitingChange(-count, 0))

    def said(self, number: int) -> WaitingChange:
        """``number`` wait, whatever was before."""
        return WaitingChange(-_FAR_MORE, number)

    def then(self, later: WaitingChange) -> WaitingChange:
        """This change and the ``later`` one as one."""
        return WaitingChange(max(self.by + later.by, -_FAR_MORE), max(self.least + later.by, later.least))

    def of(self, number: int) -> int:
        """How many wait of ``number``, after this change."""
        return max(number + self.by, self.least)


@dataclass(frozen=True)
class SourceChange:
    """What happened at a source since the last change that was kept; ``last_seen`` is None when nothing arrived.

    ``entries``: ids of the registrations, where the path of capture says them."""

    name: str
    first: datetime
    received: int = 0
    registered: int = 0
    failed: int = 0
    waiting: WaitingChange = WaitingChange()
    last_seen: datetime | None = None
    reason: str | None = None
    entries: tuple[str, ...] = ()

    def with_outcome(
        self, outcome: Outcome, number: int, reason: str | None, now: datetime, entries: Sequence[str] = ()
    ) -> SourceChange:
        """This change with ``number`` more of ``outcome``, the last at ``now``; what is settled waits no more."""
        if outcome == "received":
            return replace(self, received=self.received + number, last_seen=now)
        if outcome == "registered":
            settled = replace(self, registered=self.registered + number, waiting=self.waiting.taken(number))
            return replace(settled, entries=(*self.entries, *entries))
        known = replace(self, reason=reason or self.reason)
        if outcome == "waiting":
            return replace(known, waiting=self.waiting.added(number))
        return replace(known, failed=self.failed + number, waiting=self.waiting.taken(number))

    def then(self, later: SourceChange) -> SourceChange:
        """This change and the ``later`` one as one, under the later's name."""
        return SourceChange(
            name=later.name,
            first=self.first,
            received=self.received + later.received,
            registered=self.registered + later.registered,
            failed=self.failed + later.failed,
            waiting=self.waiting.then(later.waiting),
            last_seen=later.last_seen or self.last_seen,
            reason=later.reason or self.reason,
            entries=self.entries + later.entries,
        )


@dataclass(frozen=True)
class SourceRecord:
    """A source as it is kept. ``hours``: the hours of the last :data:`REMEMBERED` in which something arrived, in order,
    each with how many. ``reason`` is that of the last object that failed or had to wait. ``unanchored``: how many
    of its entries no block holds, as far as they were told, and ``unanchored_since`` the time of the oldest."""

    name: str
    received: int
    registered: int
    failed: int
    waiting: int
    waiting_since: datetime | None
    first_seen: datetime
    last_seen: datetime | None
    reason: str | None
    reason_at: datetime | None
    hours: tuple[tuple[datetime, int], ...] = ()
    unanchored: int = 0
    unanchored_since: datetime | None = None


def source_name(text: str) -> str:
    """``text`` as a source's name, without blanks around it: 1 to 64 printable characters. InputError."""
    name = text.strip()
    if not 0 < len(name) <= _LONGEST_NAME or not name.isprintable():
        raise InputError(
            f"expected a source's name of 1 to {_LONGEST_NAME} printable characters, found {len(name)} characters",
            code="invalid_source",
            advice="Name it by what it is: an AE title, a room, a folder's purpose.",
        )
    return name


def reason_code(reason: str | None) -> str | None:
    """``reason`` if it is a code (letters, digits, ``_.-``, at most 60); other text might say who the patient is."""
    return reason if reason is None or _REASON.fullmatch(reason) else "unnamed"


def hour_of(moment: datetime) -> datetime:
    """The full hour in which ``moment`` lies."""
    return moment.replace(minute=0, second=0, microsecond=0)


def quiet_for(record: SourceRecord, now: datetime, at_least: timedelta) -> tuple[timedelta, timedelta] | None:
    """How long a source has been quiet, and its longest silence before; None while that is nothing to speak of.

    Quiet: it used to send (in three hours or more) and has now been silent for longer than ``at_least`` and one and a
    half times the longest silence of the two weeks before, so that nights and weekends that were quiet before raise
    no alarm. Nothing is said of a source that sent only once.
    """
    hours = [hour for hour, _ in record.hours]
    if record.last_seen is None or len(hours) < _USED_TO_SEND:
        return None
    silent, longest = now - record.last_seen, _longest_silence(hours)
    return (silent, longest) if silent > max(at_least, _PATIENCE * longest) else None


def _longest_silence(hours: Sequence[datetime]) -> timedelta:
    """Between hours in which something arrived; one hour at least, since no finer time is kept."""
    return max((later - earlier for earlier, later in pairwise(hours)), default=HOUR)
