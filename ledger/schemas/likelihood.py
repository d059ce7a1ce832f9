"""The detector's likelihood ratio in words, the same wherever it is shown."""

from __future__ import annotations

import math

SUPPORT = "held-out pictures support"
NOT_A_PROBABILITY = (
    "It is not the probability that the picture is forged, and it is about the kinds of forgery and the sources that"
    " the method was calibrated on: pictures from elsewhere may differ."
)
TESTED = (
    "Tested were regions that programs copied, pasted in, filled, smoothed, sharpened, made brighter, noisier or of"
    " more contrast, or resampled; of the default generated ones too. Drawn text and marks, and changes of the whole"
    " picture, were not."
)
"""What *forged in the ways tested* means (``detector.forge``)."""
_ROUNDING = 1e-9
"""More than floating point loses in 1 / (1 / 6), which is six."""


def number(ratio: float) -> str:
    """A positive ratio for people, as *6* or *1/6*: one decimal under 10, rounded towards 1, so that it never says more
    than was measured."""
    if ratio < 1:
        inverse = number(1 / ratio)
        return inverse if inverse == "1" else f"1/{inverse}"
    steps = 10 if ratio < 10 else 1
    return f"{math.floor(ratio * steps + _ROUNDING) / steps:.6g}"


def support(bounds: tuple[float, float]) -> str:
    """What held-out pictures support, as *held-out pictures support 1/40 to 40*."""
    low, high = (number(bound) for bound in bounds)
    return f"{SUPPORT} {low} to {high}" if low != high else f"{SUPPORT} no other than {low}"


def meaning(ratio: float) -> str:
    """What the ratio says: how many times as probable the evidence is under one proposition as under the other."""
    times = number(max(ratio, 1 / ratio))
    if times == "1":
        return "the evidence is about as probable if the picture was forged in the ways tested as if it was not"
    begin = f"the evidence is about {times} times as probable"
    if ratio > 1:
        return f"{begin} if the picture was forged in the ways tested as if it was not"
    return f"{begin} if the picture was not forged as if it was forged in the ways tested"


def in_words(ratio: float, bounds: tuple[float, float]) -> str:
    """All of it: the ratio, what is supported, what it says and what it does not."""
    return f"{number(ratio)} ({support(bounds)}): {meaning(ratio)}. {NOT_A_PROBABILITY}"
