"""Whether a small picture that a file carries shows the same as its large one."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

MOST_PIXELS = 32 << 20
"""Samples of a picture that are decoded, at most."""
AGREES = 0.8
"""Correlation from which on two pictures show the same; a recompressed thumbnail is above 0.97."""
_PART = 8  # cells across, of which a changed one stands out
_LEAST = 25.0  # grey levels that a changed cell differs by, at least
_OVER = 8.0  # times the median cell's difference
_LARGEST_SMALL = 320  # pixels a side that are compared, at most
_FLAT = 4.0  # grey levels; flatter pictures have nothing to compare

_Grey = npt.NDArray[Any]


@dataclass(frozen=True)
class Likeness:
    """``correlation`` of the best way of laying one on the other; ``turned``: that way is turned or mirrored;
    ``part``: though alike as a whole, one part differs."""

    correlation: float
    turned: bool
    part: bool


def opened(data: bytes, formats: tuple[str, ...], page: int = 0) -> _Grey | None:
    """The picture as (rows, columns) float32 grey, reduced while decoding where the format can; None if unreadable."""
    try:
        with Image.open(io.BytesIO(data), formats=formats) as image:
            if page:
                image.seek(page)
            if image.width * image.height > MOST_PIXELS:
                return None
            image.draft("L", (512, 512))
            return np.asarray(image.convert("L"), np.float32)
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError, MemoryError):
        return None


def likeness(small: _Grey, large: _Grey) -> Likeness | None:
    """How alike ``small`` and ``large`` are; None where one of them is too small or too flat to say."""
    small, large = _shrunk(small, _LARGEST_SMALL), _shrunk(large, 2 * _LARGEST_SMALL)
    if min(small.shape) < 24 or min(large.shape) < 24 or min(float(small.std()), float(large.std())) < _FLAT:
        return None
    best = max(
        ((*_laid(part, _turn(large, way)), way) for way in range(8) for part in _parts(small, _turn(large, way))),
        key=lambda found: found[0] - 0.02 * (found[2] > 0),
    )
    return Likeness(best[0], best[2] > 0, best[0] >= AGREES and best[1])


def _parts(small: _Grey, large: _Grey) -> list[_Grey]:
    """``small`` whole, and without the bars that a thumbnail of another shape has."""
    rows, columns = small.shape
    wide = large.shape[1] / large.shape[0]
    kept_rows, kept_columns = min(rows, round(columns / wide)), min(columns, round(rows * wide))
    if min(kept_rows, kept_columns) < 16 or (rows - kept_rows <= 1 and columns - kept_columns <= 1):
        return [small]
    top, left = (rows - kept_rows) // 2, (columns - kept_columns) // 2
    return [small, small[top : top + kept_rows, left : left + kept_columns]]


def _laid(small: _Grey, large: _Grey) -> tuple[float, bool]:
    size = (small.shape[1], small.shape[0])
    fitted = cv2.resize(np.ascontiguousarray(large), size, interpolation=cv2.INTER_AREA)
    first, second = (cv2.GaussianBlur(np.ascontiguousarray(each, np.float32), (3, 3), 0) for each in (small, fitted))
    spread = float(first.std() * second.std())
    if spread == 0.0:
        return 0.0, False
    correlation = float(((first - first.mean()) * (second - second.mean())).mean() / spread)
    slope, offset = np.polyfit(second.ravel(), first.ravel(), 1)
    rest = np.abs(first - slope * second - offset)
    cells = cv2.resize(rest, (_PART * 2, _PART * 2), interpolation=cv2.INTER_AREA)
    worst, usual = float(cells.max()), float(np.median(cells))
    return correlation, worst > max(_LEAST, _OVER * usual)


def _shrunk(picture: _Grey, most: int) -> _Grey:
    scale = most / max(picture.shape)
    if scale >= 1.0:
        return picture
    size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA))


def _turn(picture: _Grey, way: int) -> _Grey:
    turned = np.rot90(picture, way % 4)
    return np.fliplr(turned) if way >= 4 else turned
