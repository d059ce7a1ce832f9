"""Which of two matched regions is the copy, by the texture of their borders.

Source: Salehi & Ahmadifard 2019, who report 67.5 % on GRIP (80 pictures: barely above guessing). The publication
starts from two matched regions; as a method of its own it takes those that ``keypoint_copymove`` finds. The sign was
chosen on forgeries made from the development pictures, which are not held out: see ``detector.copymove.sides``.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from detector.copymove.search import Match, reduced, search
from detector.copymove.sides import Decision, by_border_texture
from detector.methods.keypoint_copymove import rectangle, stretched
from detector.pictures import to_grey8, usable
from detector.serving import check_manifest
from detector.types import Applicability, Evidence, Finding

if TYPE_CHECKING:
    from detector.types import HeatMap, Mask, Pixels

COPY, UNDECIDED, SOURCE = 1.0, 0.6, 0.3
decide = by_border_texture


class LbpSourceCopy:
    """Nothing is trained; the folder of weights holds only the calibration. Not to be shared between threads."""

    name = "lbp_source_copy"

    def __init__(self, version: str) -> None:
        self.version = version
        self._last: tuple[bytes, tuple[Match, ...]] | None = None

    @classmethod
    def load(cls, weights: Path) -> LbpSourceCopy:
        """The method; WeightsUnusable when the folder ``weights`` is not what its manifest says."""
        return cls(str(check_manifest(weights)["version"]))

    def applicable(self, pixels: Pixels, jpeg: bytes | None) -> Applicability:
        """Pictures in which ``keypoint_copymove`` finds two matched regions. As dear as that search, done once."""
        del jpeg
        allowed = usable(pixels)
        if allowed.applicable and not self._regions(pixels):
            return Applicability(False, "No two regions of the picture match, so there is no copy to tell apart.")
        return allowed

    def examine(self, pixels: Pixels, *, jpeg: bytes | None = None) -> Evidence:
        """``score``: that of the strongest match (this method tells sides apart, it finds nothing itself).

        ``heatmap``: COPY in the region decided as the copy, SOURCE in the other, UNDECIDED in both on a tie, else 0.
        ``figures``: ``decided`` (0 or 1), ``border_lbp_std_a`` and ``border_lbp_std_b`` of the strongest match.
        Score 0 and no figures where nothing matches.
        """
        del jpeg
        found, grey = self._regions(pixels), reduced(to_grey8(pixels))
        heat = np.zeros(grey.shape, np.float32)
        findings = []
        decisions = [decide(grey, match.region_a, match.region_b) for match in found]
        for match, decision in zip(found, decisions, strict=True):
            _paint(heat, match, decision)
            findings.append(_finding(match, decision, pixels.shape))
        if not found:
            return Evidence(0.0, stretched(heat, pixels.shape))
        figures = {"decided": float(decisions[0].copy is not None), **decisions[0].figures}
        return Evidence(found[0].score, stretched(heat, pixels.shape), tuple(findings), figures)

    def _regions(self, pixels: Pixels) -> tuple[Match, ...]:
        """The verified matches; those of the last picture are kept, since applicable and examine both need them."""
        shape = f"{pixels.shape}{pixels.dtype}".encode()
        key = hashlib.blake2b(pixels.tobytes(), key=shape).digest()
        if self._last is None or self._last[0] != key:
            self._last = key, tuple(match for match in search(reduced(to_grey8(pixels))) if match.verified)
        return self._last[1]


def _paint(heat: HeatMap, match: Match, decision: Decision) -> None:
    for side, region in (("a", match.region_a), ("b", match.region_b)):
        level = UNDECIDED if decision.copy is None else COPY if decision.copy == side else SOURCE
        heat[region] = np.maximum(heat[region], level)


def _finding(match: Match, decision: Decision, shape: tuple[int, ...]) -> Finding:
    copy: Mask = match.region_a if decision.copy == "a" else match.region_b
    place = rectangle(copy, shape)
    texts = "Both borders are equally smooth, so which region is the copy cannot be told."
    if decision.copy is not None:
        texts = f"The {place.width}×{place.height} pixels at ({place.x}, {place.y}) have the smoother border."
    return Finding(
        "smoother_border" if decision.copy is not None else "equal_borders",
        texts,
        "Hiding the seam of a pasted region smooths its border; the border of the original keeps its noise.",
        "Right for 67.5 % of 80 photographs in the publication; its sign was chosen on forgeries made from the "
        "development pictures; the benchmark's table has what it reaches. Noise added later reverses it.",
        place,
    )
