"""The sources of a ledger in this process: ``service.sources``."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ledger.bootstrap import Parts, utc_now
from ledger.errors import NotFound
from ledger.schemas.sources import Source, SourceCount
from ledger.sources import Sources, SourceState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ledger.core.sources import Outcome


class SourcesDesk:
    """:class:`ledger.gateway_sources.SourcesGateway` in process. Safe to share between threads."""

    def __init__(self, parts: Parts) -> None:
        self._sources = Sources(parts.store, utc_now, timedelta(hours=parts.settings.quiet_hours))
        parts.closing.callback(self._sources.close)

    def count(
        self, source: str, outcome: Outcome, reason: str | None = None, number: int = 1, entries: Sequence[str] = ()
    ) -> None:
        """``number`` objects of ``source`` had this outcome; it will be kept within a second."""
        self._sources.count(source, outcome, reason, number, entries)

    def waits(self, source: str, number: int) -> None:
        """Exactly ``number`` objects of ``source`` wait now."""
        self._sources.waits(source, number)

    def all(self) -> list[Source]:
        """Every source as of now, by name."""
        now = utc_now()
        return [_wire(state, now) for state in self._sources.all()]

    def add(self, counts: Sequence[SourceCount]) -> None:
        """All of ``counts``, in their order; see :meth:`ledger.gateway_sources.SourcesGateway.add`."""
        for one in counts:
            if one.exact:
                self.waits(one.source, one.number)
            elif one.number:
                self.count(one.source, one.outcome, one.reason, one.number, one.entries)

    def forget(self, source: str) -> None:
        """The source is gone with its counts and its alarm; NotFound."""
        if not self._sources.forget(source):
            raise NotFound("no source of that name", advice="medseal sources lists them.")


def _wire(state: SourceState, now: datetime) -> Source:
    record = state.record
    since, oldest = record.waiting_since, record.unanchored_since
    return Source(
        name=record.name,
        received=record.received,
        registered=record.registered,
        waiting=record.waiting,
        failed=record.failed,
        last_day=state.last_day,
        first_seen=record.first_seen,
        last_seen=record.last_seen,
        waiting_since=since,
        waiting_seconds=max(0.0, (now - since).total_seconds()) if since else None,
        unanchored=record.unanchored,
        unanchored_since=oldest,
        unanchored_seconds=max(0.0, (now - oldest).total_seconds()) if oldest else None,
        reason=record.reason,
        reason_at=record.reason_at,
        quiet=state.quiet,
    )
