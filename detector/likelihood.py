"""How much more probable an answer is of a forged picture than of a pristine one, and how far that is supported.

At a prior of one half the odds of a calibrated probability, p / (1 - p), are the likelihood ratio P(evidence | forged)
/ P(evidence | pristine). The logistic map goes on rising where no held-out picture lies. So the ratio is held between
bounds in the manner of the empirical lower and upper bound (Vergeer, van Es, de Jongh, Alberink and Stoel 2016,
*Numerical likelihood ratios outputted by LR systems are often based on extrapolation: When to stop extrapolating?*,
Science & Justice 56, 482-491).

Their criterion is kept: one misleading picture is added to each class, and a ratio t is supported if deciding by the
method, at prior odds of 1 / t, then errs no more often than deciding without it (a normalized Bayes error of at most
1). They decide at the ratio t itself. Ours is simpler: a calibration keeps counts at two borders, those of *altered*
and of *no-trace*, so these are the decisions. With F forged and P pristine held-out pictures, of which A and B lie
above a border::

    upper     = max(1, A / (F + 1) * (P + 1) / (B + 1))              the better of both borders
    1 / lower = max(1, (P - B) / (P + 1) * (F + 1) / (F - A + 1))    likewise

A border counts only where held-out pictures showed, beyond chance, that its word tells; where none does, the ratio is
1. So the upper bound is under P + 1 and the lower one above 1 / (F + 1), whatever was counted. The counts are those of
pictures that the map was not fitted to (:mod:`detector.evaluation.curves`).
"""

from __future__ import annotations

import math
from typing import NamedTuple

from detector.evaluation.curves import Curve


class Likelihood(NamedTuple):
    """A likelihood ratio, ``low <= ratio <= high`` and ``low <= 1 <= high``."""

    ratio: float
    low: float
    high: float


def likelihood(curve: Curve, probability: float) -> Likelihood | None:
    """The ratio of ``probability`` (prior one half) held within :func:`bounds`; None where there are none."""
    found = bounds(curve)
    if found is None:
        return None
    low, high = found
    odds = probability / (1.0 - probability) if probability < 1.0 else math.inf
    return Likelihood(min(max(odds, low), high), low, high)


def bounds(curve: Curve) -> tuple[float, float] | None:
    """The least and the largest ratio that the held-out pictures of ``curve`` support (see the module).

    None where these are too few for the curve to say anything but *inconclusive*.
    """
    if not curve.enough:
        return None
    forged, pristine = curve.n_forged, curve.n_pristine
    # A border counts only where its word is given: chance alone could have made the counts of the others.
    above = []
    if curve.alarms_tell:
        above.append((round(curve.caught * forged), round(curve.false_alarm * pristine)))
    if curve.clears_tell:
        above.append((forged - round(curve.miss * forged), pristine - round(curve.cleared * pristine)))
    for_forged = (_supported(a, forged, b, pristine) for a, b in above)
    for_pristine = (_supported(pristine - b, pristine, forged - a, forged) for a, b in above)
    return 1.0 / max([1.0, *for_pristine]), max([1.0, *for_forged])


def _supported(right: int, of_right: int, wrong: int, of_wrong: int) -> float:
    """The ratio that a word supports which falls on ``right`` pictures of its own class and ``wrong`` of the other,
    once each class has one more picture that misleads."""
    return right / (of_right + 1) * (of_wrong + 1) / (wrong + 1)
