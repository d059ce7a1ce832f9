"""Sources: who sends images here, what became of them, and whether somebody has gone quiet.

Counting costs the way of an image nothing: counts are gathered and written twice a second in one transaction. What was
gathered and not written when the process is killed is lost; the log of registrations is the account, this is a gauge.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from ledger.core.sources import (
    OTHER,
    Outcome,
    SourceChange,
    SourceRecord,
    quiet_for,
    reason_code,
    source_name,
)
from ledger.errors import LedgerError
from ledger.ports import Clock
from ledger.ports_watch import SourceStore

MOST_SOURCES = 200
"""Beyond these, a new name is counted as *other*: senders choose their AE titles, and must not fill the store."""

_GATHER_SECONDS = 0.5
_AGES = ((86_400, "day"), (3_600, "hour"), (60, "minute"))


@dataclass(frozen=True)
class SourceState:
    """A source as of now; ``quiet`` says in words that it has gone quiet, None while it has not."""

    record: SourceRecord
    last_day: int
    quiet: str | None


class Sources:
    """The sources of one ledger. Safe to share between threads; close it before the store.

    An image is counted as *received* once it has arrived, then as *registered* or *failed*; as *waiting* when it has to
    be tried again. One that is settled takes one from those waiting, until none is; who knows the number says it
    (:meth:`waits`).
    """

    def __init__(self, store: SourceStore, clock: Clock, quiet_after: timedelta) -> None:
        self._store = store
        self._clock = clock
        self._quiet_after = quiet_after
        self._gathered: dict[str, SourceChange] = {}
        self._known: set[str] | None = None
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    def count(
        self, source: str, outcome: Outcome, reason: str | None = None, number: int = 1, entries: Sequence[str] = ()
    ) -> None:
        """``number`` objects of ``source`` had this outcome; it will be kept. ``reason`` is a code, no text;
        ``entries`` the ids of what was registered, by which it is known how long a source's oldest waits for a block.

        Raises nothing but InputError for a name that is none; a full disk is said in the log.
        """
        name, now = source_name(source), self._clock()
        with self._lock:
            old = self._gathered.get(name) or SourceChange(name, now)
            self._gathered[name] = old.with_outcome(outcome, number, reason_code(reason), now, entries)
            self._start()

    def waits(self, source: str, number: int) -> None:
        """Exactly ``number`` objects of ``source`` wait now."""
        name, now = source_name(source), self._clock()
        with self._lock:
            old = self._gathered.get(name) or SourceChange(name, now)
            self._gathered[name] = replace(old, waiting=old.waiting.said(number))
            self._start()

    def all(self) -> list[SourceState]:
        """Every source by name, with what was just gathered."""
        self._write()
        now = self._clock()
        return [self._state(record, now) for record in self._store.sources()]

    def forget(self, source: str) -> bool:
        """The source is gone with its counts, and no alarm is raised for it any more; False if there was none."""
        self._write()
        self._known = None
        return self._store.forget_source(source_name(source))

    def close(self) -> None:
        """What was gathered is written, if the store takes it."""
        self._closing.set()
        if self._thread is not None:
            self._thread.join(10)

    def _state(self, record: SourceRecord, now: datetime) -> SourceState:
        day = now - timedelta(days=1)
        last_day = sum(count for hour, count in record.hours if hour > day)
        return SourceState(record, last_day, _quiet_words(record, now, self._quiet_after))

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="sources", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while not self._closing.wait(_GATHER_SECONDS):
            self._write()
        self._write()

    def _write(self) -> None:
        """Everything gathered is in the store; or it waits for the next time, and the log says why."""
        with self._writing:
            with self._lock:
                some = self._gathered
                self._gathered = {}
            if not some:
                return
            try:
                self._store.note_sources(self._bounded(some.values()))
            except LedgerError as error:
                with self._lock:
                    for name, change in some.items():
                        later = self._gathered.get(name)
                        self._gathered[name] = change.then(later) if later else change
                structlog.get_logger("sources").warning("sources not counted yet", code=error.code, count=len(some))

    def _bounded(self, changes: Iterable[SourceChange]) -> list[SourceChange]:
        if self._known is None:
            self._known = {record.name for record in self._store.sources()}
        kept: dict[str, SourceChange] = {}
        for change in changes:
            if change.name in self._known or len(self._known) < MOST_SOURCES:
                self._known.add(change.name)
                named = change
            else:
                named = replace(change, name=OTHER)
            before = kept.get(named.name)
            kept[named.name] = before.then(named) if before else named
        return list(kept.values())


def _quiet_words(record: SourceRecord, now: datetime, at_least: timedelta) -> str | None:
    found = quiet_for(record, now, at_least)
    if found is None:
        return None
    silent, longest = found
    return f"nothing for {_span(silent)}; in the two weeks before, never silent for more than {_span(longest)}"


def _span(span: timedelta) -> str:
    seconds = span.total_seconds()
    for size, unit in _AGES:
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {unit}{'s' if count != 1 else ''}"
    return "less than a minute"
