"""Areas under the curve and intervals of rates. NumPy and the standard library alone, since serving reads them too."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def auc(scores: npt.ArrayLike, labels: npt.ArrayLike) -> float:
    """The chance that a forged picture (label 1) scores above a pristine one (label 0); ties count half.

    NaN when one class is empty. (Mann and Whitney 1947.)
    """
    values, truth = np.asarray(scores, dtype=np.float64), np.asarray(labels).astype(bool)
    forged = int(truth.sum())
    pristine = len(truth) - forged
    if not forged or not pristine:
        return math.nan
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2.0)[inverse]
    return float((ranks[truth].sum() - forged * (forged + 1) / 2) / (forged * pristine))


def clopper_pearson(hits: int, total: int, level: float = 0.95) -> tuple[float, float]:
    """The exact interval of a rate (Clopper and Pearson 1934); (0, 1) when nothing was counted."""
    if total == 0:
        return 0.0, 1.0
    tail = (1 - level) / 2
    low = 0.0 if hits == 0 else _solve(lambda p: 1 - _at_most(hits - 1, total, p) - tail)
    high = 1.0 if hits == total else _solve(lambda p: tail - _at_most(hits, total, p))
    return low, high


def wilson(hits: int, total: int, level: float = 0.95) -> tuple[float, float]:
    """The score interval of a rate (Wilson 1927), never of no width; (0, 1) when nothing was counted."""
    if total == 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf((1 + level) / 2)
    p, spread = hits / total, z * z / total
    middle, half = p + spread / 2, z * math.sqrt(p * (1 - p) / total + spread / (4 * total))
    return max(0.0, (middle - half) / (1 + spread)), min(1.0, (middle + half) / (1 + spread))


def _at_most(hits: int, total: int, p: float) -> float:
    """P(X <= hits) for X binomial."""
    if p <= 0.0 or p >= 1.0:
        return 1.0 if p <= 0.0 or hits >= total else 0.0
    whole = math.lgamma(total + 1)
    logs = (
        whole - math.lgamma(k + 1) - math.lgamma(total - k + 1) + k * math.log(p) + (total - k) * math.log1p(-p)
        for k in range(hits + 1)
    )
    return min(1.0, math.fsum(math.exp(value) for value in logs))


def _solve(rising: Callable[[float], float]) -> float:
    """Where ``rising`` crosses zero in 0..1, by bisection."""
    low, high = 0.0, 1.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < 0 else (low, middle)
    return (low + high) / 2


def bootstrap(
    clusters: Sequence[Hashable],
    statistic: Callable[[Ints], float],
    *,
    seed: int = 0,
    rounds: int = 500,
    level: float = 0.95,
) -> tuple[float, float]:
    """The percentile interval of ``statistic(row numbers)`` when whole clusters are drawn again (Efron 1979).

    ``clusters`` names the cluster of each row: pictures of one patient or pair are not independent, so they come and
    go together. Draws for which the statistic is NaN (a class is empty) are left out; (NaN, NaN) when none is left.
    """
    members: dict[Hashable, list[int]] = {}
    for row, cluster in enumerate(clusters):
        members.setdefault(cluster, []).append(row)
    rows = [np.asarray(found, dtype=np.int64) for found in members.values()]
    if not rows:
        return math.nan, math.nan
    rng = np.random.default_rng(seed)
    values = [
        statistic(np.concatenate([rows[i] for i in rng.integers(0, len(rows), len(rows))])) for _ in range(rounds)
    ]
    return quantile_interval(values, level)


def quantile_interval(values: Sequence[float], level: float = 0.95) -> tuple[float, float]:
    """The central ``level`` of the values that are numbers; (NaN, NaN) when there is none."""
    kept: npt.NDArray[Any] = np.asarray([value for value in values if not math.isnan(value)])
    if not kept.size:
        return math.nan, math.nan
    low, high = np.quantile(kept, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
