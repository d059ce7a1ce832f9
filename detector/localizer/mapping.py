"""From a picture to its map of log odds: features, tiles, and the orientations that the map is the mean of.

A picture of more than PANEL pixels a side is mapped in panels on the 8×8 grid, each a picture of its own, so that
memory stays bounded; what is compared with the rest of the picture is then compared with the rest of the panel.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from detector.localizer.features import Features, features
from detector.localizer.tiles import TileNetwork, odds_map

if TYPE_CHECKING:
    from detector.types import Pixels

Floats = npt.NDArray[np.float32]
PANEL = 2048
TURNS = 1
"""Orientations of which the map is the mean: 1, 2 (with its mirror image) or 4 (with both upside down)."""


@dataclass(frozen=True)
class OddsMap:
    """``odds`` (rows / 4, columns / 4, rounded up) log odds; ``figures`` of the picture, or of its middle panel."""

    odds: Floats
    figures: dict[str, float]


def forged_odds(network: TileNetwork, pixels: Pixels, jpeg: bytes | None, turns: int = TURNS) -> OddsMap:
    """The map of a picture of the allowed shapes."""
    rows, columns = pixels.shape[:2]
    made = np.empty((-(-rows // 4), -(-columns // 4)), np.float32)
    figures: dict[str, float] = {}
    for top, bottom in _spans(rows):
        for left, right in _spans(columns):
            found = features(pixels[top:bottom, left:right], jpeg)
            odds = _mean_odds(network, found, turns)
            height, width = -(-(bottom - top) // 4), -(-(right - left) // 4)
            made[top // 4 : top // 4 + height, left // 4 : left // 4 + width] = odds[:height, :width]
            if top <= rows // 2 and left <= columns // 2:
                figures = found.figures
    return OddsMap(made, figures)


def _mean_odds(network: TileNetwork, found: Features, turns: int) -> Floats:
    mirrors = ((False, False), (False, True), (True, False), (True, True))[:turns]
    parts = [_mirrored(odds_map(network, _mirrored_features(found, *which)), *which) for which in mirrors]
    return np.asarray(np.mean(parts, axis=0), np.float32)


def _mirrored_features(found: Features, down: bool, across: bool) -> Features:
    return Features(_mirrored(found.pixels, down, across), _mirrored(found.blocks, down, across), found.figures)


def _mirrored(part: npt.NDArray[Any], down: bool, across: bool) -> npt.NDArray[Any]:
    turned = part[::-1] if down else part
    return turned[:, ::-1] if across else turned


def _spans(length: int) -> list[tuple[int, int]]:
    """Equal parts of at most PANEL pixels, each beginning on a multiple of 8."""
    count = -(-length // PANEL)
    edges = [length * k // count // 8 * 8 for k in range(count)] + [length]
    return list(pairwise(edges))
