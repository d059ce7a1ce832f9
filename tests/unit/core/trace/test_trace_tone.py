"""Which grey level a registered value became."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from ledger.core.trace.tone import Tone, fit_tone

VALUES = np.random.default_rng(1).uniform(0, 1000, 8000).astype(np.float32)
NOISE = np.random.default_rng(2).normal(0, 1, 8000)
Curve = Callable[[Any], Any]


def fitted(values: Any, levels: Any) -> Tone:
    """The curve of a picture of 80 columns with these values and levels, row by row."""
    shape = (-1, min(80, len(values)))
    grid = values.reshape(shape)
    return fit_tone(grid, levels.astype(np.float32).reshape(shape), np.ones(grid.shape, bool), 1.0)


CURVES: dict[str, Curve] = {
    "as it was": lambda v: v * 0.255,
    "a window": lambda v: np.clip((v - 300) * 0.6, 0, 255),
    "gamma": lambda v: 255 * (v / 1000) ** 0.6,
    "inverted": lambda v: 255 - v * 0.255,
    "a window, inverted": lambda v: np.clip(255 - (v - 300) * 0.6, 0, 255),
    "gamma, inverted": lambda v: 255 - 255 * (v / 1000) ** 1.8,
}


def away(curve: Curve, levels: Any) -> Any:
    """How far the fitted curve is from the true one between the 1st and 99th percentile, in grey levels."""
    tone = fitted(VALUES, levels.astype(np.float32))
    inner = np.linspace(10, 990, 400).astype(np.float32)
    return np.abs(tone(inner) - curve(inner))


@pytest.mark.parametrize("curve", CURVES.values(), ids=CURVES)
def test_the_curve_is_recovered_within_a_grey_level(curve: Curve) -> None:
    found = away(curve, np.clip(curve(VALUES) + NOISE, 0, 255))
    assert np.percentile(found, 95) < 1
    assert found.max() < 2.5


@pytest.mark.parametrize(
    ("name", "free"), [("as it was", False), ("a window", False), ("inverted", False), ("gamma", True)]
)
def test_a_straight_line_is_kept_and_a_gamma_is_a_free_curve(name: str, free: bool) -> None:
    assert fitted(VALUES, CURVES[name](VALUES).astype(np.float32)).free == free


@pytest.mark.parametrize(("name", "rising"), [(name, "inverted" not in name) for name in CURVES])
def test_an_inversion_falls_and_all_else_rises(name: str, rising: bool) -> None:
    assert fitted(VALUES, CURVES[name](VALUES).astype(np.float32)).rising == rising


@pytest.mark.parametrize("by", [-60, 12, 60])
def test_a_changed_region_of_fifteen_percent_does_not_bend_a_straight_line(by: int) -> None:
    straight = CURVES["as it was"]
    levels = straight(VALUES) * 0.8 + 25 + 0.3 * NOISE
    # A region in tissue of one kind: its values lie close together, and a quarter of what lies there changes.
    levels[np.argsort(np.abs(VALUES - 500))[: int(0.6 * len(VALUES)) : 4]] += by
    tone = fitted(VALUES, levels.astype(np.float32))
    inner = np.linspace(10, 990, 400).astype(np.float32)
    assert not tone.free
    assert np.abs(tone(inner) - (straight(inner) * 0.8 + 25)).max() < 0.5


def test_a_changed_region_all_over_the_values_does_not_bend_it_either() -> None:
    levels = VALUES * 0.2 + 25 + NOISE
    levels[: int(0.15 * len(levels))] = 200
    tone = fitted(VALUES, levels.astype(np.float32))
    inner = np.linspace(10, 990, 400).astype(np.float32)
    assert np.abs(tone(inner) - (inner * 0.2 + 25)).max() < 1.5


@pytest.mark.parametrize(("name", "least", "most"), [("as it was", 0, 0), ("a window", 1, 1), ("gamma", 0.3, 1)])
def test_how_bent_a_curve_is_says_whether_it_is_cut_off_or_no_line(name: str, least: float, most: float) -> None:
    assert least <= fitted(VALUES, CURVES[name](VALUES).astype(np.float32)).bent <= most


@pytest.mark.parametrize("count", [1, 30])
def test_too_few_values_give_a_level_curve(count: int) -> None:
    tone = fitted(VALUES[:count], np.full(count, 7, np.float32))
    assert tone(np.array([0, 500, 2000], np.float32)).tolist() == [7, 7, 7]


def test_a_picture_of_one_grey_level_is_a_level_curve() -> None:
    tone = fitted(VALUES, np.full(VALUES.shape, 90, np.float32))
    assert tone(VALUES[:10]).tolist() == [90] * 10


@pytest.mark.parametrize("level", [215, 140, 40])
@pytest.mark.parametrize("gamma", [1.0, 0.7])
def test_a_value_that_occurs_in_one_place_only_does_not_explain_its_own_change(level: float, gamma: float) -> None:
    values = np.random.default_rng(3).uniform(0, 600, (80, 100)).astype(np.float32)
    levels = 255 * (values / 1000) ** gamma
    values[30:42, 40:52] = np.random.default_rng(4).uniform(890, 900, (12, 12))
    levels[30:42, 40:52] = level
    tone = fit_tone(values, levels.astype(np.float32), np.ones(values.shape, bool), 1.0)
    assert abs(float(tone(np.float32([895]))[0]) - 255 * 0.895**gamma) < 12
