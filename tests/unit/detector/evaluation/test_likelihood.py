"""The likelihood ratio of an answer, and the bounds that held-out pictures set to it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.calibrate import ALL, Calibration
from detector.evaluation.curves import Curve
from detector.likelihood import bounds, likelihood
from detector.registry import SHIPPED
from detector.types import Band

CURVE = Curve(
    slope=2.0, intercept=0.0, centre=0.0, scale=1.0, altered_above=0.8, no_trace_below=0.2, altered_above_of_8=0.8,
    auc=0.9, low=0.8, high=0.95, false_alarm=0.0, false_alarm_high=0.1, caught=0.0, miss=0.0, miss_high=0.1,
    cleared=0.0, n_pristine=100, n_forged=100,
)  # fmt: skip


def counted(pristine: tuple[int, int, int], forged: tuple[int, int, int]) -> Curve:
    """The curve of so many (no-trace, inconclusive, altered) answers to each class."""
    p, f = sum(pristine), sum(forged)
    rates = {"false_alarm": pristine[2] / p, "cleared": pristine[0] / p, "caught": forged[2] / f, "miss": forged[0] / f}
    return replace(CURVE, n_pristine=p, n_forged=f, **rates)


COUNTS = st.tuples(*[st.integers(0, 400)] * 3).filter(lambda counts: sum(counts) >= 25)
CURVES = st.builds(counted, COUNTS, COUNTS)


def test_the_bounds_are_those_of_a_word_with_one_misleading_picture_in_each_class() -> None:
    low, high = bounds(counted((60, 39, 1), (3, 47, 50))) or (0, 0)
    assert high == pytest.approx((50 / 101) / (2 / 101))
    assert low == pytest.approx((4 / 101) / (60 / 101))


def test_the_better_of_the_two_borders_sets_a_bound() -> None:
    """Nothing is called altered; that 90 of 100 forgeries are not cleared, and 20 pristine pictures, supports 4.3."""
    _, high = bounds(counted((80, 20, 0), (10, 90, 0))) or (0, 0)
    assert high == pytest.approx((90 / 101) / (21 / 101))


@given(CURVES)
def test_no_bound_exceeds_what_as_many_pictures_permit(curve: Curve) -> None:
    low, high = bounds(curve) or (0, 0)
    assert 1 / (curve.n_forged + 1) < low <= 1 <= high < curve.n_pristine + 1


@given(CURVES)
def test_at_the_upper_bound_a_word_errs_no_more_often_than_no_method(curve: Curve) -> None:
    """The normalized Bayes error at prior odds of 1 / high, one misleading picture added to each class."""
    _, high = bounds(curve) or (0, 0)
    f, p = curve.n_forged, curve.n_pristine
    shown = [(curve.caught * f, curve.false_alarm * p)] * curve.alarms_tell
    shown += [(f - curve.miss * f, p - curve.cleared * p)] * curve.clears_tell
    errors = [1 - hits / (f + 1) + high * (alarms + 1) / (p + 1) for hits, alarms in shown]
    assert high == 1 or min(errors) <= 1 + 1e-9


@given(COUNTS, COUNTS)
def test_with_the_classes_changed_about_the_bounds_change_about(
    pristine: tuple[int, int, int], forged: tuple[int, int, int]
) -> None:
    low, high = bounds(counted(pristine, forged)) or (0, 0)
    other_low, other_high = bounds(counted(forged[::-1], pristine[::-1])) or (0, 0)
    assert (1 / other_high, 1 / other_low) == pytest.approx((low, high))


@settings(deadline=None)
@given(CURVES, st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=6))
def test_a_higher_score_never_has_a_lower_ratio_and_each_lies_within_the_bounds(
    curve: Curve, scores: list[float]
) -> None:
    found = [likelihood(curve, curve.probability(score)) for score in sorted(scores)]
    ratios = [each.ratio for each in found if each]
    assert len(ratios) == len(scores) and ratios == sorted(ratios)
    assert all(each.low <= each.ratio <= each.high for each in found if each)


def test_within_the_bounds_the_ratio_is_the_odds_of_the_probability() -> None:
    found = likelihood(counted((60, 39, 1), (3, 47, 50)), 0.75)
    assert found is not None and found.ratio == pytest.approx(3.0)


@pytest.mark.parametrize(("probability", "end"), [(1.0, "high"), (0.0, "low")])
def test_a_probability_that_is_certain_has_the_bound(probability: float, end: str) -> None:
    found = likelihood(counted((60, 39, 1), (3, 47, 50)), probability)
    assert found is not None and found.ratio == getattr(found, end)


def test_a_method_that_never_tells_anything_has_a_ratio_of_one() -> None:
    found = likelihood(counted((0, 100, 0), (0, 100, 0)), 0.9)
    assert found == (1.0, 1.0, 1.0)


def test_a_border_whose_word_could_be_chance_supports_nothing() -> None:
    """Fisher's exact test gives 4 of 390 against 0 of 391 by chance in 6 %."""
    assert bounds(counted((4, 386, 0), (0, 391, 0))) == (1.0, 1.0)
    assert bounds(counted((0, 27, 3), (0, 30, 0))) == (1.0, 1.0)


def test_a_curve_of_too_few_pictures_has_none() -> None:
    assert likelihood(counted((24, 0, 0), (0, 0, 400)), 0.9) is None


def test_a_regime_that_was_not_calibrated_on_has_none_and_one_that_was_has_one() -> None:
    rng, labels = np.random.default_rng(0), np.arange(400) % 2
    fitted = Calibration.fit(rng.normal(size=400) + 2.0 * labels, labels, ["jpeg"] * 400)
    assert fitted.apply(9.0, "jpeg").likelihood is not None
    assert fitted.apply(9.0, "lossless").likelihood is None
    assert fitted.apply(9.0, "jpeg", of=2).likelihood is None


def test_a_regime_of_a_few_pictures_takes_its_word_from_all_together_but_no_ratio() -> None:
    rng, labels = np.random.default_rng(0), np.arange(404) % 2
    names = ["jpeg"] * 400 + ["lossless"] * 4
    fitted = Calibration.fit(rng.normal(size=404) + 3.0 * labels, labels, names)
    assert fitted.apply(9.0, "lossless").band == Band.ALTERED
    assert fitted.apply(9.0, "lossless").likelihood is None


def test_each_shipped_calibration_has_bounds_wherever_it_has_enough_pictures() -> None:
    for path in sorted(Path(SHIPPED).glob("*/calibration.json")):
        for name, curve in Calibration.load(path).curves.items():
            assert (bounds(curve) is not None) == curve.enough, (path, name)


def test_the_shipped_default_tells_most_where_a_lossless_file_was_a_jpeg() -> None:
    curves = Calibration.load(SHIPPED / "fusion" / "calibration.json").curves
    high = {name: (bounds(curve) or (0, 0))[1] for name, curve in curves.items() if name != ALL}
    assert high["lossless-jpeg-trace"] > max(high["jpeg"], high["lossless"])
    assert all(1 < bound < curves[name].n_pristine + 1 for name, bound in high.items())
