"""Eight-bit views of any picture, and whether a picture can be examined at all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import numpy.typing as npt

from detector.errors import UnreadablePicture
from detector.types import Applicability

if TYPE_CHECKING:
    from detector.types import HeatMap, Pixels

SMALLEST, LARGEST = 64, 8192
DARK, BRIGHT = 0.001, 0.999
"""Shares of the samples of a 16-bit picture that become black, and that stay below white."""
LEAST_VARYING = 0.01
LIVELY = 4
"""Below this share of 8×8 blocks in which so many pixels are unlike the first one, nothing is said of a picture."""
_STRIP = 1024  # rows worked on at a time, so that 8192×8192 needs no second copy of itself


def check_shape(pixels: object) -> Pixels:
    """``pixels`` itself when it is an array of an allowed shape and type, else UnreadablePicture.

    Allowed: (rows, columns) or (rows, columns, 1, 3 or 4), 8- or 16-bit unsigned samples, at least one pixel.
    """
    expected = "expected (rows, columns[, 1, 3 or 4]) of 8- or 16-bit unsigned samples"
    if not isinstance(pixels, np.ndarray):
        raise UnreadablePicture(f"{expected}, found {type(pixels).__name__}")
    unsigned = pixels.dtype.kind == "u" and pixels.dtype.itemsize <= 2
    shaped = pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[2] in (1, 3, 4))
    if not (unsigned and shaped and pixels.size):
        raise UnreadablePicture(f"{expected}, found shape {pixels.shape} of {pixels.dtype}")
    return pixels


def usable(pixels: Pixels, minimum: int = SMALLEST) -> Applicability:
    """Whether ``pixels`` is large enough, not too large, and varies in one of a hundred 8×8 blocks at least; the reason
    is a sentence for a person."""
    rows, columns = pixels.shape[:2]
    if min(rows, columns) < minimum:
        return Applicability(False, f"The picture is {columns}×{rows} pixels; each side must have at least {minimum}.")
    if max(rows, columns) > LARGEST:
        return Applicability(False, f"The picture is {columns}×{rows} pixels; each side may have at most {LARGEST}.")
    if _constant(pixels):
        return Applicability(False, "Every pixel has the same value, so there is nothing to compare.")
    if _varying(pixels) < LEAST_VARYING:
        return Applicability(False, "Nearly all of the picture is of even colour, so there is too little to compare.")
    return Applicability(True, "The picture's size and content can be examined.")


def to_rgb8(pixels: Pixels) -> npt.NDArray[np.uint8]:
    """(rows, columns, 3) uint8, contiguous. Grey is repeated, alpha is dropped, 8-bit samples stay as they are.

    16-bit samples are mapped linearly from the 0.1 and 99.9 percentiles of the whole picture (all colours together,
    found exactly from the histogram) to 0 and 255, and clipped; alpha takes no part. UnreadablePicture otherwise.
    """
    colours = _eight_bit(_colours(check_shape(pixels)))
    if colours.ndim == 2:
        return np.asarray(cv2.cvtColor(colours, cv2.COLOR_GRAY2RGB), np.uint8)
    return np.ascontiguousarray(colours)


def to_grey8(pixels: Pixels) -> npt.NDArray[np.uint8]:
    """(rows, columns) uint8, contiguous: grey as it is, colour by the ITU-R BT.601 weights; 16 bit as in to_rgb8."""
    colours = _eight_bit(_colours(check_shape(pixels)))
    if colours.ndim == 3:
        return np.asarray(cv2.cvtColor(np.ascontiguousarray(colours), cv2.COLOR_RGB2GRAY), np.uint8)
    return np.ascontiguousarray(colours)


def resize_map(heat: npt.NDArray[Any], shape: tuple[int, int]) -> HeatMap:
    """``heat`` as (rows, columns) = ``shape`` float32 clipped to 0..1; area means when shrinking, else linear."""
    shrinks = heat.shape[0] >= shape[0] and heat.shape[1] >= shape[1]
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    resized = cv2.resize(heat.astype(np.float32), (shape[1], shape[0]), interpolation=how)
    return np.asarray(np.clip(resized, 0.0, 1.0), np.float32)


def strips(rows: int, step: int = _STRIP) -> Iterator[slice]:
    """Slices of at most ``step`` rows that cover ``rows`` once, from the top."""
    for top in range(0, rows, step):
        yield slice(top, min(top + step, rows))


def _colours(pixels: Pixels) -> Pixels:
    """(rows, columns) or (rows, columns, 3): without alpha, and without an axis of one."""
    if pixels.ndim == 3:
        return pixels[:, :, 0] if pixels.shape[2] == 1 else pixels[:, :, :3]
    return pixels


def _constant(pixels: Pixels) -> bool:
    colours = _colours(pixels)
    first = colours[0, 0]
    return all(bool((colours[strip] == first).all()) for strip in strips(colours.shape[0]))


def _varying(pixels: Pixels) -> float:
    """The share of whole 8×8 blocks of which LIVELY pixels at least differ from the first one."""
    colours = _colours(pixels)
    rows, columns = (side // 8 * 8 for side in colours.shape[:2])
    varying = 0
    for strip in strips(rows):
        part = colours[strip, :columns]
        blocks = part.reshape(part.shape[0] // 8, 8, columns // 8, 8, -1)
        other = (blocks != blocks[:, :1, :, :1]).any(axis=-1).sum(axis=(1, 3))
        varying += int((other >= LIVELY).sum())
    return float(varying / max(rows * columns // 64, 1))


def _eight_bit(colours: Pixels) -> npt.NDArray[np.uint8]:
    if colours.dtype.itemsize == 1:
        return colours.astype(np.uint8, copy=False)
    low, high = _limits(colours)
    found = np.empty(colours.shape, np.uint8)
    for strip in strips(colours.shape[0]):
        above = np.clip(colours[strip].astype(np.uint16, copy=False), low, high) - np.uint16(low)
        found[strip] = cv2.convertScaleAbs(above, alpha=255.0 / max(high - low, 1)).reshape(above.shape)
    return found


def _limits(colours: Pixels) -> tuple[int, int]:
    """The grey levels at the robust percentiles; the extremes where the percentiles fall together."""
    counts = np.zeros(65536, np.int64)
    for strip in strips(colours.shape[0], 512):  # OpenCV counts in float32, exactly up to 16,777,216
        flat = np.ascontiguousarray(colours[strip], np.uint16).reshape(strip.stop - strip.start, -1)
        counts += cv2.calcHist([flat], [0], None, [65536], [0, 65536]).ravel().astype(np.int64)
    reached = np.cumsum(counts)
    low, high = (int(np.searchsorted(reached, share * reached[-1])) for share in (DARK, BRIGHT))
    if high > low:
        return low, high
    present = np.flatnonzero(counts)
    return int(present[0]), int(present[-1])
