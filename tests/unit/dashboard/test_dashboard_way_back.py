"""A link survives the way to the organisation's sign-in and back, for the browser that had it."""

from __future__ import annotations

import pytest

from dashboard import way_back
from dashboard.way_back import KEPT_SECONDS, Spot, Ways, browser_of

SPOT = Spot("history", {"registration": "1"})


class Clock:
    now = 5.0

    def __call__(self) -> float:
        return self.now


def masked(token: bytes, mask: bytes, time: int) -> str:
    """A cookie as Streamlit writes it."""
    return f"2|{mask.hex()}|{bytes(one ^ mask[at % 4] for at, one in enumerate(token)).hex()}|{time}"


def test_a_browser_keeps_its_name_when_the_mask_of_its_cookie_changes() -> None:
    token = bytes(range(16))
    assert browser_of(masked(token, b"abcd", 1)) == browser_of(masked(token, b"wxyz", 2))
    assert browser_of(masked(token, b"abcd", 1)) != browser_of(masked(token[::-1], b"abcd", 1))


@pytest.mark.parametrize("cookie", ["", "2|zz|zz|1", "2||ab|1", "2|ab||1", "x", "1|2|3"])
def test_a_cookie_of_another_form_is_a_name_of_its_own(cookie: str) -> None:
    assert browser_of(cookie) != browser_of(masked(bytes(16), b"abcd", 1))


def test_a_spot_is_given_out_once_and_to_its_own_browser() -> None:
    ways = Ways()
    ways.keep("mine", SPOT)
    assert ways.take("another") is None
    assert ways.take("mine") == SPOT
    assert ways.take("mine") is None


def test_a_spot_of_long_ago_is_forgotten() -> None:
    clock = Clock()
    ways = Ways(clock)
    ways.keep("mine", SPOT)
    clock.now += KEPT_SECONDS
    assert ways.take("mine") is None


def test_the_number_of_spots_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(way_back, "_MOST", 2)
    ways = Ways()
    for browser in ("a", "b", "c"):
        ways.keep(browser, SPOT)
    assert [ways.take(browser) for browser in ("a", "b", "c")] == [None, SPOT, SPOT]
