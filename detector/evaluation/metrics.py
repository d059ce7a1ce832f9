"""Counts, rates and pixel scores. Every rate whose base is empty is NaN, which tables show as a dash."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from detector.evaluation.intervals import Floats, Ints

BINS = 256
"""Heat maps are kept as histograms over 0..1 of this many bins, so that each threshold k / BINS is exact."""


@dataclass(frozen=True)
class Counts:
    """A confusion matrix; forged is the positive class."""

    tp: int
    fp: int
    tn: int
    fn: int

    @property
    def accuracy(self) -> float:
        """(TP + TN) / all."""
        return ratio(self.tp + self.tn, self.tp + self.fp + self.tn + self.fn)

    @property
    def precision(self) -> float:
        """TP / (TP + FP)."""
        return ratio(self.tp, self.tp + self.fp)

    @property
    def recall(self) -> float:
        """TP / (TP + FN)."""
        return ratio(self.tp, self.tp + self.fn)

    @property
    def f1(self) -> float:
        """2 TP / (2 TP + FP + FN)."""
        return ratio(2 * self.tp, 2 * self.tp + self.fp + self.fn)

    @property
    def balanced_accuracy(self) -> float:
        """The mean of recall and specificity."""
        return (self.recall + ratio(self.tn, self.tn + self.fp)) / 2


def ratio(part: float, whole: float) -> float:
    """part / whole, NaN when ``whole`` is 0."""
    return part / whole if whole else math.nan


def confusion(called: npt.ArrayLike, labels: npt.ArrayLike) -> Counts:
    """How often a picture called forged (true) was forged (label 1)."""
    said, truth = np.asarray(called).astype(bool), np.asarray(labels).astype(bool)
    return Counts(
        tp=int((said & truth).sum()),
        fp=int((said & ~truth).sum()),
        tn=int((~said & ~truth).sum()),
        fn=int((~said & truth).sum()),
    )


def expected_calibration_error(probabilities: npt.ArrayLike, labels: npt.ArrayLike, bins: int = 10) -> float:
    """The mean distance between stated probability and share of forged pictures, over bins of equal width."""
    p, truth = np.asarray(probabilities, dtype=np.float64), np.asarray(labels, dtype=np.float64)
    if not p.size:
        return math.nan
    cell = np.minimum((p * bins).astype(np.int64), bins - 1)
    gaps = [abs(float((p[cell == k] - truth[cell == k]).sum())) for k in range(bins)]
    return sum(gaps) / p.size


def heat_histogram(heat: npt.NDArray[np.float32], mask: npt.NDArray[np.bool_] | None) -> Ints:
    """(2, BINS) pixel counts by heat: row 0 outside the mask, row 1 inside. Without a mask all are outside."""
    level = np.clip(np.nan_to_num(heat) * BINS, 0, BINS - 1).astype(np.int64)
    if mask is None:
        return np.stack([np.bincount(level.ravel(), minlength=BINS), np.zeros(BINS, dtype=np.int64)])
    return np.stack([np.bincount(level[~mask], minlength=BINS), np.bincount(level[mask], minlength=BINS)])


def pixel_f1(histogram: Ints) -> Floats:
    """(BINS,) pixel F1 of the masks ``heat >= k / BINS``; NaN everywhere when nothing was forged."""
    outside, inside, forged = _tails(histogram)
    whole = inside + outside + forged
    return np.where(forged > 0, 2.0 * inside / np.maximum(whole, 1), math.nan)


def pixel_iou(histogram: Ints) -> Floats:
    """(BINS,) intersection over union of the same masks."""
    outside, inside, forged = _tails(histogram)
    return np.where(forged > 0, inside / np.maximum(outside + forged, 1.0), math.nan)


def pixel_auc(histogram: Ints) -> float:
    """The chance that a forged pixel is hotter than a pristine one; NaN when one kind is missing."""
    outside, inside = histogram[0].astype(np.float64), histogram[1].astype(np.float64)
    if not outside.sum() or not inside.sum():
        return math.nan
    below = np.cumsum(outside) - outside / 2
    return float((inside * below).sum() / (inside.sum() * outside.sum()))


def area_percent(histogram: Ints, threshold: int) -> float:
    """The share of the picture at or above ``threshold / BINS``, in percent."""
    return 100.0 * float(histogram[:, threshold:].sum()) / float(histogram.sum())


def true_percent(histogram: Ints) -> float:
    """The forged share of the picture, in percent."""
    return 100.0 * float(histogram[1].sum()) / float(histogram.sum())


def _tails(histogram: Ints) -> tuple[Floats, Floats, float]:
    """Pixels at or above each threshold outside and inside the mask, and the number inside."""
    tails = np.cumsum(histogram[:, ::-1], axis=1)[:, ::-1].astype(np.float64)
    return tails[0], tails[1], float(histogram[1].sum())
