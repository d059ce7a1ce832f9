"""Outlines of forged regions: lesion-like blobs, boxes, freehand polygons and strokes."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.float64]
Shape = npt.NDArray[np.bool_]

_CORNERS = np.array(((-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)))
_FINE = 4  # cv2 draws with fractions of a pixel; four bits of them


def draw(rng: np.random.Generator, area: float) -> Shape:
    """A shape of about ``area`` pixels in an array that just holds it; lesion-like in half of all draws."""
    outline = _OUTLINES[int(rng.choice(len(_OUTLINES), p=_SHARES))](rng)
    points = outline * np.sqrt(area / _area(outline))
    return _filled(points)


def fill(rng: np.random.Generator, width: int, height: int) -> Shape:
    """A shape that reaches all four sides of an array (height, width)."""
    points = _OUTLINES[int(rng.choice(len(_OUTLINES), p=_SHARES))](rng)
    extent = np.ptp(points, axis=0)
    drawn = _filled((points - points.min(axis=0)) / extent * (width - 1, height - 1))
    resized = cv2.resize(drawn.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST)
    return np.asarray(resized > 0)


def soft(shape: Shape, width: float) -> npt.NDArray[np.float32]:
    """Opacity 0 to 1 (rows, columns): 0 outside ``shape``, rising over ``width`` pixels from its edge to 1."""
    depth = cv2.distanceTransform(np.pad(shape, 1).astype(np.uint8), cv2.DIST_L2, 3)[1:-1, 1:-1]
    ramp = np.clip(depth / max(width, 1e-3), 0.0, 1.0)
    opacity: npt.NDArray[np.float32] = np.where(shape, ramp * ramp * (3.0 - 2.0 * ramp), 0.0).astype(np.float32)
    return opacity


def _blob(rng: np.random.Generator) -> Points:
    """A closed curve of random low harmonics around an ellipse, rougher in some draws."""
    angle = np.linspace(0.0, 2.0 * np.pi, 96, endpoint=False)
    orders = np.arange(2, 2 + int(rng.integers(3, 9)))[:, None]
    roughness = rng.uniform(0.05, 0.28)
    waves = rng.normal(0.0, roughness, orders.shape) / orders**0.7
    radius = np.clip(1.0 + (waves * np.cos(orders * angle + rng.uniform(0, 2 * np.pi, orders.shape))).sum(0), 0.3, 2.0)
    points = np.stack((radius * np.cos(angle) * rng.uniform(0.55, 1.0), radius * np.sin(angle)), axis=1)
    return _turned(points, rng.uniform(0, np.pi))


def _box(rng: np.random.Generator) -> Points:
    points = _CORNERS * (1.0, np.exp(rng.uniform(-0.9, 0.9)))
    return points if rng.random() < 0.6 else _turned(points, rng.uniform(0, np.pi))


def _freehand(rng: np.random.Generator) -> Points:
    """A polygon as a hand draws it with a lasso: few uneven corners."""
    count = int(rng.integers(5, 14))
    angle = np.sort((np.arange(count) + rng.uniform(-0.35, 0.35, count)) * 2 * np.pi / count)
    radius = rng.uniform(0.55, 1.25, count)
    return np.stack((radius * np.cos(angle), radius * np.sin(angle) * rng.uniform(0.5, 1.0)), axis=1)


def _stroke(rng: np.random.Generator) -> Points:
    """The outline of a bent brush stroke: a retouched vessel, catheter or letter."""
    along = np.linspace(-1.0, 1.0, 24)
    bend, thick = rng.uniform(-0.5, 0.5), rng.uniform(0.08, 0.22)
    middle = np.stack((along, bend * (along**2) + 0.1 * rng.normal() * np.sin(4 * along)), axis=1)
    half = thick * np.sqrt(np.clip(1.05 - along**4, 0.05, 1.0))
    points = np.concatenate((middle - np.stack((0 * half, half), 1), (middle + np.stack((0 * half, half), 1))[::-1]))
    return _turned(points, rng.uniform(0, np.pi))


_OUTLINES: tuple[Callable[[np.random.Generator], Points], ...] = (_blob, _box, _freehand, _stroke)
_SHARES = (0.5, 0.2, 0.22, 0.08)


def _turned(points: Points, angle: float) -> Points:
    cosine, sine = np.cos(angle), np.sin(angle)
    return points @ np.array(((cosine, sine), (-sine, cosine)))


def _area(points: Points) -> float:
    x, y = points.T
    return float(max(abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))) / 2, 1e-6))


def _filled(points: Points) -> Shape:
    points = points - points.min(axis=0)
    width, height = (np.ceil(points.max(axis=0)).astype(int) + 1).tolist()
    canvas = np.zeros((height, width), np.uint8)
    cv2.fillPoly(canvas, [np.round(points * (1 << _FINE)).astype(np.int32)], 1, shift=_FINE)
    return canvas > 0
