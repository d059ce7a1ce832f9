"""Telling the ledger what happened at a source: gathered, and told at most once a second."""

from __future__ import annotations

import time
from collections import Counter
from typing import Literal

from ledger.errors import OutageError
from ledger.gateway_sources import SourcesGateway
from ledger.schemas.sources import SourceCount

_EVERY_SECONDS = 1.0
_MOST_ENTRIES = 1000
Outcome = Literal["received", "registered", "failed"]


class Tally:
    """The counts of one source. ``totals`` has all since the start, by outcome."""

    def __init__(self, sources: SourcesGateway, name: str) -> None:
        self._sources = sources
        self._name = name
        self._gathered: Counter[tuple[Outcome, str | None]] = Counter()
        self._entries: list[str] = []
        self._waiting: int | None = None
        self._told_at = 0.0
        self._told_waiting = 0
        self.totals: Counter[str] = Counter()

    def count(self, outcome: Outcome, reason: str | None = None, entry: str | None = None) -> None:
        """One more of this outcome; ``reason`` is an error's code, ``entry`` the registration's id."""
        self._gathered[outcome, reason] += 1
        if entry is not None:
            self._entries = [*self._entries[1 - _MOST_ENTRIES :], entry]
        self.totals[outcome] += 1
        self.tell()

    def waits(self, number: int) -> None:
        """Exactly ``number`` wait now."""
        self._waiting = number
        self.tell()

    def tell(self, *, at_once: bool = False) -> None:
        """What was gathered is told, if the last time was a second ago; what an outage keeps back is told later."""
        if not at_once and time.monotonic() - self._told_at < _EVERY_SECONDS:
            return
        self._told_at = time.monotonic()
        counts = [
            SourceCount(
                source=self._name,
                outcome=outcome,
                reason=reason,
                number=number,
                entries=self._entries if outcome == "registered" else [],
            )
            for (outcome, reason), number in self._gathered.items()
        ]
        if self._waiting is not None and (counts or self._waiting != self._told_waiting):
            counts.append(SourceCount(source=self._name, outcome="waiting", number=self._waiting, exact=True))
        if not counts:
            return
        try:
            self._sources.add(counts[:1000])
        except OutageError:
            return
        self._gathered.clear()
        self._entries = []
        self._told_waiting = self._waiting or 0
