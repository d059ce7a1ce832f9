"""More variety than a benchmark has, for training: pictures varied before the forging, and wider save histories.

Both twins get the same. *Varied*: one of eight orientations, another size (0.4 to 1.7), softened or sharpened, gamma,
noise (white or with a grain, alike everywhere or growing with the signal), more depth.
*Wider*: first saves from quality 50, last from 60, scaled tables that no quality gives, a second save between, a JPEG
past behind a lossless file, WebP on the way, enlarging, and travelled pictures that end lossless.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

from detector.histories import SMALLEST, Plan
from detector.saving import Jpeg

if TYPE_CHECKING:
    from detector.types import Pixels

Values = npt.NDArray[np.float32]

_FIRST, _LAST = (50, 98), (60, 99)
_SCALES = (0.4, 1.7)
_DEEP = 16.0  # levels of a 12-bit picture for one of an 8-bit one


def varied(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """``pixels`` as another device might have delivered them; grey ones may become deeper. Alpha is dropped."""
    shown = np.rot90(pixels[..., :3] if pixels.ndim == 3 else pixels, int(rng.integers(4)))
    picture = np.ascontiguousarray(shown[:, ::-1] if rng.random() < 0.5 else shown)
    values, factor = _rescaled(picture.astype(np.float32), rng)
    changed = factor != 1.0
    for chance, change in ((0.35, _filtered), (0.4, _curved), (0.3, _noisy)):
        if rng.random() < chance:
            values, changed = change(values, rng), True
    if not changed:
        return _words(picture.astype(np.float32), 255 if picture.dtype == np.uint8 else 65535)
    if picture.ndim == 2 and picture.dtype == np.uint8 and factor < 0.85 and rng.random() < 0.3:
        return _words(values * np.float32(_DEEP), 4095)
    return _words(values, 255 if picture.dtype == np.uint8 else 65535)


def _words(values: Values, most: int) -> Pixels:
    rounded = np.clip(np.rint(values), 0, most)
    return rounded.astype(np.uint8) if most == 255 else rounded.astype(np.uint16)


def widened(plan: Plan, pixels: Pixels, rng: np.random.Generator) -> Plan:
    """``plan``, drawn for ``pixels``, with wider qualities and more that may have happened."""
    if plan.history == "B1":
        return _with_past(plan, pixels, rng)
    plan = replace(plan, last=_jpeg(rng, *_LAST), first=None if plan.first is None else _jpeg(rng, *_FIRST))
    if plan.history == "A" and rng.random() < 0.2:
        plan = replace(plan, again=_jpeg(rng, 70, 98))
    if plan.history == "C":
        plan = replace(plan, webp=int(rng.integers(60, 98)) if rng.random() < 0.2 else None)
        if rng.random() < 0.3:
            plan = replace(plan, resize=float(rng.uniform(0.6, 1.25)))
        if rng.random() < 0.3:
            plan = replace(plan, last=None, container="png")
    return plan


def _with_past(plan: Plan, pixels: Pixels, rng: np.random.Generator) -> Plan:
    """Half of the lossless files were a JPEG before the edit."""
    if rng.random() < 0.5 or pixels.dtype != np.uint8:
        return plan
    shift = (0, 0) if rng.random() < 0.5 else (int(rng.integers(8)), int(rng.integers(8)))
    return replace(plan, first=_jpeg(rng, *_FIRST), shift=shift)


def _jpeg(rng: np.random.Generator, least: int, most: int) -> Jpeg:
    made = Jpeg.draw(rng, least, most)
    return replace(made, opencv=False, bend=float(rng.uniform(-0.3, 0.6))) if rng.random() < 0.2 else made


def _rescaled(values: Values, rng: np.random.Generator) -> tuple[Values, float]:
    if rng.random() < 0.5:
        return values, 1.0
    rows, columns = values.shape[:2]
    factor = float(max(rng.uniform(*_SCALES), (SMALLEST + 16) / min(rows, columns)))
    if factor > _SCALES[1] or rows * columns * factor * factor > 4e6:
        return values, 1.0
    how = cv2.INTER_AREA if factor < 1 else int(rng.choice((cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4)))
    size = (round(columns * factor), round(rows * factor))
    return cv2.resize(values, size, interpolation=how).astype(np.float32), factor


def _filtered(values: Values, rng: np.random.Generator) -> Values:
    """Softer or sharper, as reconstruction kernels and the filters of scanners leave it."""
    if rng.random() < 0.5:
        return np.asarray(cv2.GaussianBlur(values, (0, 0), float(rng.uniform(0.4, 1.1))), np.float32)
    detail = values - cv2.GaussianBlur(values, (0, 0), float(rng.uniform(0.7, 2.0)))
    return np.asarray(values + float(rng.uniform(0.2, 1.2)) * detail, np.float32)


def _noisy(values: Values, rng: np.random.Generator) -> Values:
    """With noise of a detector: white or blurred by what follows it, of one strength or growing with the signal."""
    noise = rng.standard_normal(values.shape).astype(np.float32)
    if rng.random() < 0.5:
        noise = cv2.GaussianBlur(noise, (0, 0), float(rng.uniform(0.4, 1.2)))
        noise /= max(float(noise.std()), 1e-6)
    low, span = float(values.min()), max(float(np.ptp(values[::4, ::4])), 1.0)
    strength = np.float32(rng.uniform(0.002, 0.02) * span)
    if rng.random() < 0.4:
        strength = strength * np.sqrt(np.maximum((values - low) / span, 0.0))
    return np.asarray(values + strength * noise, np.float32)


def _curved(values: Values, rng: np.random.Generator) -> Values:
    low, high = float(values.min()), float(values.max())
    share = (values - low) / max(high - low, 1.0)
    gain = float(rng.uniform(0.7, 1.0))
    return np.asarray(low + gain * (high - low) * share ** float(np.exp(rng.uniform(-0.35, 0.35))), np.float32)
