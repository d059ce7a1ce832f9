"""Regimes that are part of a wider one: judged by a map of their own where there is one, else by the wider one's."""

from __future__ import annotations

import numpy as np

from detector.calibrate import Calibration
from detector.types import Band

LABELS = np.arange(400) % 2
SCORES = np.random.default_rng(0).normal(size=400) + 2.0 * LABELS


def _fitted(*names: str) -> Calibration:
    """On pictures whose scores tell, of these regimes in turn: pairs of one pristine and one forged picture."""
    return Calibration.fit(SCORES, LABELS, [names[i // 2 % len(names)] for i in range(400)])


def test_a_part_without_a_map_is_judged_as_the_whole() -> None:
    fitted = _fitted("jpeg", "lossless")
    for score in (-50.0, 0.0, 50.0):
        part, whole = fitted.apply(score, "lossless-deep"), fitted.apply(score, "lossless")
        assert (part.probability, part.band, part.rates) == (whole.probability, whole.band, whole.rates)


def test_a_part_with_a_map_of_its_own_is_judged_by_it() -> None:
    names = ["lossless-deep", "lossless-deep", "lossless", "lossless"] * 100
    both = Calibration.fit(SCORES + 5.0 * (np.array(names) == "lossless-deep"), LABELS, names)
    assert both.apply(5.0, "lossless-deep").rates["regime"] == "lossless-deep"
    assert both.apply(5.0, "lossless-deep").probability < both.apply(5.0, "lossless").probability


def test_a_part_judged_as_the_whole_has_no_likelihood_ratio() -> None:
    fitted = _fitted("lossless")
    assert fitted.apply(9.0, "lossless").likelihood is not None
    assert fitted.apply(9.0, "lossless-deep").likelihood is None


def test_a_part_is_as_well_known_as_the_whole_that_has_no_map() -> None:
    fitted = _fitted(*["jpeg"] * 19, "lossless")
    assert "lossless" not in fitted.curves
    assert fitted.knows("lossless-deep")
    assert fitted.apply(9.0, "lossless-deep").band is fitted.apply(9.0, "lossless").band is Band.ALTERED
    assert "note" not in fitted.apply(9.0, "lossless-deep").rates


def test_a_part_of_an_unknown_whole_is_inconclusive() -> None:
    fitted = _fitted("jpeg")
    assert not fitted.knows("lossless-deep")
    assert fitted.apply(9.0, "lossless-deep").band is Band.INCONCLUSIVE
