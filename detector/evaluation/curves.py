"""The map of one regime: from a raw score to a probability, with thresholds, and with rates that no fit has seen.

The map and the thresholds in use follow from all held-out pictures. The stated figures (AUC, false alarms, misses)
follow from five folds of whole clusters: each picture is answered by a map and thresholds of the other four. A figure
of the pictures that a threshold was laid through would be that threshold's own definition. What this cannot mend: the
networks stop their training early on the same held-out side. NumPy and the standard library alone, since serving reads
this too.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from detector.evaluation.intervals import Floats, Ints, auc, bootstrap, clopper_pearson
from detector.types import Band

FALSE_ALARMS = 0.05
MISSES = 0.10
FRAMES = 8
"""Of how many frames the most suspicious one is judged at ``altered_above_of_8``."""
ALTERED_AT_LEAST, NO_TRACE_AT_MOST = 0.8, 0.2
ENOUGH = 25
"""Held-out pictures of each class that a curve needs to say anything but *inconclusive*."""
CHANCE = 0.025
"""A word is given only if chance alone would favour its own class as much as it did in less than this share."""
FOLDS = 5


@dataclass(frozen=True)
class Map:
    """From a score to a probability, and the probabilities above and under which a picture is called something.

    ``altered_above``: the pristine picture above which a new one is expected with a chance of at most FALSE_ALARMS, in
    each source with ENOUGH of them; ``no_trace_below`` likewise loses at most MISSES of the forgeries of each.
    ``altered_above_of_8`` is for the most suspicious of several frames, with a chance of at most FALSE_ALARMS /
    FRAMES; with fewer than 319 pristine pictures, too few to tell, the highest.
    """

    slope: float
    intercept: float
    centre: float
    scale: float
    altered_above: float
    no_trace_below: float
    altered_above_of_8: float

    def probability(self, score: float) -> float:
        """The probability that a picture with this score is forged, when half of all pictures are."""
        return float(self.probabilities(np.float64(score)))

    def probabilities(self, scores: npt.ArrayLike) -> Floats:
        """The same of many scores, any shape."""
        return _logistic(self.slope * _squeeze(scores, self.centre, self.scale) + self.intercept)


@dataclass(frozen=True)
class Curve(Map):
    """The map of one regime and how it did on held-out pictures, by folds (see the module).

    A picture is called altered above ``altered_above`` and no-trace under ``no_trace_below`` (probabilities), if on
    held-out pictures that word went to its own class more often than chance allows (:attr:`alarms_tell`,
    :attr:`clears_tell`): a search for copies that finds few forgeries and alarms on nothing else may say *altered*,
    although its area under the curve is poor. ``auc`` is that of the folds' probabilities, with its 95 % interval
    ``low`` to ``high``. ``false_alarm`` is the share of pristine pictures called altered, with the upper end of its
    95 % interval (Clopper-Pearson), ``caught`` the share of forgeries; ``miss`` is the share of forgeries called
    no-trace, ``cleared`` that of pristine pictures. All are of single pictures.
    """

    auc: float
    low: float
    high: float
    false_alarm: float
    false_alarm_high: float
    caught: float
    miss: float
    miss_high: float
    cleared: float
    n_pristine: int
    n_forged: int

    @property
    def enough(self) -> bool:
        """Whether it follows from enough held-out pictures of each class."""
        return min(self.n_pristine, self.n_forged) >= ENOUGH

    @property
    def alarms_tell(self) -> bool:
        """Whether held-out pictures show that *altered* is said of forgeries."""
        return self.enough and _by_chance(self.caught, self.n_forged, self.false_alarm, self.n_pristine) < CHANCE

    @property
    def clears_tell(self) -> bool:
        """Whether held-out pictures show that *no-trace* is said of pristine ones."""
        return self.enough and _by_chance(self.cleared, self.n_pristine, self.miss, self.n_forged) < CHANCE

    def band(self, probability: float, *, of: int = 1) -> Band:
        """What that probability may be called; ``of`` frames had none above it."""
        if self.alarms_tell and probability > (self.altered_above if of <= 1 else self.altered_above_of_8):
            return Band.ALTERED
        return Band.NO_TRACE if self.clears_tell and probability < self.no_trace_below else Band.INCONCLUSIVE


@lru_cache(maxsize=256)
def _by_chance(mine: float, of_mine: int, other: float, of_other: int) -> float:
    """Fisher's exact test, one-sided: how often, if a word fell on both classes alike, at least the share ``mine`` of
    ``of_mine`` pictures would have it, given how many of all had it (the share ``other`` of ``of_other`` included)."""
    hits = round(mine * of_mine)
    said = hits + round(other * of_other)
    ways = sum(math.comb(of_mine, k) * math.comb(of_other, said - k) for k in range(hits, min(said, of_mine) + 1))
    return ways / math.comb(of_mine + of_other, said)


def fit_curve(scores: Floats, labels: Ints, who: Ints, sources: Ints) -> Curve:
    """The curve of (n,) finite scores with both classes among them; ``who`` numbers the cluster of each, ``sources``
    where it comes from."""
    found = asdict(_fit_map(scores, labels, sources))
    p, altered, no_trace = _answered(scores, labels, who, sources)
    pristine, forged = int((labels == 0).sum()), int((labels == 1).sum())
    alarms, missed = int(altered[labels == 0].sum()), int(no_trace[labels == 1].sum())
    low, high = bootstrap(who.tolist(), lambda rows: auc(p[rows], labels[rows]))
    return Curve(
        **found,
        auc=auc(p, labels),
        low=0.0 if math.isnan(low) else low,
        high=1.0 if math.isnan(high) else high,
        false_alarm=alarms / pristine,
        false_alarm_high=clopper_pearson(alarms, pristine)[1],
        caught=float(altered[labels == 1].mean()),
        miss=missed / forged,
        miss_high=clopper_pearson(missed, forged)[1],
        cleared=float(no_trace[labels == 0].mean()),
        n_pristine=pristine,
        n_forged=forged,
    )


def _answered(
    scores: Floats, labels: Ints, who: Ints, sources: Ints
) -> tuple[Floats, npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """(n,) each: the probability of every picture by a map of the other folds, whether called altered, or no-trace.

    One half, and neither, where the other folds lack a class.
    """
    p = np.full(len(scores), 0.5)
    altered, no_trace = np.zeros(len(scores), np.bool_), np.zeros(len(scores), np.bool_)
    _, clusters = np.unique(who, return_inverse=True)
    fold = np.random.default_rng(0).permutation(int(clusters.max()) + 1)[clusters] % FOLDS
    for number in range(FOLDS):
        asked = fold == number
        if len(set(labels[~asked].tolist())) == 2:
            other = _fit_map(scores[~asked], labels[~asked], sources[~asked])
            p[asked] = other.probabilities(scores[asked])
            altered[asked], no_trace[asked] = p[asked] > other.altered_above, p[asked] < other.no_trace_below
    return p, altered, no_trace


def _fit_map(scores: Floats, labels: Ints, sources: Ints) -> Map:
    centre = float(np.median(scores))
    scale = float(np.subtract(*np.quantile(scores, [0.75, 0.25]))) or float(scores.std()) or 1.0
    x = _squeeze(scores, centre, scale)
    slope, intercept = _platt(x, labels)
    p = _logistic(slope * x + intercept)
    pristine, forged = (_by_source(p, labels == label, sources) for label in (0, 1))
    single, of_8 = (max(_ranked(one, share) for one in pristine) for share in (FALSE_ALARMS, FALSE_ALARMS / FRAMES))
    return Map(
        slope=slope,
        intercept=intercept,
        centre=centre,
        scale=scale,
        altered_above=max(ALTERED_AT_LEAST, single),
        no_trace_below=min(NO_TRACE_AT_MOST, *(float(np.sort(one)[int(MISSES * len(one))]) for one in forged)),
        altered_above_of_8=max(ALTERED_AT_LEAST, of_8),
    )


def _by_source(p: Floats, chosen: npt.NDArray[np.bool_], sources: Ints) -> list[Floats]:
    """The chosen pictures, and those of each source that has enough of them: scores of one source may all lie higher
    than of another, and a threshold has to hold for each."""
    parts = [p[chosen & (sources == source)] for source in np.unique(sources)]
    return [p[chosen], *(part for part in parts if len(part) >= ENOUGH)]


def _ranked(pristine: Floats, share: float) -> float:
    """Above which a new picture of the kind lies with a chance of at most ``share``; the highest where they are few."""
    return float(np.sort(pristine)[::-1][max(0, int(share * (len(pristine) + 1)) - 1)])


def _logistic(x: npt.ArrayLike) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(x, -40.0, 40.0))), dtype=np.float64)


def _squeeze(scores: npt.ArrayLike, centre: float, scale: float) -> Floats:
    """Standardised scores whose tails are drawn in, so that one huge score does not decide the map."""
    return np.asarray(np.arcsinh((np.asarray(scores, dtype=np.float64) - centre) / scale), dtype=np.float64)


def _platt(x: Floats, labels: Ints) -> tuple[float, float]:
    """Slope (never negative) and intercept of the logistic map, by Newton steps; each class weighs one half. A falling
    map is taken for none: one half everywhere."""
    forged = int(labels.sum())
    pristine = len(labels) - forged
    target = np.where(labels == 1, (forged + 1) / (forged + 2), 1 / (pristine + 2))
    weight = np.where(labels == 1, 0.5 / forged, 0.5 / pristine)
    design = np.stack([x, np.ones_like(x)], axis=1)
    theta = np.zeros(2)
    for _ in range(100):
        p = _logistic(design @ theta)
        gradient = design.T @ (weight * (p - target)) + 1e-6 * theta
        bend = (design * (weight * p * (1 - p))[:, None]).T @ design + 1e-6 * np.eye(2)
        step = np.linalg.solve(bend, gradient)
        theta -= step / max(1.0, float(np.abs(step).max()) / 2.0)
        if np.abs(step).max() < 1e-9:
            break
    if theta[0] > 0:
        return float(theta[0]), float(theta[1])
    return 0.0, 0.0
