"""From a raw score to a probability, a band and stated error rates, by the regime of the file.

Whether a forgery leaves a usable trace depends on the file's save history, so one map from score to probability would
be wrong nearly everywhere. Each regime with enough held-out pictures has its own; the others share the map ``all``.

Our choices: Platt's logistic map with his smoothed targets (Platt 1999) over ``asinh`` of the standardised score,
never falling, both classes weighing the same. So the **prior is one half**: a probability is what the picture adds,
not how often pictures are forged in a hospital. ``altered`` begins where at most 5 % of the held-out pristine pictures
lie above, and never under a probability of 0.8: a word that strong wants evidence that makes forgery four times as
likely, and a weak method whose rarest scores mean next to nothing never gives it. ``no-trace`` ends where at most 10 %
of the held-out forgeries lie below, and never above 0.2. A regime in which the interval of the area under the curve
reaches down to one half says nothing but *inconclusive*.
"""

from __future__ import annotations

import json
import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from detector.errors import UnusableData, WeightsUnusable
from detector.evaluation.intervals import Floats, Ints, auc, bootstrap, clopper_pearson
from detector.evaluation.metrics import BINS, area_percent, pixel_f1, true_percent
from detector.types import Band

FORMAT = 1
ALL = "all"
PRIOR = 0.5
FALSE_ALARMS = 0.05
MISSES = 0.10
ALTERED_AT_LEAST, NO_TRACE_AT_MOST = 0.8, 0.2
ENOUGH = 25
"""Held-out pictures of each class that a regime needs for a map of its own."""


@dataclass(frozen=True)
class Calibrated:
    """What a score means: ``probability`` at prior one half, ``band``, and the error ``rates`` behind the band."""

    probability: float
    band: Band
    rates: Mapping[str, float | int | str]


@dataclass(frozen=True)
class Curve:
    """The map of one regime and how it did on the held-out side.

    A picture is called altered above ``altered_above`` and no-trace under ``no_trace_below`` (probabilities), and
    neither unless ``low``, the lower end of the 95 % interval of ``auc``, is above one half. ``false_alarm`` is the
    share of pristine pictures called altered, with the upper end of its 95 % interval (Clopper-Pearson);
    ``miss`` the share of forgeries called no-trace.
    """

    slope: float
    intercept: float
    centre: float
    scale: float
    altered_above: float
    no_trace_below: float
    auc: float
    low: float
    high: float
    false_alarm: float
    false_alarm_high: float
    miss: float
    miss_high: float
    n_pristine: int
    n_forged: int

    @property
    def usable(self) -> bool:
        """Whether scores of this regime tell forged from pristine at all."""
        return self.low > 0.5

    def probability(self, score: float) -> float:
        """The probability that a picture with this score is forged, when half of all pictures are."""
        return float(_logistic(self.slope * _squeeze(np.float64(score), self.centre, self.scale) + self.intercept))

    def band(self, probability: float) -> Band:
        """What that probability may be called."""
        if not self.usable or math.isnan(probability):
            return Band.INCONCLUSIVE
        if probability > self.altered_above:
            return Band.ALTERED
        return Band.NO_TRACE if probability < self.no_trace_below else Band.INCONCLUSIVE


