"""What the pixels say of earlier JPEG saves: double quantisation, a block grid, and the regime of a file.

Sources: the histogram model of twice quantised DCT coefficients follows J. Lukas, J. Fridrich, "Estimation of Primary
Quantization Matrix in Double Compressed JPEG Images" (2003) and T. Bianchi, A. Piva, "Image Forgery Localization via
Block-Grained Analysis of JPEG Artifacts" (2012): the coefficients of the picture shifted by four pixels stand for those
before any save, and the save that explains the observed histograms best is looked for. Own implementation. Ours: only
standard tables are tried for the first save, only eight low frequencies of the luma are looked at, and the thresholds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from detector.errors import UnreadablePicture
from detector.jpeg_tables import JpegFacts, facts, nearest_quality
from detector.pictures import to_grey8
from detector.quantisation import MODES, Mode, Save, block_coefficients, likeliest
from detector.types import Regime

if TYPE_CHECKING:
    from detector.types import Pixels

__all__ = ["GridTrace", "JpegFacts", "Save", "facts", "first_save", "grid_trace", "nearest_quality", "regime"]

DOUBLE_GAIN = 0.02
TRACE_GAIN = 0.1
GRID_STRENGTH = 4.0
_BLOCKS = 16384
_WINDOW = 2048  # rows and columns of the middle that are looked at in a larger picture


@dataclass(frozen=True)
class GridTrace:
    """The strength of an 8×8 block grid and where it begins.

    ``strength`` is how far the best of the eight phases stands above the others, in their standard deviations, the mean
    of both directions: about 2 without a grid. ``x`` and ``y``, 0 to 7, are the columns and rows before the first whole
    block.
    """

    strength: float
    x: int
    y: int


def regime(pixels: Pixels, jpeg: bytes | None = None) -> Regime:
    """What can be seen of the save history of ``pixels``; never raises for a picture of the allowed shapes.

    *jpeg-double*: a JPEG whose coefficients show an earlier save on the same grid. *jpeg*: any other JPEG; an earlier
    save at nearly the same quality, at a much higher one or on another grid is not seen. *lossless-jpeg-trace*: not a
    JPEG, but with a block grid or the comb of quantised coefficients. *lossless-deep*: all others in 16-bit words with
    a value above 255, *lossless*: in 8 bits. ``jpeg`` that cannot be read as JPEG counts as absent; a picture smaller
    than 32 pixels a side shows no trace.
    """
    grey = to_grey8(_middle(pixels))
    found = _facts_or_none(jpeg)
    if found is not None:
        first = first_save(grey, np.array(found.luma))
        seen = first is not None and first.gain >= DOUBLE_GAIN
        return Regime.JPEG_DOUBLE if seen else Regime.JPEG
    if _has_trace(grey):
        return Regime.LOSSLESS_JPEG_TRACE
    return Regime.LOSSLESS_DEEP if int(pixels.max()) > 255 else Regime.LOSSLESS


def first_save(
    grey8: npt.NDArray[np.uint8], last: npt.NDArray[np.int64] | None = None, origin: tuple[int, int] = (0, 0)
) -> Save | None:
    """The most likely earlier JPEG save on the block grid that begins at ``origin`` (row, column).

    ``last`` is the luma table of the file itself, None for a picture that is not a JPEG. None when too few coefficients
    differ from zero to say. Qualities 40 to 99 of the standard tables are tried; where several have the same steps at
    the frequencies looked at (74 and 75), a multiple of five is named, else the highest.
    """
    steps = np.ones((8, 8), np.int64) if last is None else last
    aligned = block_coefficients(grey8[origin[0] :, origin[1] :], MODES, most=_BLOCKS)
    shifted = block_coefficients(grey8[origin[0] + 4 :, origin[1] + 4 :], MODES, most=_BLOCKS)
    if not len(aligned) or not len(shifted):
        return None
    modes = [Mode(aligned[:, i], shifted[:, i], int(steps[mode])) for i, mode in enumerate(MODES)]
    return likeliest(modes)


def grid_trace(grey8: npt.NDArray[np.uint8]) -> GridTrace:
    """The 8×8 block grid of ``grey8``: how often a step between neighbours is larger than the steps on both its sides.

    Counted by position modulo eight, so a strong edge counts no more than a weak one. Strength 0 under 32 pixels.
    """
    if min(grey8.shape) < 32:
        return GridTrace(0.0, 0, 0)
    across, x = _phase(grey8)
    down, y = _phase(grey8.T)
    return GridTrace((across + down) / 2.0, x, y)


def _has_trace(grey: npt.NDArray[np.uint8]) -> bool:
    grid = grid_trace(grey)
    if grid.strength >= GRID_STRENGTH:
        return True
    found = [first_save(grey, origin=origin) for origin in {(0, 0), (grid.y, grid.x)}]
    return any(save is not None and save.gain >= TRACE_GAIN for save in found)


def _facts_or_none(jpeg: bytes | None) -> JpegFacts | None:
    try:
        return facts(jpeg) if jpeg else None
    except UnreadablePicture:
        return None


def _middle(pixels: Pixels) -> Pixels:
    """The middle of a large picture, cut on the 8×8 grid of the picture's own corner."""
    top, left = (max(0, side - _WINDOW) // 16 * 8 for side in pixels.shape[:2])
    return pixels[top : top + _WINDOW, left : left + _WINDOW]


def _phase(grey: npt.NDArray[Any]) -> tuple[float, int]:
    """How far the best phase of column steps stands out, and the columns before the first block border it gives."""
    steps = np.abs(np.diff(grey.astype(np.int16), axis=1))
    peaks = (steps[:, 1:-1] > steps[:, :-2]) & (steps[:, 1:-1] > steps[:, 2:])
    share = peaks.mean(axis=0)  # entry j: the step from column j + 1 to column j + 2
    phases = np.array([share[(start - 2) % 8 :: 8].mean() for start in range(8)])
    best = int(np.argmax(phases))
    others = np.delete(phases, best)
    return float((phases[best] - others.mean()) / (others.std() + 0.003)), best
