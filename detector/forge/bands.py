"""Texture by matched bands: noise that in each band of detail has the histogram of what lies around, and a nodule.

After Heeger and Bergen 1995, with undecimated bands. Unlike the texture of ``wider``, neither spectrum nor phase is
kept, but how often strong detail occurs.
"""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np

from detector.forge.shapes import Shape
from detector.forge.site import Values

_SCALES = (0.6, 1.0, 1.8, 3.2)
_ROUNDS = 5


def matched_texture(values: Values, hole: Shape, rng: np.random.Generator) -> Values:
    """Detail (rows, columns) of mean about 0 for the hole of ``values``, with the statistics of what is outside it."""
    wanted, plain = _bands(values), _plain(values, hole)
    made = rng.standard_normal(values.shape).astype(np.float32)
    for _ in range(_ROUNDS):
        made = sum(
            (_as_often(own, other[plain]) for own, other in zip(_bands(made), wanted, strict=True)),
            np.zeros_like(values),
        )
    return made


def nodule(hole: Shape, rng: np.random.Generator) -> Values:
    """A round, lobed bump in the middle of the hole: 1 on its plateau, falling softly to 0 before the hole's edge."""
    depth = cv2.distanceTransform(np.pad(hole, 1).astype(np.uint8), cv2.DIST_L2, 5)[1:-1, 1:-1]
    middle = np.unravel_index(int(depth.argmax()), hole.shape)
    y, x = np.mgrid[: hole.shape[0], : hole.shape[1]]
    angle, far = np.arctan2(y - middle[0], x - middle[1]), np.hypot(y - middle[0], x - middle[1])
    lobes = sum(rng.normal(0, 0.12) * np.cos(k * angle + rng.uniform(0, 2 * np.pi)) for k in (2, 3, 4, 5))
    radius = 0.55 * float(depth.max()) * np.clip(1.0 + lobes, 0.5, 1.5)
    width = max(0.6, float(rng.uniform(0.04, 0.15)) * float(depth.max()))
    return np.asarray(1.0 / (1.0 + np.exp(np.clip((far - radius) / width, -30, 30))), np.float32)


def _plain(values: Values, hole: Shape) -> Shape:
    """Outside the hole, the half of the pixels round which there is least detail: no organ's edge."""
    detail = cv2.blur(np.abs(values - cv2.GaussianBlur(values, (0, 0), 2.0)), (9, 9))
    return np.asarray(~hole & (detail <= np.median(detail[~hole])))


def _bands(values: Values) -> list[Values]:
    """Differences of ever wider Gaussians; what is wider than the last is left out."""
    blurred = [values, *(np.asarray(cv2.GaussianBlur(values, (0, 0), scale), np.float32) for scale in _SCALES)]
    return [finer - coarser for finer, coarser in pairwise(blurred)]


def _as_often(own: Values, wanted: Values) -> Values:
    """``own`` with its values mapped by rank onto the distribution of ``wanted``, its rarest one in a hundred cut."""
    steps = np.linspace(0.5, 99.5, 65)
    return np.asarray(np.interp(own, np.percentile(own, steps), np.percentile(wanted, steps)), np.float32)
