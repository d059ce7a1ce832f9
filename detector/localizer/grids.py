"""Where the 8×8 grids of earlier JPEG saves lie, and where in a picture they do not.

A block that was quantised has small coefficients on its own grid and larger ones on every other. So the logarithms of
middle-frequency coefficients are taken at all 64 phases of the grid, and compared (after the idea of Nikoukhah et al.,
ZERO, 2019, who count zeros; ours are soft, so that a later save or resampling noise does not end the count at once).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from detector.quantisation import dct_basis

Floats = npt.NDArray[np.float32]
Phase = tuple[int, int]

_MODES = ((1, 2), (2, 1), (2, 2), (0, 3), (3, 0), (1, 3), (3, 1), (3, 3), (0, 4), (4, 0))
_SMALL = 0.7
_WINDOW = 5  # blocks a side over which a phase is compared
_FLAT = 0.3  # mean logarithm below which a block says nothing: background, saturation


@dataclass(frozen=True)
class Grids:
    """``maps`` (blocks down, blocks across, 5) float32: how much smaller coefficients are than at other phases, at the
    file's own corner, at the ``first`` and at the ``second`` best phase (of that block), at the first, and the most at
    any other phase (of the window around it). ``strengths``: how far the two phases stand out, in deviations.
    """

    first: Phase
    second: Phase
    strengths: tuple[float, float]
    maps: Floats


def grids(grey: Floats, *, jpeg: bool) -> Grids:
    """The grids of ``grey`` (rows and columns multiples of 8); for a JPEG the first is (0, 0), its own."""
    cells = _cells(_logarithms(grey))
    mean = cells.mean(axis=2, keepdims=True)
    said = (mean - cells) * (mean > _FLAT)  # (down, across, 64)
    whole = _interaction(said.mean(axis=(0, 1)).reshape(8, 8))
    first = (0, 0) if jpeg else _best(whole, None)
    second = _best(whole, first)
    spread = max(1.4826 * float(np.median(np.abs(whole))), 2e-4)
    strengths = (float(whole[first]) / spread, float(whole[second]) / spread)
    around = _blurred(said)
    rest = np.delete(around, [first[0] * 8 + first[1]], axis=2).max(axis=2)
    maps = [said[..., 0], said[..., first[0] * 8 + first[1]], said[..., second[0] * 8 + second[1]]]
    local = around[..., first[0] * 8 + first[1]]
    return Grids(first, second, strengths, np.stack([*maps, local, rest], axis=2).astype(np.float32))


def _logarithms(grey: Floats) -> Floats:
    """(rows, columns): the mean logarithm of the coefficients of the block that begins at each pixel."""
    basis = dct_basis().astype(np.float32)
    total = np.zeros(grey.shape, np.float32)
    for row, column in _MODES:
        found = cv2.sepFilter2D(
            grey, cv2.CV_32F, basis[column], basis[row], anchor=(0, 0), borderType=cv2.BORDER_REFLECT
        )
        total += np.log(np.abs(found) + np.float32(_SMALL))
    return total / np.float32(len(_MODES))


def _cells(logarithms: Floats) -> Floats:
    """(down, across, 64): the 64 phases of each block, row by row."""
    down, across = logarithms.shape[0] // 8, logarithms.shape[1] // 8
    return logarithms.reshape(down, 8, across, 8).swapaxes(1, 2).reshape(down, across, 64)


def _blurred(said: Floats) -> Floats:
    parts = [cv2.blur(np.ascontiguousarray(said[..., k : k + 4]), (_WINDOW, _WINDOW)) for k in range(0, 64, 4)]
    return np.concatenate(parts, axis=2)


def _interaction(found: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """``found`` (8, 8) without what its rows and columns have in common: a grid helps those phases too."""
    common = found.mean(axis=0, keepdims=True) + found.mean(axis=1, keepdims=True) - found.mean()
    return np.asarray(found - common)


def _best(found: npt.NDArray[np.float32], without: Phase | None) -> Phase:
    seen = found.copy()
    if without is not None:
        seen[without] = -np.inf
    row, column = divmod(int(seen.argmax()), 8)
    return row, column
