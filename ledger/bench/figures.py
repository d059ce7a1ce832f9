"""Figures: what was measured, against a target, beside a bare cost; and the little statistics behind them."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

RATE = "/s"


@dataclass(frozen=True)
class Target:
    """What a figure should reach: at least ``limit`` for a rate, at most for everything else."""

    limit: float
    later: bool = False
    """A gate of a later release: shown, not due yet."""


@dataclass(frozen=True)
class Bare:
    """What cannot be left out of the same work, measured in the same run, in the figure's unit."""

    what: str
    value: float


@dataclass(frozen=True)
class Figure:
    """One measured value. ``values`` are the single runs that ``value`` is the middle or a quantile of."""

    suite: str
    what: str
    value: float
    unit: str
    target: Target | None = None
    bare: Bare | None = None
    values: Sequence[float] = ()

    @property
    def met(self) -> bool | None:
        """Whether the target is reached; None without one."""
        if self.target is None:
            return None
        return self.value >= self.target.limit if self.unit == RATE else self.value <= self.target.limit

    @property
    def margin(self) -> float | None:
        """How many times better than its target the figure is; below 1 it misses it. None without a target."""
        return None if self.target is None else _times(self.value, self.target.limit, self.unit)

    @property
    def ratio(self) -> float | None:
        """How many times the bare cost the figure stands for; None without a bare cost."""
        return None if self.bare is None else _times(self.bare.value, self.value, self.unit)


def _times(better: float, worse: float, unit: str) -> float:
    high, low = (better, worse) if unit == RATE else (worse, better)
    return high / low if low else math.inf


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest of ``values`` that at least ``share`` of them do not exceed (nearest rank); share in (0, 1]."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def median(values: Iterable[float]) -> float:
    """The middle value, or the mean of the two in the middle."""
    ordered = sorted(values)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def seconds(work: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    """What one call takes by ``clock``: wall time, or processor time with ``time.process_time``."""
    start = clock()
    work()
    return clock() - start


def side_by_side(
    rounds: int, *works: Callable[[], object], clock: Callable[[], float] = time.perf_counter
) -> tuple[list[float], ...]:
    """What each work takes in seconds, in turns, so that load on the machine falls on all alike.

    Each work runs once before, unmeasured.
    """
    for work in works:
        work()
    times: tuple[list[float], ...] = tuple([] for _ in works)
    for _ in range(rounds):
        for work, taken in zip(works, times, strict=True):
            taken.append(seconds(work, clock))
    return times


def milliseconds(values: Iterable[float]) -> list[float]:
    return [value * 1000 for value in values]
