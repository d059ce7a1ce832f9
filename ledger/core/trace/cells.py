"""The cells of a frame: means of small blocks of its samples, which recompression and resizing hardly move.

A block is ``b`` × ``b`` pixels, ``b = max(2, ceil(longer edge / 160))``; what is left over at the right and lower edge
is not covered. Of a colour pixel the value is the luma of view/1. A cell is ``(16 · sum) // b²`` in whole numbers,
then shifted right by ``shift`` bits: as many as keep a step at most half of the frame's own noise (the median of the
second differences along rows that are not zero) and the range at 256 steps or more, and as many as bring it under
4,096. Sixteen neighbouring cells (4 × 4) are a tile of the change map.

Means do not see fine texture, which is what a blur takes away. So of each patch of 2 × 2 cells the mean of the
variances within its cells is kept as well, as a level: how many of the numbers ``2^(k/4)`` it reaches, in sixteenths.
The variance is that of the means of grains of ``max(1, b // 4)`` pixels, as many as fit whole into the cell from its
upper left corner; grains that spread over more than 20 bits are first shifted right, and 8 a bit added to the level.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ledger.core.images.blocks import block_sums

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
PATCH = 2
"""Cells along the edge of a patch, whose texture is kept."""
_GRAINS = 4
"""Texture is that of so many grains along the edge of a cell at most (up to 7 where they are single pixels)."""
_LEVELS, _BITS = 180, 20
"""So many bits of a mean keep the square of 49 times as much, summed over a cell of 7 × 7, within 64."""
_BAND_PIXELS = 1 << 18
_LEVEL_STARTS = np.array([int(2 ** (k / 4)) for k in range(_LEVELS)], np.int64)


@dataclass(frozen=True)
class Cells:
    """The cells of one frame. ``steps`` (rows, columns of cells) are whole steps of ``1 << shift`` above ``least``;
    a step is a sixteenth of a sample value. ``texture`` (rows // 2, columns // 2) are the levels of the patches.
    ``height`` and ``width`` are the frame's in pixels."""

    number: int
    height: int
    width: int
    block: int
    shift: int
    least: int
    steps: npt.NDArray[np.int32]
    texture: npt.NDArray[np.uint8]

    def values(self) -> npt.NDArray[np.float32]:
        """The cells in the frame's sample values, less an offset that does not matter to any comparison."""
        scale = np.float32((1 << self.shift) / FRACTION)
        return (self.steps.astype(np.float32) + np.float32(0.5)) * scale

    def deviations(self) -> npt.NDArray[np.float32]:
        """How far the samples within the cells of a patch deviate (root of the variance), in sample values."""
        variances = np.exp2((self.texture.astype(np.float32) - np.float32(0.5)) / 4) / FRACTION
        return np.where(self.texture > 0, np.sqrt(variances), 0).astype(np.float32)


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
    texture = _texture(luma, block)
    return Cells(number, height, width, block, shift, least, steps, texture)


def _means(luma: npt.NDArray[Any], block: int) -> npt.NDArray[np.int64]:
    """The means of the blocks, in sixteenths."""
    return _sums(luma, block) * FRACTION // (block * block)


def _sums(luma: npt.NDArray[Any], block: int) -> npt.NDArray[np.int64]:
    # 32 bits hold a block of 181 × 181 samples of 16; a band keeps the wide intermediate values of a large frame small.
    word = np.int32 if luma.itemsize <= 2 and block <= 181 else np.int64
    band = block * max(1, _BAND_PIXELS // (block * luma.shape[1]))
    parts = [block_sums(luma[top : top + band], block, word) for top in range(0, luma.shape[0], band)]
    return np.asarray(np.concatenate(parts), np.int64)


def _texture(luma: npt.NDArray[Any], block: int) -> npt.NDArray[np.uint8]:
    """The level of each patch."""
    grain, count = max(1, block // _GRAINS), max(1, block // max(1, block // _GRAINS))
    rows, columns = luma.shape[0] // block // PATCH, luma.shape[1] // block // PATCH
    inner = luma[: rows * PATCH * block, : columns * PATCH * block]
    if count * grain < block:
        shape = (rows * PATCH, block, columns * PATCH, block)
        inner = inner.reshape(shape)[:, : count * grain, :, : count * grain]
        inner = inner.reshape(rows * PATCH * count * grain, columns * PATCH * count * grain)
    means, excess = _spread(_means(inner, grain), 1) if grain > 1 else _spread(inner, FRACTION)
    # Whole numbers below 2^53, so that floating point adds them exactly, and faster than 64-bit integers.
    sums = block_sums(means, count, np.float64).astype(np.int64)
    squares = block_sums(np.square(means, out=means), count, np.float64).astype(np.int64)
    variances = (squares * count**2 - sums * sums) // (count**4)
    patches = variances.reshape(rows, PATCH, columns, PATCH).sum(axis=(1, 3)) // (PATCH**2 * FRACTION)
    levels = np.searchsorted(_LEVEL_STARTS, patches, side="right") + 8 * excess * (patches > 0)
    return np.asarray(np.minimum(levels, 255), np.uint8)


def _spread(values: npt.NDArray[Any], scale: int) -> tuple[npt.NDArray[np.float64], int]:
    """``scale`` times what each value is above the least, as whole numbers of at most 20 bits; and by how many bits
    they were shifted right for that."""
    least = int(values.min())
    excess = max(0, ((int(values.max()) - least) * scale).bit_length() - _BITS)
    if excess:
        return (((values.astype(np.int64) - least) * scale) >> excess).astype(np.float64), excess
    spread = values.astype(np.float64)
    spread -= least
    spread *= scale
    return spread, 0


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
