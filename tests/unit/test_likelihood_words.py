"""The likelihood ratio in words: never more than was measured, and never the probability of forgery."""

from __future__ import annotations

import pytest

from ledger.schemas.likelihood import in_words, meaning, number, support


@pytest.mark.parametrize(
    ("ratio", "said"),
    [(6.0, "6"), (1 / 6, "1/6"), (5.46, "5.4"), (14.55, "14"), (1 / 14.55, "1/14"), (1.04, "1"), (0.97, "1"), (1, "1")],
)
def test_a_ratio_is_rounded_towards_one(ratio: float, said: str) -> None:
    assert number(ratio) == said


def test_the_whole_says_ratio_support_meaning_and_what_it_is_not() -> None:
    assert in_words(6.0, (1 / 40, 40.0)) == (
        "6 (held-out pictures support 1/40 to 40): the evidence is about 6 times as probable if the picture was forged"
        " in the ways tested as if it was not. It is not the probability that the picture is forged, and it is about"
        " the kinds of forgery and the sources that the method was calibrated on: pictures from elsewhere may differ."
    )


def test_a_ratio_under_one_speaks_for_the_other_proposition() -> None:
    assert meaning(0.2).endswith(
        "5 times as probable if the picture was not forged as if it was forged in the ways tested"
    )


def test_a_ratio_of_one_speaks_for_neither() -> None:
    assert "about as probable" in meaning(1.02)


def test_that_nothing_is_supported_is_said() -> None:
    assert support((1.0, 1.0)) == "held-out pictures support no other than 1"
