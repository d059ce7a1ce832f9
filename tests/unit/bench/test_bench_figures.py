"""The statistics and the comparison with targets and bare costs."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.bench.figures import RATE, Bare, Figure, Target, median, quantile, seconds, side_by_side

VALUES = st.lists(st.floats(0, 1e6), min_size=1, max_size=40)


@given(VALUES, st.floats(0.01, 1.0))
def test_a_quantile_is_the_smallest_value_that_the_share_does_not_exceed(values: list[float], share: float) -> None:
    found = quantile(values, share)
    assert found in values
    assert sum(value <= found for value in values) >= share * len(values) - 1e-9
    assert sum(value < found for value in values) < share * len(values) + 1e-9


def test_p95_of_a_hundred_values_is_the_ninety_fifth() -> None:
    assert quantile(range(100, 0, -1), 0.95) == 95


@given(VALUES)
def test_half_of_the_values_lie_on_each_side_of_the_median(values: list[float]) -> None:
    middle = median(values)
    assert min(sum(v <= middle for v in values), sum(v >= middle for v in values)) >= len(values) / 2


def test_the_median_of_an_even_number_is_between_the_two_in_the_middle() -> None:
    assert median([9, 1, 3, 4]) == 3.5


def test_a_time_meets_a_target_that_it_does_not_exceed() -> None:
    figure = Figure("s", "w", 4.0, "ms", Target(10))
    assert (figure.met, figure.margin) == (True, 2.5)


def test_a_time_above_its_target_misses_it() -> None:
    figure = Figure("s", "w", 20.0, "ms", Target(10))
    assert (figure.met, figure.margin) == (False, 0.5)


def test_a_rate_meets_a_target_that_it_reaches() -> None:
    figure = Figure("s", "w", 750.0, RATE, Target(500))
    assert (figure.met, figure.margin) == (True, 1.5)


def test_a_rate_below_its_target_misses_it() -> None:
    figure = Figure("s", "w", 250.0, RATE, Target(500))
    assert (figure.met, figure.margin) == (False, 0.5)


def test_a_figure_without_a_target_is_neither_met_nor_missed() -> None:
    figure = Figure("s", "w", 250.0, RATE)
    assert (figure.met, figure.margin) == (None, None)


@pytest.mark.parametrize(("unit", "value", "bare"), [("ms", 12.0, 4.0), (RATE, 4.0, 12.0)])
def test_a_slower_figure_is_more_than_once_the_bare_cost(unit: str, value: float, bare: float) -> None:
    assert Figure("s", "w", value, unit, bare=Bare("bare", bare)).ratio == 3.0


def test_a_bare_cost_of_nothing_is_exceeded_without_end() -> None:
    assert Figure("s", "w", 1.0, "ms", bare=Bare("bare", 0.0)).ratio == math.inf


def test_works_are_taken_in_turns_after_one_unmeasured_round() -> None:
    order: list[str] = []
    times = side_by_side(2, lambda: order.append("a"), lambda: order.append("b"))
    assert order == ["a", "b"] * 3
    assert [len(one) for one in times] == [2, 2]


def test_time_is_counted_by_the_clock_that_was_given() -> None:
    ticks = itertools.count(step=7)
    assert seconds(lambda: None, lambda: next(ticks)) == 7
