"""Which grey level of the disputed picture a registered value became: a window, a gamma, an inversion, or nothing.

A straight line cut off at both ends (a window: PS3.3 C.11.2.1.2) is fitted first, robustly, so that a changed region
cannot bend it. Where a free rising or falling curve (isotonic regression of the medians by value) explains the picture
clearly better, the curve is taken. Values that occur in one place only have no say in either, or a changed place would
explain itself: the curve passes them by between their neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Counts = npt.NDArray[np.int64]
    Numbers = npt.NDArray[np.float64]
    Picture = npt.NDArray[np.float32]
    Where = npt.NDArray[np.bool_]

_BINS = 400
_LEAST_IN_BIN = 12
_MOST_WEIGHT = 60
_ROUNDS = 12
_CONFINED = 0.15
_FEWEST_BINS = 8
_MARGIN = 32
_NARROW_RANGE = 20
_OF_STEP = 0.25
_ON_LINE = 0.7
_CUT, _NARROW = 0.05, 0.4
_AS_GOOD = 1.1, 0.2


@dataclass(frozen=True)
class Tone:
    """A curve through ``knots`` → ``levels``, straight between them and level outside. ``free``: no straight line;
    then ``known`` are the least and greatest value that it was fitted to, and what is beyond is extrapolated. ``rival``
    is the other of the two, where there is one."""

    knots: Numbers
    levels: Numbers
    free: bool
    known: tuple[float, float]
    rising: bool
    rival: Tone | None = None

    @property
    def bent(self) -> float:
        """0 for a straight line over the values it was fitted to, 1 for one that is cut off within them; between, four
        times the greatest distance of a free curve from the line through its ends, as a share of its range."""
        low, high = self.known
        margin = 0.01 * (high - low)
        if not self.free:
            return float(self.knots[1] > low + margin or self.knots[-2] < high - margin)
        inner = (self.knots >= low) & (self.knots <= high)
        knots, levels = self.knots[inner], self.levels[inner]
        chord = np.interp(knots, (low, high), (levels[0], levels[-1]))
        return min(1.0, 4 * float(np.abs(levels - chord).max() / max(float(np.ptp(levels)), 1e-9)))

    def __call__(self, values: Picture) -> Picture:
        """The levels that ``values`` became."""
        return np.interp(values, self.knots, self.levels).astype(np.float32)


@dataclass(frozen=True)
class _Points:
    values: Numbers
    levels: Numbers
    weights: Numbers
    least: float
    greatest: float
    rising: bool
    span: tuple[float, float]


def fit_tone(values: Picture, levels: Picture, inside: Where, unit: float) -> Tone:
    """The curve from registered ``values`` to disputed ``levels``, each (rows, columns), over the cells ``inside``.

    ``unit`` is one grey level, 1 for a picture of 8 bits, whose levels are cut off at 0 and 255 if anywhere. A picture
    of too few values gives a level curve.
    """
    points = _points(values.astype(np.float64), levels.astype(np.float64), inside, unit)
    if len(points.values) < 4:
        middle = float(np.median(levels[inside]))
        ends = np.array([points.values[0] - 1, points.values[0] + 1])
        return Tone(ends, np.array([middle, middle]), False, (float(ends[0]), float(ends[1])), True)
    curve, line = _curve(points), _line(points, unit)
    if line is None:
        return curve
    tone, slope, offset = line
    raw = slope * points.values + offset
    # Near a cut-off a cell holds pixels from both sides of it; there a line is not to be judged.
    cut = np.minimum(np.abs(raw - points.least), np.abs(raw - points.greatest)) < 16 * unit
    weights = np.where(cut, 0.05 * points.weights, points.weights)
    straight, free = (_misfit(each, points, weights, unit) for each in (tone, curve))
    straighter = straight <= 1.2 * free + 0.35 * unit and _near(tone, curve, points, weights, unit)
    return replace(tone, rival=curve) if straighter else replace(curve, rival=tone)


def narrow_window(
    tone: Tone, values: Picture, levels: Picture, deviations: Picture, inside: Where, unit: float
) -> Tone:
    """The cut-off line in place of a free ``tone`` where the flat cells lie on one; otherwise ``tone`` itself.

    The other arguments are as for :func:`fit_tone`; ``deviations`` are those of the samples within the cells. In a
    narrow window most cells with an edge in them hold pixels from beyond both ends, and the curve through their means
    is another one than that of the pixels. So only the flatter half of the cells far from both ends has a say.
    """
    if not tone.free:
        return tone
    ends = (0.0, 255.0) if unit == 1.0 else (float(levels[inside].min()), float(levels[inside].max()))
    margin = _MARGIN * unit
    flat = _flatter(inside & (levels > ends[0] + margin) & (levels < ends[1] - margin), deviations)
    if flat.sum() < _FEWEST_BINS * _LEAST_IN_BIN:
        return tone
    points = _points(values.astype(np.float64), levels.astype(np.float64), flat, unit)
    span = (float(values[inside].min()), float(values[inside].max()))
    line = _line(replace(points, least=ends[0], greatest=ends[1], span=span), unit)
    step = float(np.median(np.diff(np.unique(values[flat])))) if np.ptp(values[flat]) > 0 else 0.0
    if line is None or not _on_line(line, points, step, unit):
        return tone
    good = _is_narrow(line[0], values[inside]) and _as_good(
        line[0], tone, values, levels, _flatter(inside, deviations), unit
    )
    return replace(line[0], rival=tone) if good else tone


def _is_narrow(line: Tone, values: Picture) -> bool:
    """Whether the line cuts off a good part of the values, and rises over a small part of their range. What looks like
    a wide window and is none is a gamma."""
    low, high = float(line.knots[1]), float(line.knots[-2])
    span = float(np.subtract(*np.percentile(values, (99.5, 0.5))))
    cut = float(np.mean((values < low) | (values > high)))
    return cut >= _CUT and high - low <= _NARROW * span


def _flatter(where: Where, deviations: Picture) -> Where:
    """The half of the cells ``where`` with the smaller deviations."""
    return where & (deviations <= np.median(deviations[where])) if where.any() else where


def _as_good(line: Tone, tone: Tone, values: Picture, levels: Picture, flat: Where, unit: float) -> bool:
    """Whether the line explains the cells ``flat`` about as well as the free curve does, of those that are not black
    or white by both. A gamma looks like a line in the middle of its range, and is none beyond it."""
    first, second = line(values), tone(values)
    ends = line.levels.min() + unit, line.levels.max() - unit
    told = flat & ((np.minimum(first, second) < ends[1]) & (np.maximum(first, second) > ends[0]))
    if not told.any():
        return False
    straight, free = (np.minimum(np.abs(levels - each)[told], 6 * unit).mean() for each in (first, second))
    return bool(straight <= _AS_GOOD[0] * free + _AS_GOOD[1] * unit)


def _on_line(line: tuple[Tone, float, float], points: _Points, step: float, unit: float) -> bool:
    """Whether the points span enough and nearly all lie on the line, as far as values in steps of ``step`` can say."""
    tone, slope, _ = line
    away = np.abs(points.levels - np.interp(points.values, tone.knots, tone.levels))
    near = away <= max(1.5 * unit, _OF_STEP * abs(slope) * step)
    wide = np.ptp(points.levels) >= _NARROW_RANGE * unit
    return bool(wide and np.average(near, weights=points.weights) >= _ON_LINE)


def _near(tone: Tone, curve: Tone, points: _Points, weights: Numbers, unit: float) -> bool:
    """Whether the line stays within 1.5 grey levels of the curve over all but a twentieth of what counts."""
    apart = np.abs(
        np.interp(points.values, tone.knots, tone.levels) - np.interp(points.values, curve.knots, curve.levels)
    )
    return bool(weights[apart > 1.5 * unit].sum() <= 0.05 * weights.sum())


def _points(values: Numbers, levels: Numbers, inside: Where, unit: float) -> _Points:
    """The median level by value, in bins of equal width that hold a dozen cells at least and lie not in one place."""
    y, x = np.nonzero(inside)
    values, levels = values[inside], levels[inside]
    starts, counts, ordered = _grouped(values, levels)
    values, levels, y, x = values[ordered], levels[ordered], y[ordered], x[ordered]
    means, medians = _mean(values, starts, counts), _median(levels, starts, counts)
    weights = np.minimum(counts, _MOST_WEIGHT).astype(np.float64)
    spreads = np.sqrt(_variance(y, starts, counts) + _variance(x, starts, counts)) / max(inside.shape)
    kept = spreads >= _CONFINED
    if kept.sum() < max(_FEWEST_BINS, len(kept) // 4):
        kept[:] = True
    ends = (0.0, 255.0) if unit == 1.0 else (float(levels.min()), float(levels.max()))
    span = (float(means[0]), float(means[-1]))
    means, medians, weights = means[kept], medians[kept], weights[kept]
    return _Points(means, medians, weights, *ends, _rises(means, medians, weights), span)


def _grouped(values: Numbers, levels: Numbers) -> tuple[Counts, Counts, Counts]:
    """Bins of the values: where each begins and how many it holds, and the order that brings the cells into them, by
    level within each."""
    order = np.argsort(values, kind="stable")
    starts = np.array(_starts(values[order]))
    counts = np.diff(np.append(starts, len(values)))
    within = np.lexsort((levels[order], np.repeat(np.arange(len(starts)), counts)))
    return starts, counts, order[within]


def _starts(values: Numbers) -> list[int]:
    """Where the bins of the ordered ``values`` begin."""
    span = max(values[-1] - values[0], 1e-12)
    number = np.minimum(((values - values[0]) / span * _BINS).astype(int), _BINS - 1)
    edges = [0]
    for cut in (np.flatnonzero(np.diff(number)) + 1).tolist():
        if cut - edges[-1] >= _LEAST_IN_BIN:
            edges.append(cut)
    if len(edges) > 1 and len(values) - edges[-1] < _LEAST_IN_BIN:
        edges.pop()
    return edges


def _mean(values: Numbers, starts: Counts, counts: Counts) -> Numbers:
    return np.asarray(np.add.reduceat(values, starts) / counts, np.float64)


def _median(ordered: Numbers, starts: Counts, counts: Counts) -> Numbers:
    return np.asarray((ordered[starts + (counts - 1) // 2] + ordered[starts + counts // 2]) / 2)


def _variance(places: Counts, starts: Counts, counts: Counts) -> Numbers:
    mean = _mean(places.astype(np.float64), starts, counts)
    return np.maximum(_mean(places.astype(np.float64) ** 2, starts, counts) - mean * mean, 0)


def _rises(x: Numbers, y: Numbers, weights: Numbers) -> bool:
    mean_x, mean_y = np.average(x, weights=weights), np.average(y, weights=weights)
    return bool(np.average((x - mean_x) * (y - mean_y), weights=weights) >= 0)


def _line(points: _Points, unit: float) -> tuple[Tone, float, float] | None:
    """The cut-off line with its slope and offset; None where no line has the picture's direction."""
    x, y = points.values, points.levels
    free = (y > points.least + 2 * unit) & (y < points.greatest - 2 * unit)
    if free.sum() < 4:
        return None
    base = np.where(free, points.weights, 0.0)
    weights, slope, offset = base, 0.0, 0.0
    for _ in range(_ROUNDS):
        total = weights.sum()
        mean_x, mean_y = (weights * x).sum() / total, (weights * y).sum() / total
        slope = float((weights * (x - mean_x) * (y - mean_y)).sum() / max((weights * (x - mean_x) ** 2).sum(), 1e-12))
        offset = float(mean_y - slope * mean_x)
        away = y - slope * x - offset
        scale = max(float(np.median(np.abs(away[free]))) * 1.48, 0.15 * unit)
        weights = base / (1 + (away / (2 * scale)) ** 2)
    if slope == 0 or (slope > 0) != points.rising:
        return None
    ends = np.sort([(points.least - offset) / slope, (points.greatest - offset) / slope])
    knots = np.unique([min(points.span[0], ends[0]) - 1, *ends, max(points.span[1], ends[1]) + 1])
    levels = np.clip(slope * knots + offset, points.least, points.greatest)
    return Tone(knots, levels, False, points.span, points.rising), slope, offset


