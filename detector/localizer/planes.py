"""A picture as the localizer sees it at full resolution: grey and three fixed high-pass residuals, and its colour.

The residuals (second differences along rows and columns, and the square kernel of the spatial rich model, Fridrich and
Kodovský 2012) are measured in the picture's own noise, so that a quiet CT and a grainy photograph look alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import numpy.typing as npt

from detector.features import SQUARE_5
from detector.pictures import check_shape

if TYPE_CHECKING:
    from detector.types import Pixels

Floats = npt.NDArray[np.float32]

PLANES = ("grey", "second difference along rows", "second difference along columns", "square residual")
STEP = 16.0
"""Levels of a plane for 1.0: planes are kept as int8."""
KERNELS = (
    np.array([[1, -2, 1]], np.float32) / 2,
    np.array([[1], [-2], [1]], np.float32) / 2,
    SQUARE_5 / 12,
)
_LOW, _HIGH = 0.5, 99.8


@dataclass(frozen=True)
class View:
    """``grey`` (rows, columns) on the scale 0..255, unrounded; ``colour`` (rows, columns, 2) Cb and Cr, or None.

    8-bit samples keep their scale. 16-bit samples are mapped so that their 0.5 and 99.8 percentiles become 0 and 255,
    and not clipped. ``samples``: the values as they are stored (grey or green).
    """

    grey: Floats
    colour: Floats | None
    samples: npt.NDArray[np.uint16]
    deep: bool


def view(pixels: Pixels) -> View:
    """``pixels`` (any allowed shape), padded at the lower and right side to whole blocks of 8×8 by reflection."""
    colours = check_shape(pixels)
    colours = colours[..., :3] if colours.ndim == 3 and colours.shape[2] > 1 else colours.reshape(*colours.shape[:2], 1)
    rows, columns = (-side % 8 for side in colours.shape[:2])
    padded = np.pad(colours, ((0, rows), (0, columns), (0, 0)), mode="symmetric")
    values = padded.astype(np.float32)
    deep = padded.dtype.itemsize == 2
    if deep:
        low, high = (float(level) for level in np.percentile(values[::2, ::2], (_LOW, _HIGH)))
        values = (values - np.float32(low)) * np.float32(255.0 / max(high - low, 1.0))
    samples = padded[..., padded.shape[2] // 2].astype(np.uint16)
    if values.shape[2] == 1:
        return View(np.ascontiguousarray(values[..., 0]), None, samples, deep)
    luma = values @ np.array((0.299, 0.587, 0.114), np.float32)
    chroma = np.stack((0.564 * (values[..., 2] - luma), 0.713 * (values[..., 0] - luma)), axis=2)
    grey_only = not np.any(np.abs(chroma) > 2.5)  # an RGB file of a grey picture
    return View(luma, None if grey_only else chroma.astype(np.float32), samples, deep)


def residuals(grey: Floats) -> list[Floats]:
    """The three high-pass residuals of ``grey``, each (rows, columns)."""
    return [np.asarray(cv2.filter2D(grey, cv2.CV_32F, kernel, borderType=cv2.BORDER_REFLECT)) for kernel in KERNELS]


def noise_level(residual: npt.NDArray[Any]) -> float:
    """A robust deviation of ``residual`` where it is not exactly flat; at least 0.05 grey levels."""
    found = np.abs(residual[::2, ::2])
    found = found[found > 1e-3]
    return max(0.05, 1.4826 * float(np.median(found))) if found.size > 64 else 0.05


def planes(grey: Floats, found: list[Floats]) -> npt.NDArray[np.int8]:
    """(rows, columns, 4) int8: the planes of PLANES times STEP; residuals as asinh of their multiple of the noise."""
    low, high = (float(level) for level in np.percentile(grey[::2, ::2], (_LOW, _HIGH)))
    made = np.empty((*grey.shape, len(PLANES)), np.int8)
    made[..., 0] = _levels(np.clip((grey - low) / max(high - low, 1.0), -0.2, 1.2) * 6.0 - 3.0)
    for k, one in enumerate(found, 1):
        made[..., k] = _levels(np.arcsinh(one / np.float32(noise_level(one))))
    return made


def _levels(plane: Floats) -> Floats:
    """``plane``, which is overwritten, in whole levels of int8."""
    plane *= np.float32(STEP)
    np.rint(plane, out=plane)
    return np.clip(plane, -127, 127, out=plane)
