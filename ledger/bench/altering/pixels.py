"""Stored samples as the 8-bit grey or colour that people export and look at."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[Any]
Eight = npt.NDArray[np.uint8]
Where = npt.NDArray[np.bool_]
_SHOWN = (0.5, 99.5)
"""Percentiles of the samples that an export shows as black and as white where they have more than 8 bits."""
_COLOURED = 6


def without_alpha(pixels: Pixels) -> Pixels:
    """(rows, columns) or (rows, columns, 3)."""
    if pixels.ndim == 2:
        return pixels
    return np.ascontiguousarray(pixels[..., 0] if pixels.shape[2] < 3 else pixels[..., :3])


def luma(pixels: Pixels) -> Pixels:
    """One whole number a pixel, as view/1 takes it."""
    if pixels.ndim == 2:
        return pixels
    red, green, blue = (pixels[..., channel].astype(np.int32) for channel in range(3))
    return (299 * red + 587 * green + 114 * blue) // 1000


def coloured(pixels: Pixels) -> bool:
    """Whether the channels differ by more than compression makes grey ones differ."""
    return pixels.ndim == 3 and int(np.ptp(pixels.astype(np.int32), axis=2).max()) > _COLOURED


def shown_range(pixels: Pixels) -> tuple[float, float]:
    """The samples that an export to 8 bits shows as black and as white."""
    if pixels.dtype == np.uint8:
        return 0.0, 255.0
    low, high = np.percentile(luma(pixels), _SHOWN)
    return float(low), float(max(high, low + 1))


def exported(pixels: Pixels, shown: tuple[float, float]) -> Eight:
    """8-bit pixels of the range ``shown``; 8-bit ones of 0 to 255 stay as they are."""
    if pixels.dtype == np.uint8 and shown == (0.0, 255.0):
        return np.asarray(pixels, np.uint8)
    low, high = shown
    return in_levels((pixels.astype(np.float32) - low) / (high - low) * 255)


def in_levels(values: npt.NDArray[np.floating[Any]]) -> Eight:
    """Rounded to whole levels of 0 to 255."""
    return np.asarray(np.clip(values + 0.5, 0, 255), np.uint8)


def opened(data: bytes) -> Eight:
    """The luma of an 8-bit PNG or JPEG file."""
    return np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE), np.uint8)
