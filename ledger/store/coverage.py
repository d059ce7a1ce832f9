"""Which batch covers which entries, which wait, and which wait again because the chain dropped them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, exists, false, func, not_, or_, select

from ledger.core.model import BatchState, State
from ledger.core.states import BY_BATCH
from ledger.store.models import BATCH, ENTRY, EVENT, OUTBOX

_WAITS = exists().where(OUTBOX.c.registrar == ENTRY.c.registrar, OUTBOX.c.position == ENTRY.c.position)


@dataclass(frozen=True)
class Segment:
    """Entries [start, stop) and the batch that covers them."""

    start: int
    stop: int
    sequence: int
    state: State


def segments(connection: Connection, registrar: str, low: int = 0, high: int | None = None) -> list[Segment]:
    """The segments of a log that touch [low, high], in order. Where batches overlap, the lower sequence counts:
    the higher one is of a chain that was dropped.
    """
    query = select(BATCH.c.first, BATCH.c.size, BATCH.c.sequence, BATCH.c.state)
    query = query.where(BATCH.c.registrar == registrar, BATCH.c.size > low).order_by(BATCH.c.sequence)
    if high is not None:
        query = query.where(BATCH.c.first <= high)
    found: list[Segment] = []
    end = 0
    for first, size, sequence, state in connection.execute(query):
        if size > end:
            found.append(Segment(max(first, end), size, sequence, BY_BATCH[BatchState(state)]))
            end = size
    return found


def sequence_at(of_log: list[Segment], index: int) -> int | None:
    """The sequence of the batch that covers ``index``."""
    at = bisect_right(of_log, index, key=lambda segment: segment.start) - 1
    return of_log[at].sequence if at >= 0 and index < of_log[at].stop else None


def waiting(connection: Connection, registrar: str, low: int, high: int) -> set[int]:
    """The indexes in [low, high] that are on the outbox."""
    query = select(OUTBOX.c.position).where(OUTBOX.c.registrar == registrar, OUTBOX.c.position.between(low, high))
    return set(connection.execute(query).scalars())


def dropped_size(connection: Connection, registrar: str) -> int:
    """The largest size of a head that the chain dropped: entries below it that wait were anchored before."""
    size = func.max(func.coalesce(EVENT.c.size, EVENT.c.position + 1))
    query = select(size).where(EVENT.c.registrar == registrar, EVENT.c.canonical.is_(False))
    return connection.execute(query).scalar() or 0


def in_state(connection: Connection, registrars: Iterable[str], state: State) -> ColumnElement[bool]:
    """The condition on log entries of these registrars to be in ``state``."""
    return or_(false(), *(_in_state(connection, registrar, state) for registrar in registrars))


def _in_state(connection: Connection, registrar: str, state: State) -> ColumnElement[bool]:
    of_log = ENTRY.c.registrar == registrar
    if state is State.REORGED:
        dropped = dropped_size(connection, registrar)
        return and_(of_log, ENTRY.c.position < dropped, _WAITS) if dropped else false()
    if state is State.SEQUENCED:
        waits = and_(of_log, _WAITS, ENTRY.c.position >= dropped_size(connection, registrar))
        return or_(waits, and_(uncovered(connection, registrar), not_(_WAITS)))
    found = segments(connection, registrar)
    return and_(of_log, or_(false(), *_ranges([one for one in found if one.state is state])), not_(_WAITS))


def uncovered(connection: Connection, registrar: str) -> ColumnElement[bool]:
    """The condition on log entries to be of this registrar and in no batch."""
    covered = or_(false(), *_ranges(segments(connection, registrar)))
    return and_(ENTRY.c.registrar == registrar, not_(covered))


def _ranges(found: list[Segment]) -> list[ColumnElement[bool]]:
    spans: list[tuple[int, int]] = []
    for one in found:
        if spans and spans[-1][1] == one.start:
            spans[-1] = (spans[-1][0], one.stop)
        else:
            spans.append((one.start, one.stop))
    return [and_(ENTRY.c.position >= start, ENTRY.c.position < stop) for start, stop in spans]
