"""SIFT key points (Lowe 2004) on the contrast-enhanced picture, as they are and as a mirror would show them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from detector.duplicates.views import Floats, Grey

MOST_POINTS = 5000
_ENLARGED, _MOST_ENLARGED = 500_000, 1.6
_CONTRAST = 0.006
_EDGE = 20.0
_CELL = (4, 4, 8)


@dataclass(frozen=True)
class Points:
    """``places`` (n, 2) x and y, ``sizes`` (n,) in pixels, ``turns`` (n,) radians clockwise, ``codes`` (n, 128) of
    length 1 (the root of SIFT's histogram, Arandjelović and Zisserman 2012).
    """

    places: Floats
    sizes: Floats
    turns: Floats
    codes: Floats

    @property
    def mirrored(self) -> Floats:
        """``codes`` of the same points in a mirror whose axis is each point's own direction."""
        cells = self.codes.reshape(-1, *_CELL)[:, ::-1]
        return np.ascontiguousarray(cells[:, :, :, -np.arange(8) % 8]).reshape(-1, 128)


def find(flat: Grey) -> Points:
    """Points spread over ``flat``, the strongest first, at most MOST_POINTS.

    A small picture is enlarged by up to 1.6 before: the blobs of its grain are what a small copy is known by.
    """
    ratio = float(np.clip(np.sqrt(_ENLARGED / flat.size), 1.0, _MOST_ENLARGED))
    large = flat if ratio == 1.0 else cv2.resize(flat, None, fx=ratio, fy=ratio, interpolation=cv2.INTER_CUBIC)
    sift = cv2.SIFT.create(MOST_POINTS, 3, _CONTRAST, _EDGE)
    found, codes = sift.detectAndCompute(large, None)
    if not found:
        return Points(*(np.zeros(shape, np.float32) for shape in ((0, 2), (0,), (0,), (0, 128))))
    raw = np.array([(*point.pt, point.size, np.radians(point.angle)) for point in found], np.float32)
    scale = np.array(large.shape[::-1], np.float32) / np.array(flat.shape[::-1], np.float32)
    places = np.asarray((raw[:, :2] + 0.5) / scale - 0.5, np.float32)
    root = np.sqrt(codes / np.maximum(codes.sum(axis=1, keepdims=True), 1e-6))
    return Points(places, raw[:, 2] / scale[0], raw[:, 3], np.asarray(root, np.float32))
