"""Copy or original, when a map of odd places helps to tell."""

from __future__ import annotations

import numpy as np
import pytest

from detector.duplicates.search import Match
from detector.duplicates.siding import MOST, WEIGHT, sided

SHAPE = (40, 60)


def _match(side_odds: float = 0.0, *, second: tuple[slice, slice] = (slice(20, 30), slice(40, 50))) -> Match:
    first, other = np.zeros(SHAPE, np.bool_), np.zeros(SHAPE, np.bool_)
    first[5:15, 5:15] = True
    other[second] = True
    return Match(first, other, np.eye(2, 3), 9, 6.0, side_odds, {})


def _heat(first: float, second: float, size: tuple[int, int] = SHAPE) -> np.ndarray:
    heat = np.full(size, 0.2, np.float32)
    down, across = size[0] // SHAPE[0], size[1] // SHAPE[1]
    heat[4 * down : 16 * down, 4 * across : 16 * across] = first
    heat[19 * down : 31 * down, 39 * across : 51 * across] = second
    return heat


def test_the_odder_region_is_held_for_the_copy() -> None:
    (first,) = sided((_match(),), SHAPE, _heat(0.9, 0.1))
    (second,) = sided((_match(),), SHAPE, _heat(0.1, 0.9))
    assert first.side_odds == pytest.approx(WEIGHT * min(MOST, 2 * np.log(9)), rel=1e-3)
    assert second.side_odds == pytest.approx(-first.side_odds, rel=1e-3)


def test_what_pasting_left_still_counts() -> None:
    even, marked = (sided((_match(odds),), SHAPE, _heat(0.6, 0.4))[0].side_odds for odds in (0.0, 2.5))
    assert marked - even == pytest.approx(2.5)


def test_a_certain_map_counts_no_more_than_its_most() -> None:
    assert sided((_match(),), SHAPE, _heat(1.0, 0.0))[0].side_odds == pytest.approx(WEIGHT * MOST)


def test_a_map_that_is_alike_on_both_says_nothing() -> None:
    assert sided((_match(1.5),), SHAPE, _heat(0.7, 0.7))[0].side_odds == pytest.approx(1.5, abs=1e-4)


def test_the_map_of_a_larger_picture_is_brought_to_the_regions() -> None:
    large = sided((_match(),), SHAPE, _heat(0.9, 0.1, (400, 600)))[0].side_odds
    assert large == pytest.approx(sided((_match(),), SHAPE, _heat(0.9, 0.1))[0].side_odds, rel=0.05)


def test_regions_that_share_all_their_places_are_left_as_they_were() -> None:
    same = _match(0.5, second=(slice(5, 15), slice(5, 15)))
    assert sided((same,), SHAPE, _heat(0.9, 0.1))[0].side_odds == 0.5


def test_without_matches_there_is_nothing_to_tell() -> None:
    assert sided((), SHAPE, _heat(0.5, 0.5)) == ()
