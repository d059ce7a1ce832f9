"""A bounded number of windows over a picture of any size, and the map that their answers make."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from detector.types import HeatMap

Starts = npt.NDArray[np.int64]


def starts(length: int, size: int, most: int, step: int = 16) -> Starts:
    """Where at most ``most`` evenly spaced windows of ``size`` begin within ``length``: ascending multiples of step.

    Neighbours overlap by half where ``most`` allows it; one window at 0 when ``length`` is less than ``size``.
    """
    room = max(0, length - size)
    count = min(most, 1 + -(-room // max(1, size // 2)))
    return np.unique(np.linspace(0, room, count).astype(np.int64) // step * step)


def spread(grid: npt.NDArray[np.float64], tops: Starts, lefts: Starts, size: int, shape: tuple[int, int]) -> HeatMap:
    """(rows, columns) = ``shape`` float32, 0..1, from one answer a window: (tops, lefts) windows of ``size``.

    Each answer stands at the centre of its window; in between linear, and level beyond the outermost centres.
    """
    down = _shares(tops + size / 2, shape[0])
    right = _shares(lefts + size / 2, shape[1])
    return np.asarray(np.clip(down @ grid.astype(np.float32) @ right.T, 0, 1), np.float32)


def _shares(centres: npt.NDArray[np.floating[Any]], length: int) -> npt.NDArray[np.float32]:
    """How much each centre counts at each pixel: (length, centres), rows with sum 1."""
    at = np.arange(length) + 0.5
    rows = [np.interp(at, centres, one) for one in np.eye(len(centres))]
    return np.stack(rows, axis=1).astype(np.float32)
