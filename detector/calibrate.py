"""From a raw score to a probability, a band and stated error rates, by the regime of the file.

Whether a forgery leaves a usable trace depends on the file's save history, so one map from score to probability would
be wrong nearly everywhere. Each regime with enough held-out pictures has its own; the others share the map ``all``.

Our choices: Platt's logistic map with his smoothed targets (Platt 1999) over ``asinh`` of the standardised score,
never falling, both classes weighing the same. So the **prior is one half**: a probability is what the picture adds,
not how often pictures are forged in a hospital. ``altered`` begins where at most 5 % of the held-out pristine pictures
lie above, and never under a probability of 0.8: a word that strong wants evidence that makes forgery four times as
likely, and a weak method whose rarest scores mean next to nothing never gives it. ``no-trace`` ends where at most 10 %
of the held-out forgeries lie below, and never above 0.2. Either word is given only where held-out pictures show, beyond
chance, that it goes to its own class. A curve of fewer than 25 held-out pictures of a class says nothing but
*inconclusive*; so does ``all`` of a regime that was not among the calibration pictures. The stated rates are of folds
(:mod:`detector.evaluation.curves`).
"""

from __future__ import annotations

import json
import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from detector.errors import UnusableData, WeightsUnusable
from detector.evaluation.curves import ENOUGH, Curve, fit_curve
from detector.evaluation.intervals import Ints
from detector.evaluation.metrics import BINS, area_percent, pixel_f1, true_percent
from detector.likelihood import Likelihood, likelihood
from detector.types import PART_OF, Band, Finding

FORMAT = 3
RATES = (
    *("auc", "low", "high", "false_alarm", "false_alarm_high", "caught", "miss", "miss_high", "cleared"),
    *("n_pristine", "n_forged"),
)
ALL = "all"
LARGEST = 15.0
"""Percent of a picture that the forgeries it is calibrated on are made to cover at most."""
NEAR = 1.0
"""Points by which nearly all masks may be too large, or too small, and still measure the area."""
PRIOR = 0.5


@dataclass(frozen=True)
class Calibrated:
    """What a score means: ``probability`` at prior one half, ``band``, and the error ``rates`` behind the band.

    ``likelihood`` is the likelihood ratio with its bounds (:mod:`detector.likelihood`).
    """

    probability: float
    band: Band
    rates: Mapping[str, float | int | str]
    likelihood: Likelihood | None = None


