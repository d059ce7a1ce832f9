"""The weights that join two methods into one score."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.errors import WeightsUnusable
from detector.fusing import CLEAR, CLIP, FEWEST, INPUTS, Mixture, fit, inputs

ODDS = st.floats(-50, 50)


def answers(count: int, *, localizer: float, copies: float, seed: int = 1) -> tuple[Any, list[int]]:
    """``count`` answers whose parts are higher by so much where a picture is forged."""
    rng = np.random.default_rng(seed)
    labels = [number % 2 for number in range(count)]
    lift = np.outer(labels, [localizer, copies])
    found = rng.standard_normal((count, 2)) + lift
    return np.array([inputs(*row) for row in found]), labels


def test_a_part_that_tells_nothing_adds_next_to_nothing() -> None:
    found, labels = answers(600, localizer=2.0, copies=0.0)
    bias, localizer, copies, clear = fit(found, labels, ["jpeg"] * 600).regimes["all"]
    assert localizer > 1
    assert 0 <= copies < 0.15
    assert 0 <= clear < 0.15
    assert bias < 0


def test_no_weight_is_below_zero_even_where_a_part_points_the_wrong_way() -> None:
    found, labels = answers(300, localizer=-1.5, copies=1.0)
    mixture = fit(found, labels, ["lossless"] * 300)
    assert mixture.regimes["lossless"][1] == 0
    assert mixture.regimes["lossless"][2] > 0


def test_each_regime_has_weights_of_its_own_and_a_small_one_stays_near_all() -> None:
    first, ones = answers(400, localizer=3.0, copies=0.0)
    second, others = answers(400, localizer=0.0, copies=3.0, seed=2)
    third, few = answers(6, localizer=0.0, copies=3.0, seed=3)
    names = ["jpeg-double"] * 400 + ["lossless"] * 400 + ["jpeg"] * 6
    mixture = fit(np.vstack((first, second, third)), ones + others + few, names)
    assert mixture.regimes["jpeg-double"][1] > 2 * mixture.regimes["jpeg-double"][2]
    assert mixture.regimes["lossless"][2] > 2 * mixture.regimes["lossless"][1]
    assert np.allclose(mixture.regimes["jpeg"], mixture.regimes["all"], atol=0.3)


def test_a_regime_of_one_class_or_none_is_judged_as_all_together() -> None:
    found, labels = answers(100, localizer=2.0, copies=1.0)
    mixture = fit(np.vstack((found, found[:1])), [*labels, 0], ["jpeg"] * 100 + ["lossy"])
    assert "lossy" not in mixture.regimes
    for name in ("lossy", "never seen"):
        assert mixture.score(found[3], name) == mixture.score(found[3], "all")


def test_classes_of_unequal_size_leave_the_prior_at_one_half() -> None:
    found, labels = answers(800, localizer=2.0, copies=1.0)
    chosen = [number for number, label in enumerate(labels) if label or number % 8 == 0]
    thin = fit(found[chosen], [labels[number] for number in chosen], ["jpeg"] * len(chosen))
    whole = fit(found, labels, ["jpeg"] * 800)
    assert thin.score(inputs(1.0, 0.5), "all") == pytest.approx(whole.score(inputs(1.0, 0.5), "all"), abs=0.5)


@given(ODDS, ODDS)
def test_inputs_are_cut_off_and_keep_their_order(localizer: float, copies: float) -> None:
    found = inputs(localizer, copies)
    assert -CLIP <= found[0] <= CLIP
    assert FEWEST <= found[1] <= CLIP
    assert (inputs(localizer + 1, copies + 1) >= found).all()


def test_a_clear_copy_outweighs_what_anatomy_alike_adds() -> None:
    rng = np.random.default_rng(4)
    alike = rng.uniform(-1, 3, 400)
    copies = np.where(np.arange(400) % 4 == 1, rng.uniform(5, 8, 400), alike)
    found = np.array([inputs(0.0, each) for each in copies])
    bias, _, copied, clear = fit(found, [number % 2 for number in range(400)], ["jpeg"] * 400).regimes["all"]
    assert clear > 2 * copied
    assert bias + CLIP * copied + (CLIP - CLEAR) * clear > 1


@given(ODDS)
def test_only_odds_above_those_of_a_clear_copy_count_as_clear(copies: float) -> None:
    assert (inputs(0.0, copies)[2] > 0) == (copies > CLEAR)


@given(ODDS, ODDS)
def test_more_of_either_part_never_lowers_the_score(localizer: float, copies: float) -> None:
    mixture = Mixture({"all": (-1.0, 0.5, 0.25, 0.5), "jpeg": (-2.0, 0.0, 2.0, 1.0)})
    low = mixture.score(inputs(localizer, copies), "jpeg")
    assert mixture.score(inputs(localizer + 1, copies), "jpeg") >= low
    assert mixture.score(inputs(localizer, copies + 1), "jpeg") >= low


def test_what_the_parts_add_and_the_bias_are_the_score() -> None:
    mixture = Mixture({"all": (-1.0, 0.5, 0.25, 0.5), "jpeg": (-2.0, 1.0, 2.0, 1.0)})
    found = inputs(3.0, 1.0)
    assert mixture.parts(found, "jpeg").tolist() == [3.0, 2.0, 0.0]
    assert mixture.score(found, "jpeg") == 3.0
    assert mixture.score(found, "lossless") == pytest.approx(0.75)


def test_a_part_of_a_regime_has_the_weights_of_the_whole() -> None:
    mixture = Mixture({"all": (-1.0, 0.5, 0.25, 0.5), "lossless": (-2.0, 1.0, 2.0, 1.0)})
    found = inputs(3.0, 1.0)
    assert mixture.score(found, "lossless-deep") == mixture.score(found, "lossless") == 3.0
    assert mixture.parts(found, "lossless-deep").tolist() == [3.0, 2.0, 0.0]


def test_a_part_of_a_regime_is_fitted_with_the_whole() -> None:
    rng = np.random.default_rng(5)
    labels = np.arange(300) % 2
    found = np.array([inputs(one, 0.0) for one in rng.normal(size=300) + 2 * labels])
    whole = fit(found, labels.tolist(), ["lossless"] * 300)
    parts = fit(found, labels.tolist(), ["lossless", "lossless", "lossless-deep"] * 100)
    assert parts == whole


def test_weights_are_read_back_as_written(tmp_path: Path) -> None:
    mixture = Mixture({"all": (-1.0, 0.5, 0.25, 0.5), "jpeg": (-2.0, 1.0, 2.0, 1.0)})
    mixture.save(tmp_path / "fusion.json")
    assert Mixture.read(json.loads((tmp_path / "fusion.json").read_text())) == mixture


@pytest.mark.parametrize(
    "change",
    [
        {"inputs": ["localizer", "copies"]},
        {"regimes": {}},
        {"regimes": {"all": [0.0, 1.0, 1.0]}},
        {"regimes": {"all": [0.0, 1.0, 1.0, float("nan")]}},
        {"regimes": {"all": "weights"}},
        {"regimes": None},
    ],
    ids=["other inputs", "no regime", "too few numbers", "not a number", "no numbers", "nothing"],
)
def test_other_weights_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(WeightsUnusable):
        Mixture.read({"inputs": list(INPUTS), "regimes": {"all": [0.0, 1.0, 1.0, 1.0]}} | change)
