"""How a patch is made to fit: levels, histogram, grain, and seams that hide."""

from __future__ import annotations

import cv2
import numpy as np

from detector.forge.shapes import Shape
from detector.forge.site import Site, Values


def ring(shape: Shape, width: int) -> Shape:
    """The pixels within ``width`` of ``shape`` that do not belong to it."""
    reach = cv2.dilate(shape.astype(np.uint8), np.ones((2 * width + 1, 2 * width + 1), np.uint8))
    return np.asarray((reach > 0) & ~shape)


def levelled(site: Site, new: Values, strength: float) -> Values:
    """``new`` shifted so that its mean in the region nears that of the region's surroundings by ``strength``."""
    around = ring(site.shape, 3)
    if not around.any():
        return new
    shift = site.old[around].mean(axis=0) - new[site.shape].mean(axis=0)
    return np.asarray(new + strength * shift, np.float32)


def histogram_matched(new: Values, shape: Shape, target: Values) -> Values:
    """``new`` with the values in ``shape`` mapped onto the distribution of ``target`` (n, samples)."""
    steps = np.linspace(0.0, 100.0, 33)
    matched = np.empty_like(new)
    for sample in range(new.shape[2]):
        source = np.maximum.accumulate(np.percentile(new[:, :, sample][shape], steps)) + np.arange(33) * 1e-3
        matched[:, :, sample] = np.interp(new[:, :, sample], source, np.percentile(target[:, sample], steps))
    return matched


def seamless(site: Site, new: Values) -> Values:
    """``new`` plus the smooth field that makes it meet its surroundings along the region's border.

    Gradient-domain cloning (Pérez, Gangnet and Blake 2003); the membrane is interpolated by push and pull over a
    pyramid instead of solved exactly, our choice, which takes milliseconds and any depth.
    """
    border = ring(site.shape, 1)
    if not border.any():
        return new
    return np.asarray(new + membrane(site.old - new, border), np.float32)


def smooth_fill(site: Site) -> Values:
    """The surroundings carried smoothly into the region; outside it, the values as they are."""
    filled = membrane(site.old, ring(site.shape, 2))
    return np.where(site.shape[:, :, None], filled, site.old)


def membrane(values: Values, known: Shape) -> Values:
    """A smooth field (height, width, samples) that agrees with ``values`` where ``known``."""
    weight = known.astype(np.float32)
    field = _push_pull(values * weight[:, :, None], weight)
    for _ in range(8):  # what the coarse levels leave as blocks is smoothed; the known values stay
        field = np.where(known[:, :, None], values, _three(cv2.blur(field, (5, 5)), values.shape))
    return field


def _push_pull(weighted: Values, weight: Values) -> Values:
    if weight.shape[0] * weight.shape[1] > 4 and max(weight.shape) > 1:
        size = ((weight.shape[1] + 1) // 2, (weight.shape[0] + 1) // 2)
        small = _three(cv2.resize(weighted, size, interpolation=cv2.INTER_AREA), (size[1], size[0], weighted.shape[2]))
        coarse = _push_pull(small, cv2.resize(weight, size, interpolation=cv2.INTER_AREA))
        below = _three(cv2.resize(coarse, weight.shape[::-1], interpolation=cv2.INTER_LINEAR), weighted.shape)
    else:
        below = np.broadcast_to(weighted.sum(axis=(0, 1)) / max(float(weight.sum()), 1e-6), weighted.shape)
    share = np.clip(weight, 0.0, 1.0)[:, :, None]
    own = weighted / np.maximum(weight, 1e-6)[:, :, None]
    return np.asarray(share * own + (1.0 - share) * below, np.float32)


def _three(array: Values, shape: tuple[int, ...]) -> Values:
    # OpenCV drops the last axis of one-sample pictures.
    found: Values = array.reshape(shape)
    return found


def blurred(values: Values, sigma: float) -> Values:
    """``values`` (height, width, samples) under a Gaussian of ``sigma`` pixels."""
    return _three(cv2.GaussianBlur(values, (0, 0), sigma), values.shape)


def resized(values: Values, width: int, height: int, interpolation: int) -> Values:
    """``values`` with (height, width) pixels."""
    found = cv2.resize(values, (width, height), interpolation=interpolation)
    return _three(found, (height, width, values.shape[2]))


def grain(site: Site, rng: np.random.Generator) -> Values:
    """Noise (height, width, 1) as strong and about as coarse as that of the region's surroundings."""
    around = ring(site.shape, 5)
    if not around.any():
        return np.zeros((*site.shape.shape, 1), np.float32)
    rest = (site.old - blurred(site.old, 1.5))[around]
    strength = 1.4826 * float(np.median(np.abs(rest)))
    noise = rng.standard_normal(site.shape.shape).astype(np.float32)
    coarse = cv2.GaussianBlur(noise, (0, 0), float(rng.uniform(0.5, 0.9)))
    return np.asarray(coarse / max(float(coarse.std()), 1e-6) * strength, np.float32)[:, :, None]


def cloned_seam(site: Site, pasted: Values, rng: np.random.Generator) -> tuple[Values, Shape]:
    """``pasted`` with its seam stamped over from outside by a soft brush, and where the stamps lie."""
    contours, _ = cv2.findContours(site.shape.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    outline = max(contours, key=len)[:, 0, :]
    radius = int(np.clip(0.06 * np.sqrt(site.area), 2, 12))
    middle = outline.mean(axis=0)
    result, touched = pasted.copy(), np.zeros(site.shape.shape, np.bool_)
    brush = _brush(radius)
    for x, y in outline[:: max(1, round(radius * rng.uniform(0.9, 2.5)))]:
        outward = np.array((x, y)) - middle
        step = np.round(outward / max(float(np.hypot(*outward)), 1e-6) * 2.2 * radius).astype(int)
        _stamp(result, site.old, touched, (int(x), int(y)), (int(x + step[0]), int(y + step[1])), brush)
    return result, touched


def _brush(radius: int) -> Values:
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    return np.asarray(np.clip(1.3 * (1.0 - np.hypot(x, y) / (radius + 0.5)), 0.0, 1.0), np.float32)[:, :, None]


def _stamp(
    result: Values, source: Values, touched: Shape, to: tuple[int, int], start: tuple[int, int], brush: Values
) -> None:
    radius = brush.shape[0] // 2
    height, width = touched.shape
    if not all(radius <= x < width - radius and radius <= y < height - radius for x, y in (to, start)):
        return
    there = np.s_[to[1] - radius : to[1] + radius + 1, to[0] - radius : to[0] + radius + 1]
    here = np.s_[start[1] - radius : start[1] + radius + 1, start[0] - radius : start[0] + radius + 1]
    result[there] += brush * (source[here] - result[there])
    touched[there] |= brush[:, :, 0] > 0
