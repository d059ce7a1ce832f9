"""What a path of capture tells of each object, for the counts by source."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol

import structlog

from ledger.core.sources import OTHER, Outcome, reason_code, source_name
from ledger.errors import InputError, LedgerError
from ledger.gateway_sources import SourcesGateway
from ledger.schemas.sources import SourceCount

_MOST_AT_ONCE, _MOST_GATHERED = 1000, 10_000
_log = structlog.get_logger("ledger.capture")


class Counting(Protocol):
    """Counts objects by where they came from. Never raises: a count must not cost an image."""

    def count(self, source: str, outcome: Outcome, reason: str | None = None, entry: str | None = None) -> None:
        """One object of ``source`` got this far; ``reason`` is the code of an error, ``entry`` the registration."""


class NotCounted:
    """Counts nothing."""

    def count(self, source: str, outcome: Outcome, reason: str | None = None, entry: str | None = None) -> None:
        """Nothing happens."""


class CountsHere:
    """Counts in the sources of a ledger in this process, which gathers them itself."""

    def __init__(self, sources: Callable[[], SourcesGateway]) -> None:
        self._sources = sources

    def count(self, source: str, outcome: Outcome, reason: str | None = None, entry: str | None = None) -> None:
        """Counted; an error is only said in the log."""
        try:
            self._sources().add([_told(source, outcome, reason, entry)])
        except LedgerError as error:
            _log.warning("not counted", code=error.code)


class CountsThere:
    """Counts in the sources of a ledger behind a server: gathered, and told once a second. Close it at the end."""

    def __init__(self, sources: SourcesGateway) -> None:
        self._sources = sources
        self._gathered: list[SourceCount] = []
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="counts", daemon=True)
        self._thread.start()

    def count(self, source: str, outcome: Outcome, reason: str | None = None, entry: str | None = None) -> None:
        """It will be told; what waits beyond a bound during an outage is not."""
        told = _told(source, outcome, reason, entry)
        with self._lock:
            last = self._gathered[-1] if self._gathered else None
            if last and _alike(last, told) and len(last.entries) < _MOST_AT_ONCE:
                both = {"number": last.number + 1, "entries": last.entries + told.entries}
                self._gathered[-1] = told.model_copy(update=both)
            elif len(self._gathered) < _MOST_GATHERED:
                self._gathered.append(told)

    def close(self) -> None:
        """What was gathered is told, if the server takes it."""
        self._closing.set()
        self._thread.join(10)

    def _run(self) -> None:
        while not self._closing.wait(1.0):
            self._tell()
        self._tell()

    def _tell(self) -> None:
        with self._lock:
            some = self._gathered[:_MOST_AT_ONCE]
            del self._gathered[:_MOST_AT_ONCE]
        try:
            self._sources.add(some)
        except LedgerError as error:
            _log.warning("not counted yet", code=error.code, count=len(some))
            with self._lock:
                self._gathered[:0] = some


def _alike(one: SourceCount, other: SourceCount) -> bool:
    return (one.source, one.outcome, one.reason) == (other.source, other.outcome, other.reason)


def _told(source: str, outcome: Outcome, reason: str | None, entry: str | None) -> SourceCount:
    """The count, under *other* where the sender's name is none: senders choose their AE titles."""
    try:
        name = source_name(source)
    except InputError:
        name = OTHER
    return SourceCount(source=name, outcome=outcome, reason=reason_code(reason), entries=[entry] if entry else [])
