"""Which of two matched regions is the copy, by a map of what does not go with the rest of the picture.

What pasting left on one side (:mod:`detector.duplicates.telling`) and a map of odd places err at different copies:
together they are right more often than either.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from detector.duplicates.search import Match
    from detector.duplicates.views import Floats, Mask
    from detector.types import HeatMap

WEIGHT = 0.5
"""Of the difference of the map's mean log odds; chosen on copies of held pictures."""
MOST = 4.0
"""Log odds by which the map may hold one region for odder than the other."""


def sided(matches: Sequence[Match], shape: tuple[int, int], heat: HeatMap) -> tuple[Match, ...]:
    """``matches``, whose regions have ``shape``, with what ``heat`` (shares, of the picture as it is) says of each
    side added to ``side_odds``."""
    if not matches:
        return ()
    share = np.clip(cv2.resize(heat, shape[::-1], interpolation=cv2.INTER_LINEAR), 1e-6, 1 - 1e-6)
    odds = np.log(share / (1 - share))
    return tuple(
        replace(one, side_odds=one.side_odds + WEIGHT * _odder(odds, one.first, one.second)) for one in matches
    )


def _odder(odds: Floats, first: Mask, second: Mask) -> float:
    """By how much odder the first region is than the second, each without what they share; 0 where that is nothing."""
    mine, other = first & ~second, second & ~first
    if not mine.any() or not other.any():
        return 0.0
    return float(np.clip(odds[mine].mean() - odds[other].mean(), -MOST, MOST))
