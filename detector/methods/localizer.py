"""MedSeal's own: a fully convolutional network at native resolution that maps forged pixels.

Not after one publication. From the literature: fixed high-pass residuals (Fridrich and Kodovský 2012), the double
quantisation of JPEG coefficients (Lukas and Fridrich 2003, Bianchi and Piva 2012), JPEG ghosts (Farid 2009), the grid
of blocks (after Nikoukhah et al. 2019) and a U-shaped network (Ronneberger et al. 2015). Ours: that figures are also
given against the rest of the same picture, the save histories it was trained on, and the picture's score from how its
map is distributed.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Self

import cv2
import numpy as np

from detector.errors import WeightsUnusable
from detector.jpeg import TRACE_GAIN
from detector.localizer.head import Head, statistics
from detector.localizer.mapping import forged_odds
from detector.localizer.tiles import TileNetwork, open_tiles
from detector.pictures import usable
from detector.serving import check_manifest, open_bytes
from detector.types import Applicability, Evidence, Finding, Region

if TYPE_CHECKING:
    import numpy.typing as npt

    from detector.types import HeatMap, Pixels

HEAD = "head.json"
_MARKED = 0.5  # heat from which a place is named in a finding
_FINEST = 0.97
"""First quality in hundreds up to which an earlier save is named: steps of one or two levels may be something else."""
_LEAST_SHOWN = 0.05
"""Percent of the picture: less would be said to be 0.0 %."""


class Localizer:
    """``network`` answers tiles, ``head`` judges the map as a whole."""

    name = "localizer"

    def __init__(self, network: TileNetwork, head: Head, version: str) -> None:
        self._network, self._head, self.version = network, head, version

    @classmethod
    def load(cls, weights: Path) -> Self:
        """The method with the network and head of the folder ``weights``; WeightsUnusable when they are not those."""
        manifest = check_manifest(weights)
        try:
            head = Head.from_json(json.loads(open_bytes(weights, HEAD)))
        except (KeyError, TypeError, ValueError) as error:
            raise WeightsUnusable(f"expected the localizer's head in {weights / HEAD}, found: {error}") from error
        return cls(open_tiles(weights), head, str(manifest["version"]))

    def applicable(self, pixels: Pixels, jpeg: bytes | None) -> Applicability:
        """Any picture of 64 to 8192 pixels a side that is not constant."""
        del jpeg
        return usable(pixels)

    def examine(self, pixels: Pixels, *, jpeg: bytes | None = None) -> Evidence:
        """``score``: log odds of *forged* by the map as a whole. ``heatmap``: the network's share for each pixel.

        ``figures``: what was measured of the picture's saves (``first quality`` in hundreds, gains, strengths of
        grids), ``hottest`` (the largest heat) and ``marked`` (the share of pixels of heat 0.5 or more).
        """
        found = forged_odds(self._network, pixels, jpeg)
        heat = _heat(found.odds, (pixels.shape[0], pixels.shape[1]))
        figures = {**found.figures, "hottest": float(heat.max()), "marked": float((heat >= _MARKED).mean())}
        return Evidence(self._head.score(statistics(found.odds)), heat, _findings(heat, found.figures), figures)


def _heat(odds: npt.NDArray[np.float32], shape: tuple[int, int]) -> HeatMap:
    """``odds`` at full resolution, cut to the picture, as shares."""
    size = (odds.shape[1] * 4, odds.shape[0] * 4)
    large = cv2.resize(odds, size, interpolation=cv2.INTER_LINEAR)[: shape[0], : shape[1]]
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(large, -30.0, 30.0))), np.float32)


def _findings(heat: HeatMap, figures: dict[str, float]) -> tuple[Finding, ...]:
    count, _, boxes, _ = cv2.connectedComponentsWithStats((heat >= _MARKED).astype(np.uint8), connectivity=8)
    if count < 2:
        return ()
    left, top, width, height, area = (int(value) for value in boxes[1 + int(boxes[1:, cv2.CC_STAT_AREA].argmax())])
    share = 100.0 * area / heat.size
    if share < _LEAST_SHOWN:
        return ()
    return (
        Finding(
            "localizer-region",
            f"A region of {share:.1f} % of the picture does not go with the rest of it{_trace(figures)}.",
            "Its noise, detail, JPEG traces or edges are unlike those of comparable places of the same picture.",
            "Burned-in text, collimator edges, implants and motion can look alike; the region is what stands out, "
            "not proof of an edit.",
            Region(left, top, width, height),
        ),
    )


def _trace(figures: dict[str, float]) -> str:
    if figures["first gain"] < TRACE_GAIN or figures["first quality"] > _FINEST:
        return ""
    return f"; the rest shows an earlier JPEG save at about quality {100 * figures['first quality']:.0f}"
