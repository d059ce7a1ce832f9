"""What the pixels say of earlier JPEG saves: double quantisation, a block grid, and the regime of a file.

Sources: the histogram model of twice quantised DCT coefficients follows J. Lukas, J. Fridrich, "Estimation of Primary
Quantization Matrix in Double Compressed JPEG Images" (2003) and T. Bianchi, A. Piva, "Image Forgery Localization via
Block-Grained Analysis of JPEG Artifacts" (2012): the coefficients of the picture shifted by four pixels stand for those
before any save, and the save that explains the observed histograms best is looked for. Own implementation. Ours: only
standard tables are tried for the first save, only eight low frequencies of the luma are looked at, and the thresholds.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from detector.errors import UnreadablePicture
from detector.jpeg_tables import JpegFacts, facts, nearest_quality, standard_luma
from detector.pictures import to_grey8
from detector.types import Regime

if TYPE_CHECKING:
    from detector.types import Pixels

__all__ = ["GridTrace", "JpegFacts", "Save", "facts", "first_save", "grid_trace", "nearest_quality", "regime"]

DOUBLE_GAIN = 0.02
TRACE_GAIN = 0.1
GRID_STRENGTH = 4.0
_MODES = ((0, 1), (1, 0), (1, 1), (0, 2), (2, 0), (1, 2), (2, 1), (2, 2))
_QUALITIES = range(40, 100)
_REACH = 96.0  # the largest coefficient looked at
_FINE = 0.5  # width of the bins of unquantised coefficients
_NOISE = 0.35  # what rounding pixels to integers does to a coefficient (standard deviation, a little over 1/√12)
_SINGLE = 0.1  # share of blocks that may not have had the first save (edited ones)
_BLOCKS = 16384
_ENOUGH = 300  # coefficients other than zero, over all modes
_WINDOW = 2048  # rows and columns of the middle that are looked at in a larger picture

_Floats = npt.NDArray[Any]


@dataclass(frozen=True)
class Save:
    """The earlier save that explains the picture best.

    ``gain`` says how much better than none: nats per coefficient, 0 or less when none is better.
    """

    quality: int
    gain: float


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
    JPEG, but with a block grid or the comb of quantised coefficients. *lossless*: all others. ``jpeg`` that cannot be
    read as JPEG counts as absent; a picture smaller than 32 pixels a side shows no trace.
    """
    grey = to_grey8(_middle(pixels))
    found = _facts_or_none(jpeg)
    if found is not None:
        first = first_save(grey, np.array(found.luma))
        seen = first is not None and first.gain >= DOUBLE_GAIN
        return Regime.JPEG_DOUBLE if seen else Regime.JPEG
    return Regime.LOSSLESS_JPEG_TRACE if _has_trace(grey) else Regime.LOSSLESS


def first_save(
    grey8: npt.NDArray[np.uint8], last: npt.NDArray[np.int64] | None = None, origin: tuple[int, int] = (0, 0)
) -> Save | None:
    """The most likely earlier JPEG save on the block grid that begins at ``origin`` (row, column).

    ``last`` is the luma table of the file itself, None for a picture that is not a JPEG. None when too few coefficients
    differ from zero to say. Qualities 40 to 99 of the standard tables are tried; where several have the same steps at
    the frequencies looked at (74 and 75), a multiple of five is named, else the highest.
    """
    steps = np.ones((8, 8), np.int64) if last is None else last
    aligned = _coefficients(grey8[origin[0] :, origin[1] :])
    shifted = _coefficients(grey8[origin[0] + 4 :, origin[1] + 4 :])
    if not len(aligned) or not len(shifted):
        return None
    modes = [_Mode(aligned[:, i], shifted[:, i], int(steps[mode])) for i, mode in enumerate(_MODES)]
    total = sum(mode.count for mode in modes)
    if total < _ENOUGH:
        return None
    gains = {quality: _gain(modes, standard_luma(quality)) / total for quality in _QUALITIES}
    most = max(gains.values())
    alike = [quality for quality, gain in gains.items() if gain == most]
    return Save(next((quality for quality in alike if quality % 5 == 0), alike[-1]), most)


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


