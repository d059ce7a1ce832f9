"""Regimes that are part of a wider one: judged by a map of their own where there is one, else by the wider one's."""

from __future__ import annotations

import numpy as np
import pytest

from detector.calibrate import Calibration
from detector.types import Band

REGIMES = ["jpeg"] * 400 + ["lossless"] * 400


def _made(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Scores that tell forged from pristine in regime jpeg and say nothing in regime lossless."""
    rng = np.random.default_rng(seed)
    labels = np.arange(800) % 2
    return rng.normal(size=800) + 2.0 * labels * (np.arange(800) < 400), labels


@pytest.fixture(scope="module")
def fitted() -> Calibration:
    scores, labels = _made()
    return Calibration.fit(scores, labels, REGIMES)


def test_a_part_without_a_map_is_judged_as_the_whole(fitted: Calibration) -> None:
    for score in (-50.0, 0.0, 50.0):
        part, whole = fitted.apply(score, "lossless-deep"), fitted.apply(score, "lossless")
        assert (part.probability, part.band, part.rates) == (whole.probability, whole.band, whole.rates)


def test_a_part_with_a_map_of_its_own_is_judged_by_it() -> None:
    scores, labels = _made()
    names = ["lossless-deep", "lossless-deep", "lossless", "lossless"] * 200
    both = Calibration.fit(scores + 5.0 * (np.array(names) == "lossless-deep"), labels, names)
    assert both.apply(5.0, "lossless-deep").rates["regime"] == "lossless-deep"
    assert both.apply(5.0, "lossless-deep").probability < both.apply(5.0, "lossless").probability


def test_a_part_judged_as_the_whole_has_no_likelihood_ratio() -> None:
    scores, labels = _made()
    fitted = Calibration.fit(scores[:400], labels[:400], ["lossless"] * 400)
    assert fitted.apply(9.0, "lossless").likelihood is not None
    assert fitted.apply(9.0, "lossless-deep").likelihood is None


def test_a_part_is_as_well_known_as_the_whole_that_has_no_map() -> None:
    scores, labels = _made()
    fitted = Calibration.fit(scores[:410], labels[:410], ["jpeg"] * 400 + ["lossless"] * 10)
    assert "lossless" not in fitted.curves
    assert fitted.apply(9.0, "lossless-deep").band is fitted.apply(9.0, "lossless").band is Band.ALTERED
    assert "note" not in fitted.apply(9.0, "lossless-deep").rates


def test_a_part_of_an_unknown_whole_is_inconclusive() -> None:
    scores, labels = _made()
    fitted = Calibration.fit(scores[:400], labels[:400], ["jpeg"] * 400)
    assert fitted.apply(9.0, "lossless-deep").band is Band.INCONCLUSIVE
