"""The cells of a frame: means of small blocks of its samples, which recompression and resizing hardly move.

A block is ``b`` × ``b`` pixels, ``b = max(2, ceil(longer edge / 160))``; what is left over at the right and lower edge
is not covered. Of a colour pixel the value is the luma of view/1. A cell is ``(16 · sum) // b²`` in whole numbers,
then shifted right by ``shift`` bits: as many as keep a step at most half of the frame's own noise (the median of the
second differences along rows that are not zero) and the range at 256 steps or more, and as many as bring it under
4,096. Sixteen neighbouring cells (4 × 4) are a tile of the change map.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

CELLS = 160
"""So many cells along the longer edge at most."""
TILE = 4
"""Cells along the edge of a tile."""
LEAST_EDGE = 16
"""Frames with fewer cells along an edge are not traced: too little is left to align them by."""
FRACTION = 16
"""Parts of a sample value that a cell is counted in."""
_BAND_PIXELS = 1 << 20


@dataclass(frozen=True)
class Cells:
    """The cells of one frame. ``steps`` (rows, columns of cells) are whole steps of ``1 << shift`` above ``least``;
    a step is a sixteenth of a sample value. ``height`` and ``width`` are the frame's in pixels."""

    number: int
    height: int
    width: int
    block: int
    shift: int
    least: int
    steps: npt.NDArray[np.int32]

    def values(self) -> npt.NDArray[np.float32]:
        """The cells in the frame's sample values, less an offset that does not matter to any comparison."""
        scale = np.float32((1 << self.shift) / FRACTION)
        return (self.steps.astype(np.float32) + np.float32(0.5)) * scale


def block_edge(height: int, width: int) -> int:
    """The edge of a block, in pixels."""
    return max(2, -(-max(height, width) // CELLS))


def cells_of(luma: npt.NDArray[Any], number: int) -> Cells | None:
    """The cells of frame ``number`` with the whole-numbered ``luma`` (rows, columns).

    None for a frame of one value, and for one with fewer than 16 cells along an edge.
    """
    height, width = luma.shape
    block = block_edge(height, width)
    if min(height, width) // block < LEAST_EDGE:
        return None
    values = _means(luma, block)
    least, greatest = int(values.min()), int(values.max())
    if least == greatest:
        return None
    shift = _shift(values, greatest - least)
    steps = ((values - least) >> shift).astype(np.int32)
    return Cells(number, height, width, block, shift, least, steps)


def _means(luma: npt.NDArray[Any], block: int) -> npt.NDArray[np.int64]:
    rows, columns = luma.shape[0] // block, luma.shape[1] // block
    band = max(1, _BAND_PIXELS // (block * luma.shape[1]))
    parts = []
    for top in range(0, rows, band):
        count = min(band, rows - top)
        some = luma[top * block : (top + count) * block, : columns * block]
        sums = some.reshape(count, block, columns * block).sum(axis=1, dtype=np.int64)
        parts.append(sums.reshape(count, columns, block).sum(axis=2))
    means: npt.NDArray[np.int64] = np.concatenate(parts) * FRACTION // (block * block)
    return means


def _shift(values: npt.NDArray[np.int64], span: int) -> int:
    second = np.abs(values[:, 2:] - 2 * values[:, 1:-1] + values[:, :-2])
    rough = second[second > 0]
    noise = int(np.median(rough)) if rough.size else 1
    shift = 0
    while 4 << shift <= noise and span >> (shift + 1) >= 256:
        shift += 1
    while span >> shift > 4095:
        shift += 1
    return shift
