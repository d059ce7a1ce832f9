"""The 30 high-pass kernels of the spatial rich model, placed in 5×5.

Source: J. Fridrich, J. Kodovský, *Rich models for steganalysis of digital images*, IEEE TIFS 7(3), 2012, section II:
a residual is the difference of c times a pixel and what its neighbourhood predicts for that; here it is divided by c,
so that the residuals of all kernels are of the same size.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from detector.features import SQUARE_5

Kernel = npt.NDArray[np.floating[Any]]

_EIGHT = ((0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1), (1, 0), (1, 1))


def srm_kernels() -> npt.NDArray[np.float32]:
    """(30, 5, 5) float32, in groups: 8 first order, 4 second, 8 third, square 3×3, 4 edge 3×3, square 5×5, 4 edge 5×5.

    The coefficients of each add up to 0, and the centre is 1 or -1.
    """
    first = [_directed(step, {0: -1, 1: 1}) for step in _EIGHT]
    second = [_directed(step, {-1: 1, 0: -2, 1: 1}) / 2 for step in _EIGHT[:4]]
    third = [_directed(step, {-1: -1, 0: 3, 1: -3, 2: 1}) / 3 for step in _EIGHT]
    across = np.array([1, -2, 1], np.float32)
    square_3 = np.pad(-np.outer(across, across), 1)
    small = [square_3, *_edges(square_3)]
    large = [SQUARE_5, *_edges(SQUARE_5)]
    kernels: list[Kernel] = [*first, *second, *third, *(one / 4 for one in small), *(one / 12 for one in large)]
    return np.stack(kernels).astype(np.float32)


def first_layer(channels: int = 3) -> Kernel:
    """The kernels as weights of a convolution, (5, 5, channels, 30): each is the residual of the mean of the channels.

    Rao and Ni take another kernel for each colour of a filter. Ours differs, since medical pictures are mostly grey:
    there three kernels over equal channels would add up, and leave 10 different filters of 30.
    """
    weights = srm_kernels().transpose(1, 2, 0)[:, :, np.newaxis, :]
    return np.repeat(weights / channels, channels, axis=2)


def _directed(step: tuple[int, int], coefficients: Mapping[int, int]) -> Kernel:
    """A kernel with the coefficients at those multiples of ``step`` (rows, columns) from the centre."""
    kernel = np.zeros((5, 5), np.float32)
    for times, coefficient in coefficients.items():
        kernel[2 + times * step[0], 2 + times * step[1]] = coefficient
    return kernel


def _edges(square: Kernel) -> list[Kernel]:
    """The four halves of a square kernel, each with the centre's own row or column: up, left, down, right."""
    half = square.copy()
    half[3:] = 0
    return [np.rot90(half, turns) for turns in range(4)]
