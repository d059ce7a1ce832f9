"""Error level analysis: what a picture loses when it is saved as a JPEG once more.

Source: the seed paper's detection and localization modules. The paper leaves the quality open; ours is 90.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from detector.pictures import strips

if TYPE_CHECKING:
    from detector.types import HeatMap

QUALITY = 90
_STRIP, _MARGIN = 1024, 16
# A JPEG unit with halved colour is 16 rows high, and a decoder smooths colour over the next unit's border: strips that
# begin on such a border, with one unit more on each side, decode to the very pixels of the whole picture.
_GREY = np.array([0.299, 0.587, 0.114])


def error_levels(rgb8: npt.NDArray[np.uint8], quality: int = QUALITY) -> npt.NDArray[np.uint8]:
    """(rows, columns, 3) uint8: |picture - the same picture saved as JPEG at ``quality`` and read again|.

    Saved as Pillow does by default (colour halved in both directions, standard tables). Exact for any height; works in
    strips, so memory beyond the result is small.
    """
    levels = np.empty_like(rgb8)
    rows = rgb8.shape[0]
    for strip in strips(rows, _STRIP):
        top, bottom = max(0, strip.start - _MARGIN), min(rows, strip.stop + _MARGIN)
        wide = rgb8[top:bottom]
        again = _saved_again(wide, quality)
        inner = slice(strip.start - top, strip.stop - top)
        levels[strip] = cv2.absdiff(wide[inner], again[inner])
    return levels


def stretched(levels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """The seed paper's localization view: all channels times 255 / the largest level of all; zeros stay zeros."""
    largest = int(levels.max())
    if largest == 0:
        return levels.copy()
    return np.asarray(cv2.convertScaleAbs(levels, alpha=255.0 / largest), np.uint8)


def ela_mean_percent(levels: npt.NDArray[np.uint8]) -> float:
    """The seed paper's "percentage of forgery": the mean of the grey error levels over 255, times 100.

    It is the re-compression loss of the whole picture, not an area, and did not follow the forged area where that was
    measured. Shown as "ELA mean, seed paper". Grey by the BT.601 weights, not rounded.
    """
    return float(np.dot(cv2.mean(levels)[:3], _GREY) / 255.0 * 100.0)


def shrunk(levels: npt.NDArray[np.uint8], side: int) -> npt.NDArray[np.float32]:
    """(side, side, 3) float32: area means of the levels, in grey levels and not rounded (linear where it enlarges)."""
    channels = [
        cv2.resize(levels[:, :, i].astype(np.float32), (side, side), interpolation=cv2.INTER_AREA) for i in range(3)
    ]
    return np.stack(channels, axis=-1)


def smooth_grey(levels: npt.NDArray[np.uint8], sigma: float) -> HeatMap:
    """(rows, columns) float32, 0..1: grey levels smoothed by a Gaussian of ``sigma`` pixels, over their own maximum.

    All zeros where there is no loss.
    """
    grey = cv2.cvtColor(levels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    heat = np.asarray(cv2.GaussianBlur(grey, (0, 0), sigma, dst=grey), np.float32)
    largest = float(heat.max())
    if largest > 0:
        heat /= largest
    return np.clip(heat, 0.0, 1.0, out=heat)


def _saved_again(rgb8: npt.NDArray[np.uint8], quality: int) -> npt.NDArray[np.uint8]:
    file = io.BytesIO()
    Image.fromarray(rgb8).save(file, "JPEG", quality=quality)
    file.seek(0)
    with Image.open(file) as again:
        return np.asarray(again, np.uint8)