@dataclass(frozen=True)
class Calibration:
    """All maps of one method, its one mask threshold, and how far its area is off.

    ``mask_threshold`` (0..1) is fixed for the method: the mask is ``heat >= mask_threshold``. ``area_low`` and
    ``area_high`` are the 5 % and 95 % quantiles of true minus predicted area over held-out forgeries, in points.
    """

    curves: Mapping[str, Curve]
    mask_threshold: float = 0.5
    area_low: float = -100.0
    area_high: float = 100.0

    @classmethod
    def fit(
        cls,
        scores: npt.ArrayLike,
        labels: npt.ArrayLike,
        regimes: Sequence[str],
        *,
        heat: Sequence[Ints] = (),
        clusters: Sequence[Hashable] | None = None,
    ) -> Calibration:
        """The calibration of held-out pictures: raw scores, labels (1 forged), regimes, all (n,).

        ``heat`` holds ``metrics.heat_histogram(heat map, mask)`` of held-out forgeries; without any, the mask
        threshold is 0.5 and the area interval is everything. ``clusters`` names what is drawn together when the
        interval of the area under the curve is made (each picture by itself when not given). Scores that are NaN (not
        applicable) are left out. UnusableData when a class has fewer than two pictures.
        """
        values, truth = np.asarray(scores, dtype=np.float64), np.asarray(labels).astype(np.int64)
        names = np.asarray([str(regime) for regime in regimes])
        who = (
            np.arange(len(values))
            if clusters is None
            else np.unique([str(c) for c in clusters], return_inverse=True)[1]
        )
        kept = np.isfinite(values)
        values, truth, names, who = values[kept], truth[kept], names[kept], who[kept]
        least = min(int(truth.sum()), int((1 - truth).sum()))
        if least < 2:
            raise UnusableData(f"expected at least 2 scored pictures of each class to calibrate on, found {least}")
        curves = {ALL: _fit_curve(values, truth, who)}
        for name in sorted(set(names.tolist())):
            mine = names == name
            if min(int(truth[mine].sum()), int((1 - truth[mine]).sum())) >= ENOUGH:
                curves[name] = _fit_curve(values[mine], truth[mine], who[mine])
        return cls(curves, *_fit_masks(heat))

    def apply(self, score: float, regime: str) -> Calibrated:
        """What ``score`` means in ``regime``; a regime without a map of its own is answered from the map ``all``."""
        name = str(regime) if str(regime) in self.curves else ALL
        curve = self.curves[name]
        probability = curve.probability(score)
        return Calibrated(probability, curve.band(probability), _rates(name, curve))

    def area_interval(self, percent: float) -> tuple[float, float]:
        """The 90 % interval of the true forged share (percent) where ``percent`` was predicted, for forged pictures."""
        low, high = percent + self.area_low, percent + self.area_high
        return min(max(low, 0.0), 100.0), min(max(high, 0.0), 100.0)

    def save(self, path: Path) -> None:
        """Write it as JSON to ``path``."""
        body = asdict(self) | {"curves": {name: asdict(curve) for name, curve in self.curves.items()}}
        path.write_text(json.dumps({"format": FORMAT, "prior": PRIOR} | body, indent=1) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Calibration:
        """The calibration saved at ``path``; WeightsUnusable when it is missing, of another format, or out of range."""
        try:
            body = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise WeightsUnusable(f"expected a calibration at {path}, found none that can be read: {error}") from error
        try:
            return _from_json(body)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise WeightsUnusable(f"expected a calibration of format {FORMAT} at {path}, found: {error}") from error


def _from_json(body: Mapping[str, Any]) -> Calibration:
    if body["format"] != FORMAT or body["prior"] != PRIOR:
        raise ValueError(f"format {body['format']}, prior {body['prior']}")
    whole = {"n_pristine", "n_forged"}
    curves: dict[str, Curve] = {}
    for name, raw in body["curves"].items():
        if set(raw) != {field.name for field in fields(Curve)}:
            raise ValueError(f"the fields {', '.join(sorted(raw))} in {name}")
        numbers: dict[str, Any] = {key: int(value) if key in whole else float(value) for key, value in raw.items()}
        curves[name] = Curve(**numbers)
    found = Calibration(curves, *(float(body[key]) for key in ("mask_threshold", "area_low", "area_high")))
    _check(found)
    return found


def _check(found: Calibration) -> None:
    if ALL not in found.curves:
        raise ValueError(f"no map called {ALL}")
    if not 0 <= found.mask_threshold <= 1 or not found.area_low <= found.area_high:
        raise ValueError("a mask threshold or an area interval out of range")
    for name, curve in found.curves.items():
        numbers = [getattr(curve, field.name) for field in fields(Curve)]
        ordered = 0 <= curve.no_trace_below <= curve.altered_above <= 1
        if not all(map(math.isfinite, numbers)) or curve.slope < 0 or curve.scale <= 0 or not ordered:
            raise ValueError(f"numbers out of range in {name}")


def _rates(name: str, curve: Curve) -> dict[str, float | int | str]:
    kept = ("auc", "low", "high", "false_alarm", "false_alarm_high", "miss", "miss_high", "n_pristine", "n_forged")
    rates: dict[str, float | int | str] = {"regime": name, **{key: getattr(curve, key) for key in kept}}
    if not curve.usable:
        rates["note"] = (
            "On held-out pictures of this kind the method did not tell forged from pristine "
            f"(area under the curve {curve.auc:.2f}, interval {curve.low:.2f} to {curve.high:.2f}): "
            "every answer is inconclusive."
        )
    return rates


def _logistic(x: npt.ArrayLike) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(x, -40.0, 40.0))), dtype=np.float64)


def _squeeze(scores: npt.ArrayLike, centre: float, scale: float) -> Floats:
    """Standardised scores whose tails are drawn in, so that one huge score does not decide the map."""
    return np.asarray(np.arcsinh((np.asarray(scores, dtype=np.float64) - centre) / scale), dtype=np.float64)


def _fit_curve(scores: Floats, labels: Ints, who: Ints) -> Curve:
    centre = float(np.median(scores))
    scale = float(np.subtract(*np.quantile(scores, [0.75, 0.25]))) or float(scores.std()) or 1.0
    x = _squeeze(scores, centre, scale)
    slope, intercept = _platt(x, labels)
    p = _logistic(slope * x + intercept)
    pristine, forged = np.sort(p[labels == 0])[::-1], np.sort(p[labels == 1])
    altered_above = max(ALTERED_AT_LEAST, float(pristine[int(FALSE_ALARMS * len(pristine))]))
    no_trace_below = min(NO_TRACE_AT_MOST, float(forged[int(MISSES * len(forged))]))
    alarms, missed = int((pristine > altered_above).sum()), int((forged < no_trace_below).sum())
    low, high = bootstrap(who.tolist(), lambda rows: auc(scores[rows], labels[rows]))
    return Curve(
        slope=slope,
        intercept=intercept,
        centre=centre,
        scale=scale,
        altered_above=altered_above,
        no_trace_below=no_trace_below,
        auc=auc(scores, labels),
        low=low,
        high=high,
        false_alarm=alarms / len(pristine),
        false_alarm_high=clopper_pearson(alarms, len(pristine))[1],
        miss=missed / len(forged),
        miss_high=clopper_pearson(missed, len(forged))[1],
        n_pristine=len(pristine),
        n_forged=len(forged),
    )


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


def _fit_masks(heat: Sequence[Ints]) -> tuple[float, float, float]:
    """The threshold with the best mean pixel F1, and the 5 % and 95 % quantiles of true minus predicted area."""
    forged = [histogram for histogram in heat if histogram[1].sum()]
    if not forged:
        return 0.5, -100.0, 100.0
    mean = np.mean([pixel_f1(histogram) for histogram in forged], axis=0)
    threshold = 1 + int(np.argmax(mean[1:]))
    gaps = [true_percent(histogram) - area_percent(histogram, threshold) for histogram in forged]
    low, high = np.quantile(gaps, [0.05, 0.95])
    return threshold / BINS, float(low), float(high)
