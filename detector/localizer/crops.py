"""Crops to train on, each packed into one row of bytes: planes, block features and what is forged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import numpy.typing as npt

from detector.localizer.features import BLOCK_FEATURES, Features
from detector.localizer.planes import PLANES

if TYPE_CHECKING:
    from detector.types import Mask

SIDE = 256
CELLS, BLOCKS = SIDE // 4, SIDE // 8
UNKNOWN = 255
"""A cell of the truth beyond the picture."""
_PIXEL_BYTES = SIDE * SIDE * len(PLANES)
_BLOCK_BYTES = BLOCKS * BLOCKS * len(BLOCK_FEATURES) * 2
PACKED = _PIXEL_BYTES + _BLOCK_BYTES + CELLS * CELLS


@dataclass(frozen=True)
class Batch:
    """``pixels`` (n, 256, 256, 4) int8, ``blocks`` (n, 32, 32, features) float16, ``truth`` (n, 64, 64) uint8: the
    forged share of each cell of 4×4 pixels, 0 to 100, or UNKNOWN."""

    pixels: npt.NDArray[np.int8]
    blocks: npt.NDArray[np.float16]
    truth: npt.NDArray[np.uint8]


def corners(mask: Mask | None, shape: tuple[int, int], count: int, rng: np.random.Generator) -> list[tuple[int, int]]:
    """``count`` upper left corners on the 8×8 grid; the first holds a pixel of ``mask``, of the others half do."""
    room = [max(0, (side + 7) // 8 * 8 - SIDE) for side in shape]
    places = None if mask is None or not mask.any() else np.argwhere(mask)
    found = []
    for number in range(count):
        if places is not None and (number == 0 or rng.random() < 0.5):
            inner = places[rng.integers(len(places))] - rng.integers(16, SIDE - 16, 2)
        else:
            inner = rng.integers(-SIDE // 4, np.array(shape))
        top, left = (int(np.clip(at, 0, most)) // 8 * 8 for at, most in zip(inner, room, strict=True))
        found.append((top, left))
    return found


def pack(found: Features, mask: Mask | None, corner: tuple[int, int]) -> npt.NDArray[np.uint8]:
    """(PACKED,) bytes of the crop at ``corner``; beyond the picture its last rows and columns are repeated."""
    top, left = corner
    pixels = _filled(found.pixels[top : top + SIDE, left : left + SIDE], SIDE)
    blocks = _filled(found.blocks[top // 8 : top // 8 + BLOCKS, left // 8 : left // 8 + BLOCKS], BLOCKS)
    truth = _truth(mask, found.pixels.shape[:2], corner)
    parts = [np.ascontiguousarray(part).view(np.uint8).ravel() for part in (pixels, blocks, truth)]
    return np.concatenate(parts)


def unpack(rows: npt.NDArray[np.uint8]) -> Batch:
    """The batch of ``rows`` (n, PACKED)."""
    count = len(rows)
    pixels = rows[:, :_PIXEL_BYTES].reshape(count, SIDE, SIDE, len(PLANES)).view(np.int8)
    blocks = np.ascontiguousarray(rows[:, _PIXEL_BYTES : _PIXEL_BYTES + _BLOCK_BYTES]).view(np.float16)
    truth = rows[:, _PIXEL_BYTES + _BLOCK_BYTES :].reshape(count, CELLS, CELLS)
    return Batch(pixels, blocks.reshape(count, BLOCKS, BLOCKS, len(BLOCK_FEATURES)), truth)


def turned(batch: Batch, rng: np.random.Generator) -> Batch:
    """Each crop in one of its eight orientations; the residuals along rows and columns change places with them."""
    pixels, blocks, truth = batch.pixels.copy(), batch.blocks.copy(), batch.truth.copy()
    for i, which in enumerate(rng.integers(8, size=len(pixels))):
        for part in (pixels, blocks, truth):
            one = np.rot90(part[i], which % 4)
            part[i] = (one[:, ::-1] if which >= 4 else one).copy()
        if which % 2:
            pixels[i] = pixels[i][..., [0, 2, 1, 3]]
    return Batch(pixels, blocks, truth)


def _truth(mask: Mask | None, shape: tuple[int, ...], corner: tuple[int, int]) -> npt.NDArray[np.uint8]:
    share = np.zeros(shape, np.float32)
    if mask is not None:
        share[: mask.shape[0], : mask.shape[1]] = mask
    top, left = corner
    cut = share[top : top + SIDE, left : left + SIDE]
    small = cv2.resize(cut, (cut.shape[1] // 4, cut.shape[0] // 4), interpolation=cv2.INTER_AREA)
    truth = np.full((CELLS, CELLS), UNKNOWN, np.uint8)
    truth[: small.shape[0], : small.shape[1]] = np.rint(small * 100)
    return truth


def _filled(part: npt.NDArray[Any], side: int) -> npt.NDArray[Any]:
    below, right = side - part.shape[0], side - part.shape[1]
    return part if below <= 0 and right <= 0 else np.pad(part, ((0, below), (0, right), (0, 0)), mode="edge")