@dataclass(frozen=True)
class Calibration:
    """All maps of one method, its one mask threshold, and how far its area is off.

    ``mask_threshold`` (0..1) is fixed for the method: the mask is ``heat >= mask_threshold``. ``area_low`` and
    ``area_high`` are the 5 % and 95 % quantiles of true minus predicted area over held-out forgeries, in points; where
    both lie on one side of 0 by more than NEAR (masks that always mark too much) the method's masks measure no area.
    ``seen`` counts the (pristine, forged) calibration pictures of each regime.
    """

    curves: Mapping[str, Curve]
    mask_threshold: float = 0.5
    area_low: float = -100.0
    area_high: float = 100.0
    seen: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    @classmethod
    def fit(
        cls,
        scores: npt.ArrayLike,
        labels: npt.ArrayLike,
        regimes: Sequence[str],
        *,
        heat: Sequence[Ints] = (),
        clusters: Sequence[Hashable] | None = None,
        sources: Sequence[str] | None = None,
    ) -> Calibration:
        """The calibration of held-out pictures: raw scores, labels (1 forged), regimes, all (n,).

        ``heat`` holds ``metrics.heat_histogram(heat map, mask)`` of held-out forgeries; without any, the mask
        threshold is 0.5 and the area interval is everything. ``clusters`` names what is drawn together when the
        interval of the area under the curve is made (each picture by itself when not given), ``sources`` where each
        comes from (one and the same when not given): thresholds hold for each source with 25 pictures of a class.
        Scores that are NaN (not applicable) are left out. UnusableData when a class has fewer than two pictures.
        """
        values, truth = np.asarray(scores, dtype=np.float64), np.asarray(labels).astype(np.int64)
        names = np.asarray([str(regime) for regime in regimes])
        who = (
            np.arange(len(values))
            if clusters is None
            else np.unique([str(c) for c in clusters], return_inverse=True)[1]
        )
        origins = np.unique([""] * len(values) if sources is None else list(sources), return_inverse=True)[1]
        kept = np.isfinite(values)
        values, truth, names, who, origins = values[kept], truth[kept], names[kept], who[kept], origins[kept]
        least = min(int(truth.sum()), int((1 - truth).sum()))
        if least < 2:
            raise UnusableData(f"expected at least 2 scored pictures of each class to calibrate on, found {least}")
        seen = {name: _classes(truth[names == name]) for name in sorted(set(names.tolist()))}
        curves = {ALL: fit_curve(values, truth, who, origins)}
        for name, counts in seen.items():
            if min(counts) >= ENOUGH:
                mine = names == name
                curves[name] = fit_curve(values[mine], truth[mine], who[mine], origins[mine])
        return cls(curves, *_fit_masks(heat), seen)

    def apply(self, score: float, regime: str, of: int = 1) -> Calibrated:
        """What ``score`` means in ``regime``, when it is the highest of ``of`` frames.

        A regime without a map of its own has that of the wider one that it is part of. Without either, it gets its
        probability from the map ``all``, and its band too when both classes of the regime were among the calibration
        pictures (:meth:`knows`); otherwise it is *inconclusive*. With more frames than one the threshold of *altered*
        is that of eight (``Map.altered_above_of_8``). The rates are of single pictures. There is a likelihood ratio
        for one frame alone, in a regime with a map of its own: how high the highest of several scores is was not
        counted.
        """
        own = str(regime)
        names = (own, PART_OF.get(own, own))
        name = next((one for one in names if one in self.curves), ALL)
        curve = self.curves[name]
        probability = curve.probability(score)
        known = name != ALL or self.knows(own)
        band = curve.band(probability, of=of) if known else Band.INCONCLUSIVE
        ratio = likelihood(curve, probability) if name == own and of <= 1 else None
        return Calibrated(probability, band, _rates(name, curve, known), ratio)

    def knows(self, regime: str) -> bool:
        """Whether both classes of the regime, or of the wider one that it is part of, were calibrated on."""
        return any(min(self.seen.get(name, (0, 0))) for name in (regime, PART_OF.get(regime, regime)))

    def area_interval(self, percent: float) -> tuple[float, float] | None:
        """The 90 % interval of the true forged share (percent) where the mask marks ``percent``, if it is a forgery.

        It follows from held-out forgeries, made to cover up to LARGEST percent, and always holds ``percent``. None
        where it would not, by more than NEAR, or where hardly one of them had a mask of that share: then
        :meth:`area_finding` says why.
        """
        low, high = percent + self.area_low, percent + self.area_high
        if low > LARGEST or high <= 0 or not self._marks_fairly:
            return None
        return max(min(low, percent), 0.0), min(max(high, percent), 100.0)

    @property
    def _marks_fairly(self) -> bool:
        """Whether held-out masks were neither nearly all too large nor nearly all too small."""
        return self.area_low <= NEAR and self.area_high >= -NEAR

    def area_finding(self, percent: float) -> Finding | None:
        """Why there is no interval for a mask of ``percent``; None where there is one."""
        if self.area_interval(percent) is not None:
            return None
        return Finding(
            code="area_unmeasured",
            text=f"The mask marks {percent:.1f} % of the picture, which does not tell how much of it was altered.",
            meaning=f"{self._area_words()}; so no interval of the altered share is given.",
            limits="It speaks neither for nor against a forgery.",
        )

    def _area_words(self) -> str:
        """What the masks of held-out forgeries were like."""
        theirs = f"held-out forgeries (made to cover up to {LARGEST:.0f} %)"
        if self._marks_fairly:
            least, most = max(0.0, -self.area_high), min(100.0, LARGEST - self.area_low)
            return f"The masks of {theirs} marked about {least:.1f} to {most:.1f} % of a picture, this one does not"
        off, word = (-self.area_high, "more") if self.area_high < 0 else (self.area_low, "less")
        return f"On 19 of 20 {theirs} this method's mask marked at least {off:.1f} points {word} than was altered"

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
        if set(raw) != {each.name for each in fields(Curve)}:
            raise ValueError(f"the fields {', '.join(sorted(raw))} in {name}")
        numbers: dict[str, Any] = {key: int(value) if key in whole else float(value) for key, value in raw.items()}
        curves[name] = Curve(**numbers)
    seen = {str(name): (int(one), int(two)) for name, (one, two) in body["seen"].items()}
    threshold, low, high = (float(body[key]) for key in ("mask_threshold", "area_low", "area_high"))
    found = Calibration(curves, threshold, low, high, seen)
    _check(found)
    return found


def _check(found: Calibration) -> None:
    if ALL not in found.curves:
        raise ValueError(f"no map called {ALL}")
    if not 0 <= found.mask_threshold <= 1 or not found.area_low <= found.area_high:
        raise ValueError("a mask threshold or an area interval out of range")
    for name, curve in found.curves.items():
        numbers = [getattr(curve, each.name) for each in fields(Curve)]
        ordered = 0 <= curve.no_trace_below <= curve.altered_above <= curve.altered_above_of_8 <= 1
        if not all(map(math.isfinite, numbers)) or curve.slope < 0 or curve.scale <= 0 or not ordered:
            raise ValueError(f"numbers out of range in {name}")


def _classes(truth: Ints) -> tuple[int, int]:
    """How many are pristine and how many forged."""
    return int((truth == 0).sum()), int((truth == 1).sum())


def _rates(name: str, curve: Curve, known: bool) -> dict[str, float | int | str]:
    rates: dict[str, float | int | str] = {"regime": name, **{key: getattr(curve, key) for key in RATES}}
    note = _note(curve, known)
    return rates | ({"note": note} if note else {})


def _note(curve: Curve, known: bool) -> str:
    """Which words are never given, and why; empty when both are."""
    nothing = "every answer is inconclusive."
    if not known:
        return f"No pictures with this save history were among those the method was calibrated on: {nothing}"
    if not curve.enough:
        return (
            f"The method was calibrated on {curve.n_pristine} pristine and {curve.n_forged} forged pictures of this "
            f"kind, fewer than {ENOUGH} of each: {nothing}"
        )
    if not curve.alarms_tell and not curve.clears_tell:
        return (
            "On held-out pictures of this kind neither the method's highest nor its lowest answers went to their own "
            f"class more often than chance allows (over all answers {_ranking(curve)}): {nothing}"
        )
    if not curve.clears_tell:
        return "On pictures of this kind the method misses too many forgeries to say that there is no trace."
    return "" if curve.alarms_tell else "On pictures of this kind the method never says that one was altered."


def _ranking(curve: Curve) -> str:
    """How well the answers order held-out pictures."""
    found = f"the area under the curve is {curve.auc:.2f}, interval {curve.low:.2f} to {curve.high:.2f}"
    return found + (", which is better than guessing but too weak for a verdict" if curve.low > 0.5 else "")


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
