"""What is asked of a running ledger: counts and the places where something happened. No question reads all entries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, select

from ledger.core.entry import REGISTERING
from ledger.core.model import ChainEvent, State
from ledger.store.coverage import dropped_size, segments
from ledger.store.engine import Database
from ledger.store.models import ENTRY, EVENT, LOG, OUTBOX
from ledger.store.rows import EVENTS, events

_HEAD = "HeadAdvanced"


class Overview(Database):
    """:class:`ledger.ports_watch.WatchedStore`, as far as the other parts of the store do not answer it."""

    def state_counts(self, registrar: str) -> Mapping[State, int]:
        """How many entries are in each state; counted from batches and the outbox, not entry by entry."""
        found: Counter[State] = Counter()
        with self.read() as connection:
            size = connection.execute(select(LOG.c.size).where(LOG.c.registrar == registrar)).scalar() or 0
            waits = connection.execute(
                select(func.min(OUTBOX.c.position)).where(OUTBOX.c.registrar == registrar)
            ).scalar()
            again = _waiting(connection, registrar, 0, dropped_size(connection, registrar))
            covered = 0
            for one in segments(connection, registrar):
                carried = one.stop - one.start
                if waits is not None and one.stop > waits:  # entries that the chain dropped wait again
                    carried -= _waiting(connection, registrar, one.start, one.stop)
                found[one.state] += carried
                covered += carried
        found[State.REORGED] += again
        found[State.SEQUENCED] += max(0, size - covered - again)
        return {state: count for state, count in found.items() if count}

    def written_since(self, registrar: str, since: datetime) -> int:
        """How many entries the log got at ``since`` or later."""
        query = select(func.count()).where(ENTRY.c.registrar == registrar, ENTRY.c.time >= since)
        with self.read() as connection:
            return connection.execute(query).scalar() or 0

    def images_in(self, registrar: str, start: int, end: int) -> int:
        """How many of the entries [start, end) register an image."""
        within = (ENTRY.c.registrar == registrar, ENTRY.c.position >= start, ENTRY.c.position < end)
        query = select(func.count()).where(*within, ENTRY.c.kind.in_(REGISTERING))
        with self.read() as connection:
            return connection.execute(query).scalar() or 0

    def head_before(self, registrar: str, moment: datetime) -> ChainEvent | None:
        """The indexed head of the highest sequence in a block of ``moment`` or earlier, or None."""
        query = _heads(registrar).where(EVENT.c.block_time <= int(moment.timestamp()))
        with self.read() as connection:
            return next(iter(events(connection, query.order_by(EVENT.c.sequence.desc()).limit(1))), None)

    def head_event(self, registrar: str, sequence: int) -> ChainEvent | None:
        """The indexed head of this sequence, or None."""
        query = _heads(registrar).where(EVENT.c.sequence == sequence)
        with self.read() as connection:
            return next(iter(events(connection, query.order_by(EVENT.c.block_number.desc()).limit(1))), None)

    def directory_events(self, registrar: str, limit: int = 100) -> Sequence[ChainEvent]:
        """The newest ``limit`` indexed events that are neither images nor heads, newest first.

        They have no position, as heads have none: that index holds as many rows as there are heads, not images.
        """
        query = EVENTS.where(EVENT.c.registrar == registrar, EVENT.c.position.is_(None), EVENT.c.name != _HEAD)
        query = query.order_by(EVENT.c.block_number.desc(), EVENT.c.log_index.desc()).limit(limit)
        with self.read() as connection:
            return events(connection, query)


def _heads(registrar: str) -> Select[Any]:
    return EVENTS.where(EVENT.c.registrar == registrar, EVENT.c.name == _HEAD, EVENT.c.sequence.is_not(None))


def _waiting(connection: Connection, registrar: str, low: int, high: int) -> int:
    """How many of the entries [low, high) are on the outbox."""
    position = OUTBOX.c.position
    query = select(func.count()).where(OUTBOX.c.registrar == registrar, position >= low, position < high)
    return connection.execute(query).scalar() or 0
