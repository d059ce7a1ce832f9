"""Which of two matched regions is the copy: two published answers.

Their constants, and the sign of the first, were chosen on forgeries made from the development pictures, which are not
held out; the second was no better than guessing there. What the methods reach stands in the benchmark's table
(``docs/benchmark/table.md``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import cv2
import numpy as np

from detector.texture import glcm, haralick, lbp, lbp_histogram

if TYPE_CHECKING:
    import numpy.typing as npt

    from detector.copymove.points import Grey

    Mask = npt.NDArray[np.bool_]
    Vectors = npt.NDArray[np.float64]

BAND = 5
"""Width of the border band of Salehi & Ahmadifard in pixels: the dilated less the eroded region."""
TIE = 0.02
"""Two measures closer than this share of the larger one decide nothing."""
BLOCK = 16
_WIDEN = 16
_LEVELS = 16
_MOST_BLOCKS = 64


@dataclass(frozen=True)
class Decision:
    """``copy`` is the region held for the copy, None for *cannot tell*; ``figures`` are the measures of both."""

    copy: Literal["a", "b"] | None
    figures: Mapping[str, float] = field(default_factory=dict)


UNDECIDED = Decision(None)


def by_border_texture(grey: Grey, region_a: Mask, region_b: Mask) -> Decision:
    """Salehi & Ahmadifard (2019): the region whose border is smoother is the copy.

    Local binary patterns (P 8, R 1, 256 bins, normalised) in the border band of each region. Smoother is the *lower*
    standard deviation of the histogram: noise peaks at few patterns, a blended or interpolated border spreads them.
    Noise added after the paste reverses it. Ties within 2 % and empty bands cannot tell.
    """
    codes = lbp(grey)
    a, b = (float(lbp_histogram(codes, border_band(region)).std()) for region in (region_a, region_b))
    figures = {"border_lbp_std_a": a, "border_lbp_std_b": b}
    return Decision(_smaller(a, b), figures)


def border_band(region: Mask) -> Mask:
    """The band BAND pixels wide along the region's border: dilated by 2 pixels less eroded by 3."""
    grown = region.astype(np.uint8)
    outer = cv2.dilate(grown, _disc(BAND))
    inner = cv2.erode(grown, _disc(BAND + 2), borderValue=0)
    return np.asarray((outer > 0) & (inner == 0))


def _disc(side: int) -> npt.NDArray[np.uint8]:
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), np.uint8)


def by_block_likeness(grey: Grey, region_a: Mask, region_b: Mask) -> Decision:
    """Step 8 of Dixit & Dixit (2022): the region whose surroundings are more alike among themselves is the original.

    The rectangle round each region, widened by 16 pixels, is cut into blocks of 16×16 pixels (ours); the thirteen
    Haralick features of each block's co-occurrence matrix (16 levels, 4 directions, averaged) are standardised over
    the blocks of both; the mean Pearson correlation of the block vectors of a region is its likeness. The higher is
    the original. Ties within 2 % and fewer than two blocks cannot tell.
    """
    parts = [_block_vectors(grey, region) for region in (region_a, region_b)]
    if min(len(part) for part in parts) < 2:
        return UNDECIDED
    together = np.concatenate(parts)
    spread = np.maximum(together.std(axis=0), 1e-9)
    a, b = (_mean_pearson((part - together.mean(axis=0)) / spread) for part in parts)
    return Decision(_smaller(a, b), {"block_likeness_a": a, "block_likeness_b": b})


def _smaller(of_a: float, of_b: float) -> Literal["a", "b"] | None:
    """The region with the smaller measure; None on a tie."""
    if abs(of_a - of_b) <= TIE * max(abs(of_a), abs(of_b)):
        return None
    return "a" if of_a < of_b else "b"


def _block_vectors(grey: Grey, region: Mask) -> Vectors:
    """(blocks, 13) Haralick features; of very large rectangles a regular choice of at most _MOST_BLOCKS blocks."""
    rows, columns = np.flatnonzero(region.any(axis=1)), np.flatnonzero(region.any(axis=0))
    if not len(rows):
        return np.zeros((0, 13))
    tops = range(max(int(rows[0]) - _WIDEN, 0), min(int(rows[-1]) + 1 + _WIDEN, grey.shape[0]) - BLOCK + 1, BLOCK)
    lefts = range(
        max(int(columns[0]) - _WIDEN, 0), min(int(columns[-1]) + 1 + _WIDEN, grey.shape[1]) - BLOCK + 1, BLOCK
    )
    corners = [(top, left) for top in tops for left in lefts]
    chosen = corners[:: -(-len(corners) // _MOST_BLOCKS) or 1]
    matrices = [glcm(grey[top : top + BLOCK, left : left + BLOCK], levels=_LEVELS)[0] for top, left in chosen]
    return haralick(np.stack(matrices)).mean(axis=1) if matrices else np.zeros((0, 13))


def _mean_pearson(vectors: Vectors) -> float:
    """The mean correlation of all pairs of different rows; rows without spread count as uncorrelated."""
    centred = vectors - vectors.mean(axis=1, keepdims=True)
    lengths = np.linalg.norm(centred, axis=1, keepdims=True)
    unit = centred / np.where(lengths > 0, lengths, 1.0)
    count = len(unit)
    return float(((unit @ unit.T).sum() - (unit**2).sum()) / (count * (count - 1)))
