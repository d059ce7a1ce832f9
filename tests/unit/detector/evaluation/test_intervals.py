import math

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from detector.evaluation.intervals import auc, bootstrap, clopper_pearson, wilson


def test_the_area_under_the_curve_is_that_of_scikit_learn_also_with_ties() -> None:
    rng = np.random.default_rng(0)
    scores, labels = rng.integers(0, 6, 200), rng.integers(0, 2, 200)
    assert auc(scores, labels) == pytest.approx(roc_auc_score(labels, scores))


@pytest.mark.parametrize(
    ("scores", "expected"), [([0, 1, 2, 3], 1.0), ([3, 2, 1, 0], 0.0), ([1, 1, 1, 1], 0.5), ([0, 2, 1, 3], 0.75)]
)
def test_the_area_under_the_curve_is_the_chance_of_the_right_order(scores: list[float], expected: float) -> None:
    assert auc(scores, [0, 0, 1, 1]) == expected


def test_one_class_alone_has_no_area_under_the_curve() -> None:
    assert math.isnan(auc([1.0, 2.0], [1, 1]))


@pytest.mark.parametrize(
    ("hits", "total", "expected"),
    [(2, 2, (0.3424, 1.0)), (0, 10, (0.0, 0.2775)), (31, 54, (0.4415, 0.6967)), (0, 0, (0, 1))],
)
def test_the_interval_of_wilson_has_a_width_also_where_all_or_none_were_hits(
    hits: int, total: int, expected: tuple[float, float]
) -> None:
    assert wilson(hits, total) == pytest.approx(expected, abs=2e-3)


def test_the_exact_interval_is_the_one_of_the_published_tables() -> None:
    assert clopper_pearson(5, 100) == pytest.approx((0.0164, 0.1128), abs=1e-4)
    assert clopper_pearson(0, 10) == pytest.approx((0.0, 0.3085), abs=1e-4)
    assert clopper_pearson(10, 10) == pytest.approx((0.6915, 1.0), abs=1e-4)


def test_nothing_counted_is_an_interval_of_everything() -> None:
    assert clopper_pearson(0, 0) == (0.0, 1.0)


def test_the_bootstrap_interval_of_a_mean_is_near_the_one_of_theory() -> None:
    values = np.random.default_rng(1).normal(size=400)
    low, high = bootstrap(range(400), lambda rows: float(values[rows].mean()), rounds=1000)
    assert low == pytest.approx(values.mean() - 1.96 * 0.05, abs=0.02)
    assert high == pytest.approx(values.mean() + 1.96 * 0.05, abs=0.02)


def test_clusters_come_and_go_together_so_repeating_pictures_narrows_nothing() -> None:
    values = np.random.default_rng(2).normal(size=40)
    single = bootstrap(range(40), lambda rows: float(values[rows].mean()))
    repeated = np.repeat(values, 10)
    clusters = np.repeat(np.arange(40), 10).tolist()
    assert bootstrap(clusters, lambda rows: float(repeated[rows].mean())) == pytest.approx(single)


def test_the_same_seed_gives_the_same_interval() -> None:
    values = np.arange(30.0)
    once, again = (bootstrap(range(30), lambda rows: float(values[rows].mean()), seed=7) for _ in range(2))
    assert once == again
