"""Copy-move detection by SIFT key points and a left-over test: regions of one picture that are the same to the grain.

Ours, from known parts: SIFT (Lowe 2004) on the contrast-enhanced picture, small ones enlarged; every single pair of
like points tells a move, and pairs vote for each other's; the move is refined (ECC) and the local correlation says
over which region it holds (``detector.duplicates``). In a lossless picture what is the same sample for sample is
looked for as well (``exact``). What a match is judged by (``measures``) are seventeen numbers,
above all how far the grain agrees, whether it does so at this very move only, and what is left when one side is
taken from the other. A logistic model of these, fitted on made copies and on the alike anatomy of untouched
pictures, gives the score: anatomy that repeats (ribs, teeth, halves, cells) is what it has learned to tell apart.
A second one tells the copy from the original, or says that it cannot be told (``telling``).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from detector.copymove.transform import angle_of, mirrors, scale_of
from detector.duplicates.model import FILE, Model
from detector.duplicates.search import SAME_WINDOWS, Match, search
from detector.methods.keypoint_copymove import rectangle, stretched
from detector.pictures import usable
from detector.serving import check_manifest
from detector.types import Applicability, Evidence, Finding, Region

if TYPE_CHECKING:
    from detector.copymove.transform import Affine
    from detector.types import HeatMap, Pixels

COPY, UNDECIDED, SOURCE = 1.0, 0.75, 0.25
"""What the heat map shows of a match beyond doubt: the copy, both where it cannot be told, the original."""
NOTHING = -12.0
"""The score of a picture in which no two regions are alike; no match scores lower."""
_LIMITS = (
    "Shows that content appears twice, not why: repeated phantoms, test patterns, icons, writing and views that a "
    "program showed twice do too. Copies of "
    "some 20 pixels across, smooth ones and strongly compressed ones are often not found."
)


class SiftCopyMove:
    """One method with its two logistic models. Holds no state between pictures."""

    name = "sift_copymove"

    def __init__(self, model: Model, version: str) -> None:
        self._model, self.version = model, version

    @classmethod
    def load(cls, weights: Path) -> SiftCopyMove:
        """The method; WeightsUnusable when the folder ``weights`` is not what its manifest says."""
        manifest = check_manifest(weights)
        return cls(Model.load(weights / FILE), str(manifest["version"]))

    def applicable(self, pixels: Pixels, jpeg: bytes | None) -> Applicability:
        """Any picture of 64 to 8192 pixels a side that is not constant."""
        del jpeg
        return usable(pixels)

    def examine(self, pixels: Pixels, *, jpeg: bytes | None = None) -> Evidence:
        """``score``: ln of how much likelier the strongest match is a copy than anatomy; NOTHING without a match.

        ``heatmap``: COPY in the region held for the copy, SOURCE in its original, UNDECIDED in both where it cannot be
        told, each times the probability of the match; 0 elsewhere. Regions that are sample for sample the same, in a
        picture that is no JPEG, score ``search.EXACT``. Pictures longer than 1536 pixels are searched
        reduced to that. ``figures``: ``copies_found`` (matches that reach the model's threshold),
        ``matches_considered``, ``working_side``, and of the strongest match ``point_pairs``, ``matched_percent`` (of
        the area, both regions), ``scale``, ``angle_degrees``, ``mirrored`` (0 or 1), ``side_odds`` (above 0 where the
        first region is the copy) and what was measured (``measures.NAMES``, ``telling.SIDE_NAMES``).
        """
        return self.evidence(*self.matches(pixels, jpeg=jpeg), pixels.shape)

    def matches(self, pixels: Pixels, *, jpeg: bytes | None = None) -> tuple[tuple[Match, ...], tuple[int, int]]:
        """The strongest matches and the shape of their regions, see :func:`detector.duplicates.search.search`."""
        return search(pixels, self._model, lossless=jpeg is None)

    def evidence(self, matches: tuple[Match, ...], shape: tuple[int, int], size: tuple[int, ...]) -> Evidence:
        """What :meth:`examine` says of a picture of ``size`` with these matches."""
        found = [match for match in matches if match.odds >= self._model.accepted]
        figures = {
            "copies_found": float(len(found)),
            "matches_considered": float(len(matches)),
            "working_side": float(max(shape)),
            **(_figures(matches[0]) if matches else {}),
        }
        score = max(matches[0].odds, NOTHING) if matches else NOTHING
        heat = stretched(self._heat(matches, shape), size)
        return Evidence(score, heat, tuple(self._finding(match, size) for match in found), figures)

    def _copy(self, match: Match) -> int | None:
        """0 where the first region is the copy, 1 where the second is, None where it cannot be told."""
        if abs(match.side_odds) < self._model.telling_odds:
            return None
        return 0 if match.side_odds > 0 else 1

    def _heat(self, matches: tuple[Match, ...], shape: tuple[int, ...]) -> HeatMap:
        heat = np.zeros(shape[:2], np.float32)
        for match in matches:
            share = 1.0 / (1.0 + np.exp(-np.clip(match.odds, -30.0, 30.0)))
            copy = self._copy(match)
            for number, region in enumerate((match.first, match.second)):
                level = UNDECIDED if copy is None else COPY if copy == number else SOURCE
                heat[region] = np.maximum(heat[region], np.float32(level * share))
        return heat

    def _finding(self, match: Match, shape: tuple[int, ...]) -> Finding:
        copy = self._copy(match)
        first, second = (match.second, match.first) if copy == 0 else (match.first, match.second)
        source, place = rectangle(first, shape), rectangle(second, shape)
        which = "Which of the two is the copy cannot be told."
        if copy is not None:
            which = f"The second is held for the copy (odds {np.exp(min(abs(match.side_odds), 7.0)):.1f} to 1)."
        both = f"The {_words(source)} and the {_words(place)}"
        says, means = _exact(match) if SAME_WINDOWS in match.values else _alike(match)
        return Finding("copied_region", f"{both} {says} {which}", means, _LIMITS, place)


def _exact(match: Match) -> tuple[str, str]:
    return (
        f"are the same sample for sample ({_movement(match)}).",
        "No two places of a picture as it was captured have the same grain: unless a program drew both (an icon, a "
        "pattern, a second view), one was copied.",
    )


def _alike(match: Match) -> tuple[str, str]:
    return (
        f"show the same content ({_movement(match)}); {match.pairs} places agree, the grain of both correlates at "
        f"{np.tanh(match.values['fine']):.2f}, and where one is taken from the other "
        f"{100 * np.exp(match.values['left_over']):.0f} % of the grain is left.",
        "Two places of one picture agree more than separate tissue does (there some 140 % of the grain is left), as "
        "when one was copied. Writing, symmetric anatomy and patterns can agree as much.",
    )


def _words(region: Region) -> str:
    return f"{region.width}×{region.height} pixels at ({region.x}, {region.y})"


def _figures(match: Match) -> dict[str, float]:
    return {
        "point_pairs": float(match.pairs),
        "matched_percent": 100.0 * float((match.first | match.second).mean()),
        "scale": scale_of(match.affine),
        "angle_degrees": angle_of(_upright(match)),
        "side_odds": match.side_odds,
        **match.values,
        "mirrored": float(mirrors(match.affine)),
    }


def _upright(match: Match) -> Affine:
    """The move without its mirror (left to right), so that its turn can be read."""
    return match.affine @ np.diag((-1.0, 1.0, 1.0)) if mirrors(match.affine) else match.affine


def _movement(match: Match) -> str:
    turn, scale = angle_of(_upright(match)), scale_of(match.affine)
    parts = [
        "mirrored" if mirrors(match.affine) else "",
        "not turned" if abs(turn) < 1.0 else f"turned by {abs(turn):.0f}° {'' if turn > 0 else 'counter-'}clockwise",
        "at the same size" if abs(scale - 1.0) < 0.02 else f"at {scale:.2f} times the size",
    ]
    return ", ".join(part for part in parts if part)
