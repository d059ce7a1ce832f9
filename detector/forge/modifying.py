"""Modification of an existing region: resampled, stretched, brightened, blurred, sharpened, noisy."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from detector.forge import blending
from detector.forge.shapes import soft
from detector.forge.site import Edit, Site, Values, edge_width

_DOWN = (cv2.INTER_AREA, cv2.INTER_LINEAR, cv2.INTER_CUBIC)
_UP = (cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4)


def modify(site: Site, rng: np.random.Generator) -> Edit:
    """One operation on the region, which fades in from its edge."""
    name = str(rng.choice(tuple(_OPERATIONS)))
    return Edit(_OPERATIONS[name](site, rng), soft(site.shape, edge_width(site, rng)), name)


def _resample(site: Site, rng: np.random.Generator) -> Values:
    """Reduced and enlarged again: what an object leaves that was moved to another scale and back."""
    height, width = site.shape.shape
    factor = rng.uniform(0.35, 0.8)
    small = max(2, round(width * factor)), max(2, round(height * factor))
    reduced = blending.resized(site.old, *small, int(rng.choice(_DOWN)))
    return blending.resized(reduced, width, height, int(rng.choice(_UP)))


def _stretch(site: Site, rng: np.random.Generator) -> Values:
    """The region bulged or pinched, stretched one way, or skewed; the displacement ends at its edge."""
    height, width = site.shape.shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    inner_y, inner_x = np.nonzero(site.shape)
    dy, dx = y - inner_y.mean(), x - inner_x.mean()
    strength = rng.uniform(0.12, 0.4) * rng.choice((-1, 1))
    manner = rng.random()
    across = 1.0 if manner < 0.5 else 0.0
    fade = soft(site.shape, max(3.0, 0.25 * np.sqrt(site.area)))
    if manner < 0.75:
        shift_x, shift_y = strength * dx, strength * across * dy
    else:
        shift_x, shift_y = strength * dy, np.float32(0.0)
    interpolation = int(rng.choice(_UP))
    border = cv2.BORDER_REFLECT_101
    moved_x, moved_y = (x + fade * shift_x).astype(np.float32), (y + fade * shift_y).astype(np.float32)
    return np.reshape(cv2.remap(site.old, moved_x, moved_y, interpolation, borderMode=border), site.old.shape)


def _brightness(site: Site, rng: np.random.Generator) -> Values:
    """Brighter or darker, with more or less contrast: a lesion made or unmade."""
    shift = rng.uniform(0.04, 0.2) * rng.choice((-1, 1)) * site.ground.span
    middle = site.old[site.shape].mean(axis=0)
    gain = rng.uniform(0.75, 1.25)
    return np.asarray(middle + (site.old - middle) * gain + shift, np.float32)


def _blur(site: Site, rng: np.random.Generator) -> Values:
    sigma = float(rng.uniform(0.8, 4.0))
    if rng.random() < 0.6:
        return blending.blurred(site.old, sigma)
    size = 2 * round(sigma) + 3
    return np.reshape(cv2.blur(site.old, (size, size)), site.old.shape)


def _sharpen(site: Site, rng: np.random.Generator) -> Values:
    detail = site.old - blending.blurred(site.old, float(rng.uniform(0.8, 2.5)))
    return np.asarray(site.old + rng.uniform(0.8, 3.0) * detail, np.float32)


def _noise(site: Site, rng: np.random.Generator) -> Values:
    """Additive Gaussian grain, or speckle that grows with the value, fine or coarse."""
    noise = rng.standard_normal(site.shape.shape).astype(np.float32)
    if rng.random() < 0.4:
        noise = cv2.GaussianBlur(noise, (0, 0), 0.8)
        noise /= max(float(noise.std()), 1e-6)
    strength = rng.uniform(0.015, 0.06)
    if rng.random() < 0.35:
        return np.asarray(site.old + 3 * strength * noise[:, :, None] * (site.old - site.ground.low), np.float32)
    return np.asarray(site.old + strength * site.ground.span * noise[:, :, None], np.float32)


_OPERATIONS: dict[str, Callable[[Site, np.random.Generator], Values]] = {
    "resample": _resample,
    "stretch": _stretch,
    "brightness": _brightness,
    "blur": _blur,
    "sharpen": _sharpen,
    "noise": _noise,
}
