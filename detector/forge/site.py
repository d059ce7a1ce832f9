"""The part of a picture that one forgery works on, and what an edit of it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from detector.forge.ground import Ground
from detector.forge.shapes import Shape

Samples = npt.NDArray[np.uint8] | npt.NDArray[np.uint16]
Values = npt.NDArray[np.float32]


class NoPlace(Exception):
    """This attempt leads to nothing; another region may."""


@dataclass(frozen=True)
class Site:
    """A box of the picture around the region to forge.

    ``picture`` (rows, columns, samples) is whole and never written to; ``old`` (height, width, samples) are its
    values in the box, ``shape`` (height, width) the region in it, ``top`` and ``left`` where the box lies.
    """

    picture: Samples
    ground: Ground
    shape: Shape
    top: int
    left: int
    old: Values

    @property
    def area(self) -> int:
        """Pixels of the region."""
        return int(np.count_nonzero(self.shape))


@dataclass(frozen=True)
class Edit:
    """What to put there: ``new`` (height, width, samples) shows through by ``opacity`` (height, width), 0 to 1.

    ``origin`` (rows, columns of the picture) marks where a copy came from.
    """

    new: Values
    opacity: Values
    operation: str
    origin: Shape | None = None


def site_at(picture: Samples, ground: Ground, shape: Shape, top: int, left: int) -> Site:
    """The site of ``shape`` with its corner at (top, left); the box is larger, for what works with surroundings."""
    height, width = shape.shape
    margin = 8 + round(0.35 * max(height, width))
    first, last = max(0, top - margin), min(picture.shape[0], top + height + margin)
    start, end = max(0, left - margin), min(picture.shape[1], left + width + margin)
    region = np.zeros((last - first, end - start), np.bool_)
    region[top - first : top - first + height, left - start : left - start + width] = shape
    return Site(picture, ground, region, first, start, picture[first:last, start:end].astype(np.float32))


def edge_width(site: Site, rng: np.random.Generator) -> float:
    """Over how many pixels an edit fades in: nothing in some draws, else up to a fifth of the region's width."""
    if rng.random() < 0.15:
        return 0.0
    return float(rng.uniform(1.0, max(2.0, 0.2 * np.sqrt(site.area))))
