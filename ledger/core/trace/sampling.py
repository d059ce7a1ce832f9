"""The disputed picture on the grid of the registered cells.

Places are in pixels from a picture's upper left corner, so that the centre of the first pixel is at (0.5, 0.5). A
``Lay`` is a 2 × 3 matrix that takes a place on the registered grid, in cells, to one in the disputed picture.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Picture = npt.NDArray[np.float32]
    Lay = npt.NDArray[np.float64]
    Where = npt.NDArray[np.bool_]

_MOST_SAMPLES = 8
_COARSE = 7.95
_GRAINS, _SLIGHTLY = 4, 0.05
"""Reduced to as many grains along a cell as the registered texture is of, also where a resized copy's cells are a
little smaller than whole pixels."""
_SLACK = 0.51


@dataclass(frozen=True)
class Sampled:
    """The disputed picture by cells, each (rows, columns): its means, its deviation within a cell, its least and its
    greatest sample there, and where a cell lies inside the picture as a whole. ``samples`` along the edge of a cell
    were taken."""

    means: Picture
    deviations: Picture
    least: Picture
    greatest: Picture
    inside: Where
    samples: int


def sample(picture: Picture, lay: Lay, shape: tuple[int, int]) -> Sampled:
    """``picture`` averaged over each of ``shape`` cells as ``lay`` places them; outside it, its nearest pixels."""
    inside = _inside(picture.shape, lay, shape)
    blocks, count = _warped(picture, lay, shape)
    means = blocks.mean(axis=(1, 3), dtype=np.float32)
    deviations = blocks.std(axis=(1, 3), dtype=np.float32)
    return Sampled(means, deviations, blocks.min(axis=(1, 3)), blocks.max(axis=(1, 3)), inside, count)


def means_of(picture: Picture, lay: Lay, shape: tuple[int, int]) -> Picture:
    """``picture`` averaged over each of ``shape`` cells; outside it, its nearest pixels."""
    means: Picture = _warped(picture, lay, shape)[0].mean(axis=(1, 3), dtype=np.float32)
    return means


def _warped(picture: Picture, lay: Lay, shape: tuple[int, int]) -> tuple[npt.NDArray[np.float32], int]:
    """The samples of each cell, (rows, count, columns, count), and their count along an edge."""
    picture, lay = _thinned(picture, lay)
    rows, columns = shape
    count = min(_MOST_SAMPLES, max(1, round(_pitch(lay))))
    fine = np.empty((2, 3))
    fine[:, :2] = lay[:, :2] / count
    # Sample centres on both sides: half a sample in, and half a pixel back to OpenCV's coordinates.
    fine[:, 2] = lay[:, 2] + lay[:, :2].sum(axis=1) * 0.5 / count - 0.5
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    size = (columns * count, rows * count)
    warped = cv2.warpAffine(picture, fine, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return warped.reshape(rows, count, columns, count), count


def _pitch(lay: Lay) -> float:
    """The edge of a cell in pixels of the picture."""
    return math.sqrt(abs(float(np.linalg.det(lay[:, :2]))))


def _thinned(picture: Picture, lay: Lay) -> tuple[Picture, Lay]:
    """The picture reduced where cells hold many pixels, so that eight samples a cell are enough."""
    pitch = _pitch(lay)
    factor = int((pitch + _SLIGHTLY) // _GRAINS) if pitch >= _COARSE else 1
    if factor == 1:
        return picture, lay
    height, width = (-(-edge // factor) for edge in picture.shape[:2])
    right, low = width * factor - picture.shape[1], height * factor - picture.shape[0]
    whole = cv2.copyMakeBorder(picture, 0, low, 0, right, cv2.BORDER_REPLICATE)
    return cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA), lay / factor


def _inside(size: tuple[int, ...], lay: Lay, shape: tuple[int, int]) -> Where:
    y, x = np.mgrid[0 : shape[0] + 1, 0 : shape[1] + 1]
    across = lay[0, 0] * x + lay[0, 1] * y + lay[0, 2]
    down = lay[1, 0] * x + lay[1, 1] * y + lay[1, 2]
    height, width = size[:2]
    corner = (across > -_SLACK) & (down > -_SLACK) & (across < width + _SLACK) & (down < height + _SLACK)
    inside: Where = corner[:-1, :-1] & corner[1:, :-1] & corner[:-1, 1:] & corner[1:, 1:]
    return inside
