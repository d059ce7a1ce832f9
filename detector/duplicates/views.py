"""A picture prepared once for the search: what is compared, and where nothing that is seen counts as evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from detector.copymove.correlation import in_two_directions
from detector.pictures import BRIGHT, DARK, to_grey8

if TYPE_CHECKING:
    import numpy.typing as npt

    from detector.types import Pixels

    Floats = npt.NDArray[np.float32]
    Grey = npt.NDArray[np.uint8]
    Mask = npt.NDArray[np.bool_]

WORKING_SIDE = 1536
"""A longer picture is reduced until its longer side has this many pixels."""
_FINE, _MIDDLE = 1.2, 3.5
_CLIP = 3.0
_STROKE, _END = 90.0, 16.0


@dataclass(frozen=True)
class Views:
    """All (rows, columns) of the working picture.

    ``light``: grey as float32, 0 to 255, never rounded for 16-bit samples. ``fine``: what a Gaussian of 1.2 pixels
    leaves (grain and edges), ``middle``: the band from 0.7 to 3.5 pixels; both at equal local strength.
    ``strength``: the local root mean square of the fine part in grey levels. ``alive``: what counts as evidence: not
    constant, no letters. ``two_ways``: varies in two directions.
    """

    light: Floats
    fine: Floats
    middle: Floats
    strength: Floats
    alive: Mask
    two_ways: Mask


def working(pixels: Pixels) -> Floats:
    """The grey levels of any picture of the allowed shapes, reduced to WORKING_SIDE."""
    return reduced(grey_levels(pixels))


def views(light: Floats) -> Views:
    """The views of a working picture."""
    soft = cv2.GaussianBlur(light, (0, 0), 0.7)
    high = _high(light)
    band = soft - cv2.GaussianBlur(light, (0, 0), _MIDDLE)
    floor = least_strength(high)
    strength = _local_rms(high, 9)
    fine = np.clip(high / (_local_rms(high, 17) + floor), -_CLIP, _CLIP)
    middle = np.clip(band / (_local_rms(band, 21) + floor), -_CLIP, _CLIP)
    alive = (strength > 0.5 * floor) & ~letters(light)
    two_ways = in_two_directions(_floats(soft))
    return Views(light, _floats(fine), _floats(middle), strength, alive, two_ways)


def letters(light: Floats) -> Mask:
    """Round thin strokes of the picture's brightest level on something far darker, or of the darkest on white.

    Burned-in letters and marks repeat to the last bit in pictures that nobody touched. Bright edges of bone and fat
    are as thin, but seldom at the very end of the scale.
    """
    square = np.ones((11, 11), np.uint8)
    white, black = float(light.max()) - _END, float(light.min()) + _END
    opened, closed = cv2.morphologyEx(light, cv2.MORPH_OPEN, square), cv2.morphologyEx(light, cv2.MORPH_CLOSE, square)
    bright = (light - opened > _STROKE) & (light >= white)
    dark = (closed - light > _STROKE) & (light <= black) & (closed >= white)
    return np.asarray(cv2.dilate((bright | dark).astype(np.uint8), np.ones((15, 15), np.uint8)) > 0)


def grey_levels(pixels: Pixels) -> Floats:
    """(rows, columns) float32, 0 to 255: 8-bit grey as ``to_grey8``; 16 bit between the same percentiles, unrounded.

    The grain of a CT or MR slice is often finer than one level of 255, and grain is what tells a copy.
    """
    if pixels.dtype.itemsize == 1:
        return to_grey8(pixels).astype(np.float32)
    colours = pixels[:, :, 0] if pixels.ndim == 3 and pixels.shape[2] == 1 else pixels
    grey = colours.astype(np.float32)
    if grey.ndim == 3:
        grey = cv2.cvtColor(np.ascontiguousarray(grey[:, :, :3]), cv2.COLOR_RGB2GRAY)
    low, high = (float(level) for level in np.quantile(grey, (DARK, BRIGHT)))
    if high <= low:
        low, high = float(grey.min()), max(float(grey.max()), float(grey.min()) + 1.0)
    return _floats(np.clip((grey - low) * (255.0 / (high - low)), 0.0, 255.0))


def reduced(light: Floats) -> Floats:
    """``light`` itself, or shrunk by area to WORKING_SIDE on its longer side."""
    ratio = WORKING_SIDE / max(light.shape)
    if ratio >= 1.0:
        return light
    size = (max(round(light.shape[1] * ratio), 1), max(round(light.shape[0] * ratio), 1))
    return _floats(cv2.resize(light, size, interpolation=cv2.INTER_AREA))


def least_strength(high: Floats) -> float:
    """Below this many grey levels there is no texture: half of the picture's typical grain, 0.1 to 1."""
    present = np.abs(high[high != 0.0])
    grain = 1.4826 * float(np.median(present)) if present.size else 1.0
    return float(np.clip(0.5 * grain, 0.1, 1.0))


def enhanced(light: Floats) -> Grey:
    """Equal local contrast (windows of some 40 pixels), so that quiet tissue yields points beside loud bones."""
    floor = least_strength(_high(light))
    mean = cv2.GaussianBlur(light, (0, 0), 8.0)
    deviation = np.sqrt(np.maximum(cv2.GaussianBlur((light - mean) ** 2, (0, 0), 8.0), 0.0))
    return np.asarray(np.clip(128.0 + 45.0 * (light - mean) / (deviation + 2.0 * floor), 0, 255), np.uint8)


def _high(light: Floats) -> Floats:
    return _floats(light - cv2.GaussianBlur(light, (0, 0), _FINE))


def _local_rms(values: Floats, side: int) -> Floats:
    return _floats(np.sqrt(np.maximum(cv2.boxFilter(values * values, cv2.CV_32F, (side, side)), 0.0)))


def _floats(values: object) -> Floats:
    return np.asarray(values, np.float32)
