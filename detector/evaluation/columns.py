"""The answers of one method under one protocol, as columns that figures are made of."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from detector.calibrate import Calibration
from detector.evaluation.intervals import Floats, Ints, auc
from detector.evaluation.metrics import (
    BINS,
    Counts,
    area_percent,
    confusion,
    expected_calibration_error,
    pixel_auc,
    pixel_f1,
    pixel_iou,
    true_percent,
)
from detector.evaluation.outcomes import Outcome
from detector.types import Band

Bools = npt.NDArray[np.bool_]
DECIDING = ("fusion", "keypoint_copymove", "lbp_source_copy", "sift_copymove")
"""The methods that say which of two alike places is the copy; the heat of the others says nothing of that."""
SCORED = 8
"""Pictures of one seed that need a score before an area under the curve is stated."""


@dataclass(frozen=True)
class Answers:
    """What ``method`` said of the test pictures of one protocol and seed, and its calibration.

    The calibration is None when too few held-out pictures had a score: then all is *inconclusive* at one half.
    """

    method: str
    protocol: str
    seed: int
    outcomes: Sequence[Outcome]
    calibration: Calibration | None


@dataclass(frozen=True)
class Columns:
    """(n,) each, one row a picture and seed; NaN where a figure is not defined for the picture.

    A picture without a score has ``probability`` 0.5, is not called forged, ranks lowest and localizes nothing: a
    method that says nothing has found nothing. ``f1``, ``iou`` and
    ``gap`` (predicted minus true area, points) are at the one fixed threshold, ``best_f1`` and ``best_iou`` at the best
    of each picture; all of forgeries only. ``right`` tells whether copy and origin were told apart rightly, by a method
    that decides between them (DECIDING).
    """

    outcomes: tuple[Outcome, ...]
    seeds: Ints
    forged: Bools
    scores: Floats
    probability: Floats
    altered: Bools
    no_trace: Bools
    f1: Floats
    iou: Floats
    pixel_auc: Floats
    best_f1: Floats
    best_iou: Floats
    gap: Floats
    right: Floats

    @property
    def called(self) -> Bools:
        """Called forged at the fixed threshold: a probability above one half."""
        return np.asarray(self.probability > 0.5)

    def counts(self, rows: Ints) -> Counts:
        """The confusion matrix of these rows at the fixed threshold."""
        return confusion(self.called[rows], self.forged[rows])

    def rows(self, keep: Callable[[Outcome], bool]) -> Ints:
        """The numbers of the rows whose outcome is kept."""
        return np.asarray([row for row, outcome in enumerate(self.outcomes) if keep(outcome)], dtype=np.int64)


def columns(answers: Sequence[Answers]) -> Columns:
    """The columns of one method and protocol, all seeds below each other."""
    rows = [(each, outcome) for each in answers for outcome in each.outcomes]
    said = [_said(each.calibration, outcome) for each, outcome in rows]
    pixels = np.asarray([_pixels(each, outcome) for each, outcome in rows], dtype=np.float64).reshape(-1, 7)
    return Columns(
        tuple(outcome for _, outcome in rows),
        np.asarray([each.seed for each, _ in rows], dtype=np.int64),
        np.asarray([outcome.forged for _, outcome in rows], dtype=np.bool_),
        np.asarray([math.nan if outcome.score is None else outcome.score for _, outcome in rows], dtype=np.float64),
        np.asarray([probability for probability, _ in said], dtype=np.float64),
        np.asarray([band is Band.ALTERED for _, band in said], dtype=np.bool_),
        np.asarray([band is Band.NO_TRACE for _, band in said], dtype=np.bool_),
        *pixels.T,
    )


def _said(calibration: Calibration | None, outcome: Outcome) -> tuple[float, Band]:
    if calibration is None or outcome.score is None:
        return 0.5, Band.INCONCLUSIVE
    answer = calibration.apply(outcome.score, outcome.regime)
    return answer.probability, answer.band


def _pixels(answers: Answers, outcome: Outcome) -> tuple[float, ...]:
    if not outcome.forged:
        return (math.nan,) * 7
    calibration, right = answers.calibration, math.nan
    heats = (outcome.copy_heat, outcome.origin_heat)
    if answers.method in DECIDING and heats[0] is not None and heats[1] is not None and heats[0] != heats[1]:
        right = float(heats[0] > heats[1])
    histogram = outcome.histogram
    if not histogram[1].sum():
        return 0.0, 0.0, math.nan, 0.0, 0.0, -100 * (outcome.area or 0.0), right
    place = round((calibration.mask_threshold if calibration else 0.5) * BINS)
    f1, iou = pixel_f1(histogram), pixel_iou(histogram)
    gap = area_percent(histogram, place) - true_percent(histogram)
    return float(f1[place]), float(iou[place]), pixel_auc(histogram), float(f1.max()), float(iou.max()), gap, right


def mean(values: Floats) -> float:
    """The mean of what is defined; NaN when nothing is."""
    kept = values[~np.isnan(values)]
    return float(kept.mean()) if kept.size else math.nan


def _ranked_auc(table: Columns, rows: Ints) -> float:
    """The AUC with pictures without a score below all others; NaN when fewer than SCORED have one."""
    scores = table.scores[rows]
    unscored = np.isnan(scores)
    if (~unscored).sum() < SCORED:
        return math.nan
    return auc(np.where(unscored, -math.inf, scores), table.forged[rows])


def _scored_error(table: Columns, rows: Ints) -> float:
    """The calibration error of the probabilities that were stated."""
    kept = rows[~np.isnan(table.scores[rows])]
    return expected_calibration_error(table.probability[kept], table.forged[kept])


def _share(chosen: Bools) -> float:
    return float(chosen.mean()) if chosen.size else math.nan


FIGURES: Mapping[str, Callable[[Columns, Ints], float]] = {
    "accuracy": lambda table, rows: table.counts(rows).accuracy,
    "precision": lambda table, rows: table.counts(rows).precision,
    "recall": lambda table, rows: table.counts(rows).recall,
    "f1": lambda table, rows: table.counts(rows).f1,
    "balanced_accuracy": lambda table, rows: table.counts(rows).balanced_accuracy,
    "auc": _ranked_auc,
    "ece": _scored_error,
    "band_false_alarms": lambda table, rows: _share(table.altered[rows][~table.forged[rows]]),
    "band_found": lambda table, rows: _share(table.altered[rows][table.forged[rows]]),
    "band_missed": lambda table, rows: _share(table.no_trace[rows][table.forged[rows]]),
    "inconclusive": lambda table, rows: _share(~table.altered[rows] & ~table.no_trace[rows]),
    "pixel_f1": lambda table, rows: mean(table.f1[rows]),
    "pixel_iou": lambda table, rows: mean(table.iou[rows]),
    "pixel_auc": lambda table, rows: mean(table.pixel_auc[rows]),
    "best_pixel_f1": lambda table, rows: mean(table.best_f1[rows]),
    "best_pixel_iou": lambda table, rows: mean(table.best_iou[rows]),
    "area_error": lambda table, rows: mean(np.abs(table.gap[rows])),
    "copy_told_rightly": lambda table, rows: mean(table.right[rows]),
}
"""Each figure of some rows of one seed."""
