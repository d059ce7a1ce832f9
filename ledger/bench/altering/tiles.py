"""The change map against the truth, on the tile grid of the registered image.

A tile is true when it holds any altered pixel (as a tile/1 differs when any sample does), or, more strictly, when half
of it is altered. It is named when its centre, taken to the copy by the transform that the copy went through, is white
in the mask. Tiles whose centre the copy does not show do not count.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ledger.bench.altering.copies import Copy
from ledger.bench.altering.pixels import Where
from ledger.similarity import Search

_EDGE = 16
"""Pixels of a tile where nothing was compared by tiles."""


def edge(search: Search) -> int:
    """Pixels along the edge of a tile of the registered image."""
    return int(search.change.figures.get("tile_pixels", _EDGE)) if search.change else _EDGE


def truths(mask: Where, size: int) -> tuple[Where, Where]:
    """The tiles that hold any pixel of the mask, and those that it covers by half."""
    rows, columns = np.arange(0, mask.shape[0], size), np.arange(0, mask.shape[1], size)
    counts = np.add.reduceat(np.add.reduceat(mask, rows, axis=0, dtype=np.int64), columns, axis=1)
    heights, widths = np.diff(np.append(rows, mask.shape[0])), np.diff(np.append(columns, mask.shape[1]))
    return counts > 0, 2 * counts >= heights[:, None] * widths


def shown(copy: Copy, size: int) -> Where:
    """The tiles whose centre the copy shows."""
    x, y = _centres(copy, size)
    return np.asarray((x >= 0) & (y >= 0) & (x < copy.size[1]) & (y < copy.size[0]))


def at_centres(mask: Where, copy: Copy, size: int) -> Where:
    """The tiles whose centre is white in ``mask``, which is of the copy's size."""
    x, y = _centres(copy, size)
    columns, rows = (
        np.clip(places, 0, most - 1).astype(int) for places, most in ((x, mask.shape[1]), (y, mask.shape[0]))
    )
    return np.asarray(mask[rows, columns])


def compared(named: Where, truth: Where, counted: Where) -> tuple[int, int, int]:
    """Tiles named rightly, named wrongly, and missed."""
    return (
        int((named & truth & counted).sum()),
        int((named & ~truth & counted).sum()),
        int((~named & truth & counted).sum()),
    )


def _centres(copy: Copy, size: int) -> npt.NDArray[np.float64]:
    """The centres of all tiles in the copy's pixels: (2, rows, columns), x and y."""
    x, y = (_middles(length, size) for length in (copy.truth.shape[1], copy.truth.shape[0]))
    places = np.stack(np.meshgrid(x, y))
    moved: npt.NDArray[np.float64] = np.einsum("ij,jkl->ikl", copy.matrix[:, :2], places)
    return moved + copy.matrix[:, 2, None, None]


def _middles(length: int, size: int) -> npt.NDArray[np.float64]:
    starts = np.arange(0, length, size)
    return np.asarray((starts + np.minimum(starts + size, length)) / 2, np.float64)