def _coefficients(grey: npt.NDArray[np.uint8]) -> _Floats:
    """(blocks, modes): the DCT coefficients of at most 16,384 blocks, evenly taken, at the modes looked at."""
    rows, columns = grey.shape[0] // 8, grey.shape[1] // 8
    blocks = grey[: rows * 8, : columns * 8].reshape(rows, 8, columns, 8).swapaxes(1, 2).reshape(-1, 8, 8)
    every = max(1, -(-len(blocks) // _BLOCKS))
    chosen = blocks[::every].astype(np.float64)
    basis = _dct_basis()
    weights = np.stack([np.outer(basis[row], basis[column]).ravel() for row, column in _MODES], axis=1)
    return np.asarray(chosen.reshape(-1, 64) @ weights)


def _dct_basis() -> _Floats:
    """(8, 8): row k is the k-th basis function of the orthonormal DCT-II."""
    places = np.arange(8)
    basis = np.cos((2 * places[np.newaxis] + 1) * places[:, np.newaxis] * np.pi / 16) / 2.0
    basis[0] /= np.sqrt(2.0)
    return basis


class _Mode:
    """One frequency: the histogram that is seen, and those that a first save with a given step would have made.

    Zeros are left out: flat background fills them, and the shifted picture says least about them.
    """

    def __init__(self, aligned: _Floats, shifted: _Floats, last: int) -> None:
        self._last, self._bins = last, max(4, int(_REACH // last))
        seen = np.rint(np.abs(aligned) / last).astype(np.int64)
        self._seen = np.bincount(seen[seen <= self._bins], minlength=self._bins + 1)[1:].astype(np.float64)
        self.count = float(self._seen.sum())
        limit = (self._bins + 1) * last
        fine = np.histogram(np.abs(shifted), bins=int(limit / _FINE), range=(0.0, limit))[0]
        self._before = fine.astype(np.float64)
        self._values = (np.arange(len(fine)) + 0.5) * _FINE
        self._without = self._smoothed(self._before @ _requantised(_FINE, 0.5, len(fine), last, self._bins))
        self._gains: dict[int, float] = {}

    def gain(self, step: int) -> float:
        """How much better a first save with ``step`` explains what is seen than none: nats, over all coefficients."""
        if step not in self._gains:
            levels = np.rint(self._values / step).astype(np.int64)
            weights = np.bincount(levels, weights=self._before)
            with_first = self._smoothed(weights @ _requantised(float(step), 0.0, len(weights), self._last, self._bins))
            mixed = (1.0 - _SINGLE) * with_first + _SINGLE * self._without
            self._gains[step] = float(self._seen @ np.log(mixed / self._without))
        return self._gains[step]

    @staticmethod
    def _smoothed(weights: _Floats) -> _Floats:
        return np.asarray((weights + 0.5) / (weights + 0.5).sum())


@lru_cache(maxsize=1024)
def _requantised(step: float, start: float, count: int, last: int, bins: int) -> _Floats:
    """(count, bins): the shares of the levels 1 to ``bins`` that the values (start + k)·step get from the last save.

    Rounding noise is added first; negative levels count as their absolute value. Read-only.
    """
    values = (start + np.arange(count))[:, np.newaxis] * step
    edges = (np.arange(bins + 1)[np.newaxis] + 0.5) * last
    shares = np.diff(_share_below((edges - values) / _NOISE) - _share_below((-edges - values) / _NOISE), axis=1)
    shares.flags.writeable = False
    return np.asarray(shares)


def _share_below(deviations: _Floats) -> _Floats:
    """The normal distribution function, by its logistic approximation (within 0.01)."""
    return np.asarray(0.5 + 0.5 * np.tanh(0.851 * deviations))


def _gain(modes: list[_Mode], table: npt.NDArray[np.int64]) -> float:
    return sum((mode.gain(int(table[place])) for mode, place in zip(modes, _MODES, strict=True)), start=0.0)


def _phase(grey: npt.NDArray[Any]) -> tuple[float, int]:
    """How far the best phase of column steps stands out, and the columns before the first block border it gives."""
    steps = np.abs(np.diff(grey.astype(np.int16), axis=1))
    peaks = (steps[:, 1:-1] > steps[:, :-2]) & (steps[:, 1:-1] > steps[:, 2:])
    share = peaks.mean(axis=0)  # entry j: the step from column j + 1 to column j + 2
    phases = np.array([share[(start - 2) % 8 :: 8].mean() for start in range(8)])
    best = int(np.argmax(phases))
    others = np.delete(phases, best)
    return float((phases[best] - others.mean()) / (others.std() + 0.003)), best