def _curve(points: _Points) -> Tone:
    x, y = points.values, points.levels
    smooth = y.copy()
    if len(y) >= 5:
        padded = np.pad(y, 2, mode="edge")
        smooth[1:-1] = np.median([padded[k : k + len(y)] for k in range(5)], axis=0)[1:-1]
    sign = 1.0 if points.rising else -1.0
    levels = sign * _isotonic(sign * smooth, points.weights)
    reach, last = min(6, len(x) - 1), len(x) - 1
    below, above = (0.2 * (x[-1] - x[0]) + gap for gap in (x[0] - points.span[0], points.span[1] - x[-1]))
    start = (levels[reach] - levels[0]) / max(x[reach] - x[0], 1e-9)
    end = (levels[-1] - levels[last - reach]) / max(x[-1] - x[last - reach], 1e-9)
    knots = np.concatenate(([x[0] - below], x, [x[-1] + above]))
    outer = np.concatenate(([levels[0] - start * below], levels, [levels[-1] + end * above]))
    outer = np.clip(outer, points.least, points.greatest)
    return Tone(knots, outer, True, (float(x[0]), float(x[-1])), points.rising)


def _isotonic(levels: Numbers, weights: Numbers) -> Numbers:
    """The rising sequence nearest to ``levels`` by weighted squares (pool adjacent violators)."""
    means: list[float] = []
    totals: list[float] = []
    counts: list[int] = []
    for level, weight in zip(levels, weights, strict=True):
        means.append(float(level))
        totals.append(float(weight))
        counts.append(1)
        while len(means) > 1 and means[-2] > means[-1]:
            mean, total, count = means.pop(), totals.pop(), counts.pop()
            both = totals[-1] + total
            means[-1] = (means[-1] * totals[-1] + mean * total) / both
            totals[-1], counts[-1] = both, counts[-1] + count
    return np.repeat(means, counts)


def _misfit(tone: Tone, points: _Points, weights: Numbers, unit: float) -> float:
    away = np.abs(points.levels - np.interp(points.values, tone.knots, tone.levels))
    return float(np.average(np.minimum(away, 6 * unit), weights=weights))
