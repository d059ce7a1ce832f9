"""The coefficients of 8×8 blocks, and what an earlier quantisation would have made of their histograms.

The model of :mod:`detector.jpeg` (Lukas and Fridrich 2003, Bianchi and Piva 2012): the coefficients of the picture
shifted by four pixels stand for those before any save.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from detector.jpeg_tables import standard_luma

MODES = ((0, 1), (1, 0), (1, 1), (0, 2), (2, 0), (1, 2), (2, 1), (2, 2))
"""The frequencies looked at: (rows, columns)."""
REACH = 96.0
"""The largest coefficient looked at."""
NOISE = 0.35
"""What rounding pixels to integers does to a coefficient (standard deviation, a little over 1/√12)."""
_FINE = 0.5  # width of the bins of unquantised coefficients
_FLOOR = 1e-3  # the least share of a level that is believed
_SINGLE = 0.1  # share of blocks that may not have had the first save (edited ones)

QUALITIES = range(40, 100)
"""The qualities of the standard tables that are tried for an earlier save."""
ENOUGH = 300
"""Coefficients other than zero, over all modes, below which nothing is said."""

Floats = npt.NDArray[Any]


@dataclass(frozen=True)
class Save:
    """The earlier save that explains the picture best.

    ``gain`` says how much better than none: nats per coefficient, 0 or less when none is better.
    """

    quality: int
    gain: float


def likeliest(modes: Sequence[Mode]) -> Save | None:
    """The standard quality that explains ``modes`` (those of MODES) best; None when there are too few coefficients.

    Where several have the same steps (74 and 75), a multiple of five is named, else the highest.
    """
    total = sum(mode.count for mode in modes)
    if total < ENOUGH:
        return None
    gains = {quality: _gain(modes, standard_luma(quality)) / total for quality in QUALITIES}
    most = max(gains.values())
    alike = [quality for quality, gain in gains.items() if gain == most]
    return Save(next((quality for quality in alike if quality % 5 == 0), alike[-1]), most)


def _gain(modes: Sequence[Mode], table: npt.NDArray[np.int64]) -> float:
    return sum((mode.gain(int(table[place])) for mode, place in zip(modes, MODES, strict=True)), start=0.0)


def block_coefficients(grey: Floats, modes: Sequence[tuple[int, int]] = MODES, most: int = 0) -> Floats:
    """(blocks, modes) float64: DCT coefficients of the whole blocks of ``grey``, row by row.

    With ``most``, at most so many blocks, evenly taken.
    """
    rows, columns = grey.shape[0] // 8, grey.shape[1] // 8
    blocks = grey[: rows * 8, : columns * 8].reshape(rows, 8, columns, 8).swapaxes(1, 2).reshape(-1, 8, 8)
    every = max(1, -(-len(blocks) // most)) if most else 1
    chosen = blocks[::every].astype(np.float64)
    basis = dct_basis()
    weights = np.stack([np.outer(basis[row], basis[column]).ravel() for row, column in modes], axis=1)
    return np.asarray(chosen.reshape(-1, 64) @ weights)


def dct_basis() -> Floats:
    """(8, 8): row k is the k-th basis function of the orthonormal DCT-II."""
    places = np.arange(8)
    basis = np.cos((2 * places[np.newaxis] + 1) * places[:, np.newaxis] * np.pi / 16) / 2.0
    basis[0] /= np.sqrt(2.0)
    return basis


class Mode:
    """One frequency: the histogram that is seen, and those that a first save with a given step would have made.

    Zeros are left out: flat background fills them, and the shifted picture says least about them.
    """

    def __init__(self, aligned: Floats, shifted: Floats, last: int, noise: float = NOISE) -> None:
        self._last, self._noise, self._bins = last, noise, max(4, int(REACH // last))
        seen = np.rint(np.abs(aligned) / last).astype(np.int64)
        self._seen = np.bincount(seen[seen <= self._bins], minlength=self._bins + 1)[1:].astype(np.float64)
        self.count = float(self._seen.sum())
        limit = (self._bins + 1) * last
        fine = np.histogram(np.abs(shifted), bins=int(limit / _FINE), range=(0.0, limit))[0]
        self._before = fine.astype(np.float64)
        self._values = (np.arange(len(fine)) + 0.5) * _FINE
        self._without = self._smoothed(self._before @ self._requantised(_FINE, 0.5, len(fine)))
        self._gains: dict[int, float] = {}

    def gain(self, step: int) -> float:
        """How much better a first save with ``step`` explains what is seen than none: nats, over all coefficients."""
        if step not in self._gains:
            mixed = (1.0 - _SINGLE) * self._with(step) + _SINGLE * self._without
            self._gains[step] = float(self._seen @ np.log(mixed / self._without))
        return self._gains[step]

    def doubts(self, coefficients: Floats, step: int) -> Floats:
        """What each of ``coefficients`` says against a first save with ``step``: nats, -2 to 2, 0 for none at all.

        0 also where the level is zero or beyond REACH, about which the model says nothing.
        """
        levels = np.rint(np.abs(coefficients) / self._last).astype(np.int64)
        said = np.log((self._without + _FLOOR) / (self._with(step) + _FLOOR)).clip(-2.0, 2.0)
        table = np.concatenate(([0.0], said, [0.0]))
        return np.asarray(table[np.minimum(levels, self._bins + 1)])

    def _with(self, step: int) -> Floats:
        levels = np.rint(self._values / step).astype(np.int64)
        weights = np.bincount(levels, weights=self._before)
        return self._smoothed(weights @ self._requantised(float(step), 0.0, len(weights)))

    def _requantised(self, step: float, start: float, count: int) -> Floats:
        return _requantised(step, start, count, self._last, self._bins, self._noise)

    @staticmethod
    def _smoothed(weights: Floats) -> Floats:
        return np.asarray((weights + 0.5) / (weights + 0.5).sum())


@lru_cache(maxsize=4096)
def _requantised(step: float, start: float, count: int, last: int, bins: int, noise: float) -> Floats:
    """(count, bins): the shares of the levels 1 to ``bins`` that the values (start + k)·step get from the last save.

    Rounding noise is added first; negative levels count as their absolute value. Read-only.
    """
    values = (start + np.arange(count))[:, np.newaxis] * step
    edges = (np.arange(bins + 1)[np.newaxis] + 0.5) * last
    shares = np.diff(_share_below((edges - values) / noise) - _share_below((-edges - values) / noise), axis=1)
    shares.flags.writeable = False
    return np.asarray(shares)


def _share_below(deviations: Floats) -> Floats:
    """The normal distribution function, by its logistic approximation (within 0.01)."""
    return np.asarray(0.5 + 0.5 * np.tanh(0.851 * deviations))
