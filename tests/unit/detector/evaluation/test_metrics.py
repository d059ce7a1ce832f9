import math

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from detector.evaluation import metrics


def _picture() -> tuple[np.ndarray, np.ndarray]:
    heat, mask = np.zeros((20, 20), np.float32), np.zeros((20, 20), bool)
    mask[:10, :10] = True
    heat[:10, :5] = 0.75
    heat[10:, 15:] = 0.25
    return heat, mask


def test_counts_and_rates_follow_from_calls_and_truth() -> None:
    counts = metrics.confusion([1, 1, 1, 0, 0, 0], [1, 1, 0, 1, 0, 0])
    assert (counts.tp, counts.fp, counts.tn, counts.fn) == (2, 1, 2, 1)
    assert counts.accuracy == pytest.approx(4 / 6)
    assert counts.precision == counts.recall == counts.f1 == pytest.approx(2 / 3)
    assert counts.balanced_accuracy == pytest.approx(2 / 3)


def test_precision_is_not_defined_when_nothing_is_called_forged() -> None:
    assert math.isnan(metrics.confusion([0, 0], [1, 0]).precision)


def test_pixel_scores_at_a_threshold_are_those_of_the_mask_made_there() -> None:
    heat, mask = _picture()
    histogram = metrics.heat_histogram(heat, mask)
    for place in (32, 64, 65, 192, 193):
        made = heat >= place / metrics.BINS
        both = (made & mask).sum()
        assert metrics.pixel_f1(histogram)[place] == pytest.approx(2 * both / (made.sum() + mask.sum()))
        assert metrics.pixel_iou(histogram)[place] == pytest.approx(both / (made | mask).sum())
        assert metrics.area_percent(histogram, place) == pytest.approx(100 * made.mean())


def test_the_pixel_area_under_the_curve_is_that_of_the_pixels() -> None:
    heat, mask = _picture()
    expected = roc_auc_score(mask.ravel(), heat.ravel())
    assert metrics.pixel_auc(metrics.heat_histogram(heat, mask)) == pytest.approx(expected)


def test_a_pristine_picture_has_no_pixel_scores() -> None:
    histogram = metrics.heat_histogram(_picture()[0], None)
    assert np.isnan(metrics.pixel_f1(histogram)).all()
    assert math.isnan(metrics.pixel_auc(histogram))


def test_probabilities_that_come_true_have_no_calibration_error_and_sure_lies_have_all() -> None:
    labels = np.arange(100) % 4 == 0
    assert metrics.expected_calibration_error(np.full(100, 0.25), labels) == pytest.approx(0)
    assert metrics.expected_calibration_error(np.where(labels, 0.0, 1.0), labels) == pytest.approx(1)
