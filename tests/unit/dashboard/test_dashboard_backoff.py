"""Failed sign-ins wait longer and longer, each place for itself."""

from __future__ import annotations

import pytest

from dashboard import backoff
from dashboard.backoff import FORGOTTEN_SECONDS, FREE, LONGEST_SECONDS, Backoff


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_the_first_failures_cost_nothing_and_each_further_one_twice_the_last(clock: Clock) -> None:
    attempts = Backoff(clock)
    waits = []
    for _ in range(FREE + 9):
        attempts.failed("a")
        waits.append(attempts.wait("a"))
    assert waits[: FREE - 1] == [0.0] * (FREE - 1)
    assert waits[FREE - 1 : FREE + 4] == [2.0, 4.0, 8.0, 16.0, 32.0]
    assert waits[-1] == LONGEST_SECONDS


def test_a_wait_ends(clock: Clock) -> None:
    attempts = Backoff(clock)
    for _ in range(FREE):
        attempts.failed("a")
    clock.now += 1.5
    assert attempts.wait("a") == 0.5
    clock.now += 0.5
    assert attempts.wait("a") == 0.0


def test_a_success_and_a_long_time_both_make_failures_forgotten(clock: Clock) -> None:
    attempts = Backoff(clock)
    for _ in range(FREE):
        attempts.failed("a")
        attempts.failed("b")
    attempts.succeeded("a")
    assert (attempts.wait("a"), attempts.wait("b")) == (0.0, 2.0)
    clock.now += FORGOTTEN_SECONDS + 1
    attempts.failed("b")
    assert attempts.wait("b") == 0.0


def test_the_number_of_places_is_bounded_and_the_oldest_goes_first(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backoff, "_MOST", 2)
    attempts = Backoff(clock)
    for _ in range(FREE):
        attempts.failed("old")
    for _ in range(FREE):
        attempts.failed("newer")
    attempts.failed("newest")
    assert (attempts.wait("old"), attempts.wait("newer")) == (0.0, 2.0)
