"""Medical copy-move detection by key points: pairs of regions of one picture that are the same down to their noise.

Source: R. Dixit, A. Dixit 2022 (see ``detector.copymove`` for its eight steps). Substitutes, each named where it is
used: ORB descriptors where the installed OpenCV has no BinBoost, DBSCAN in place of ant-colony clustering, USAC in
place of fast sample consensus. Ours: points at equal local contrast, three patch sizes, the refinement of the transform
(ECC), and the residual check, without which like anatomy alarms. The thresholds were chosen with ORB on forgeries made
from the development pictures, which are not held out; the benchmark's table has what the method reaches.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from detector.copymove import points
from detector.copymove.search import Match, reduced, search
from detector.copymove.transform import angle_of, mirrors, scale_of
from detector.pictures import to_grey8, usable
from detector.serving import check_manifest
from detector.types import Applicability, Evidence, Finding, Region

if TYPE_CHECKING:
    from detector.types import HeatMap, Mask, Pixels

COPY, UNDECIDED, SOURCE, DOUBTFUL = 1.0, 0.8, 0.6, 0.2
"""What the heat map shows: the copy, both where it cannot be told, the original, and a match that fails a check."""
_LIMITS = (
    "Shows that content appears twice, not why: repeated phantoms, test patterns and tiled pictures do too. Small, "
    "smooth, strongly blurred or strongly compressed copies are often not found. Which side is the copy is a guess."
)


class KeypointCopyMove:
    """Nothing is trained; the folder of weights holds only the calibration."""

    name = "keypoint_copymove"

    def __init__(self, version: str) -> None:
        self.version = version

    @classmethod
    def load(cls, weights: Path) -> KeypointCopyMove:
        """The method; WeightsUnusable when the folder ``weights`` is not what its manifest says."""
        return cls(str(check_manifest(weights)["version"]))

    def applicable(self, pixels: Pixels, jpeg: bytes | None) -> Applicability:
        """Any picture of 64 to 8192 pixels a side that is not constant."""
        del jpeg
        return usable(pixels)

    def examine(self, pixels: Pixels, *, jpeg: bytes | None = None) -> Evidence:
        """``score``: the strongest match, see :func:`detector.copymove.search.evidence`; 0 when nothing matches.

        ``heatmap``: COPY in the region held for the copy, SOURCE in its original, UNDECIDED in both where it cannot
        be told, DOUBTFUL in matches that fail a check, 0 elsewhere. Pictures longer than 1536 pixels are searched
        reduced to that. ``figures``: ``copies_found``, ``matches_considered``, ``residual_correlation``,
        ``point_pairs``, ``matched_percent`` (of the area, both regions), ``scale``, ``angle_degrees``, ``mirrored``,
        ``working_side``, ``binboost`` (1 where BinBoost described the points, 0 where ORB did) and the measures of the
        last step.
        """
        del jpeg
        grey = reduced(to_grey8(pixels))
        matches = search(grey)
        verified = [match for match in matches if match.verified]
        figures = {
            "copies_found": float(len(verified)),
            "matches_considered": float(len(matches)),
            "working_side": float(max(grey.shape)),
            "binboost": float(points.descriptor()[0] == "BinBoost"),
            **(_figures(matches[0]) if matches else {}),
        }
        score = matches[0].score if matches else 0.0
        heat = stretched(heat_map(matches, grey.shape), pixels.shape)
        return Evidence(score, heat, tuple(_finding(match, pixels.shape) for match in verified), figures)


def heat_map(matches: tuple[Match, ...], shape: tuple[int, ...]) -> HeatMap:
    """(rows, columns) float32 of the matches; where two overlap, the higher value stands."""
    heat = np.zeros(shape[:2], np.float32)
    for match in matches:
        for side, region in (("a", match.region_a), ("b", match.region_b)):
            level = DOUBTFUL
            if match.verified:
                level = {None: UNDECIDED, side: COPY}.get(match.side.copy, SOURCE)
            heat[region] = np.maximum(heat[region], level)
    return heat


def stretched(heat: HeatMap, shape: tuple[int, ...]) -> HeatMap:
    """``heat`` in the rows and columns of ``shape``, each value that of the nearest place."""
    return np.asarray(cv2.resize(heat, (shape[1], shape[0]), interpolation=cv2.INTER_NEAREST), np.float32)


def rectangle(mask: Mask, shape: tuple[int, ...]) -> Region:
    """The smallest rectangle round what is true in ``mask`` (at least one pixel), in a picture of ``shape``."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    down, across = shape[0] / mask.shape[0], shape[1] / mask.shape[1]
    left, top = round(columns[0] * across), round(rows[0] * down)
    return Region(left, top, round((columns[-1] + 1) * across) - left, round((rows[-1] + 1) * down) - top)


def _figures(match: Match) -> dict[str, float]:
    """The named numbers of the strongest match."""
    return {
        "residual_correlation": match.checks.residual,
        "point_pairs": float(match.pairs),
        "matched_percent": 100.0 * float((match.region_a | match.region_b).mean()),
        "scale": scale_of(match.affine),
        "angle_degrees": angle_of(match.affine),
        "mirrored": float(mirrors(match.affine)),
        **match.side.figures,
    }


def _finding(match: Match, shape: tuple[int, ...]) -> Finding:
    first, second = (match.region_b, match.region_a) if match.side.copy == "a" else (match.region_a, match.region_b)
    source, copy = rectangle(first, shape), rectangle(second, shape)
    known = match.side.copy is not None
    which = "The second is held for the copy." if known else "Which of the two is the copy cannot be told."
    return Finding(
        "copied_region",
        f"The {_words(source)} and the {_words(copy)} show the same content ({_movement(match)}); "
        f"{match.pairs} pairs of points agree by {points.descriptor()[0]} descriptors, "
        f"and the noise of both correlates at {match.checks.residual:.2f}. {which}",
        "Two places of one picture agree down to the noise, which separate tissue does not: one was copied.",
        _LIMITS,
        copy,
    )


def _words(region: Region) -> str:
    return f"{region.width}×{region.height} pixels at ({region.x}, {region.y})"


def _movement(match: Match) -> str:
    turn, scale = angle_of(match.affine), scale_of(match.affine)
    turned = f"turned by {abs(turn):.0f}° {'clockwise' if turn > 0 else 'counter-clockwise'}"
    parts = [
        "mirrored" if mirrors(match.affine) else "",
        "not turned" if abs(turn) < 1.0 else turned,
        "at the same size" if abs(scale - 1.0) < 0.02 else f"at {scale:.2f} times the size",
    ]
    return ", ".join(part for part in parts if part)
