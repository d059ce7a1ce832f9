"""Where in a picture a forgery may lie: inside the body, not on its background."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from detector.forge.shapes import Shape

_EDGE = 128
_COVERED = 0.93
"""So much of a shape must lie on the body."""


@dataclass(frozen=True)
class Ground:
    """A picture seen from afar.

    ``body`` (small rows, small columns): False on the background; ``factor`` such that full = small × factor (rows,
    columns). ``low`` and ``high`` are the 0.5 and 99.5 percentile of the grey levels: ``high - low`` is above 0.
    """

    rows: int
    columns: int
    body: npt.NDArray[np.float32]
    factor: tuple[float, float]
    low: float
    high: float

    @property
    def span(self) -> float:
        """The range of grey levels: what "one percent brighter" is measured by."""
        return self.high - self.low


def survey(samples: npt.NDArray[np.uint8] | npt.NDArray[np.uint16]) -> Ground | None:
    """The ground of a picture (rows, columns, samples); None for a picture of one level."""
    rows, columns = samples.shape[:2]
    small = cv2.resize(samples, _reduced_size(columns, rows), interpolation=cv2.INTER_AREA)
    grey = small.reshape(*small.shape[:2], -1)[:, :, :3].mean(axis=2, dtype=np.float32)
    low, high = (float(level) for level in np.percentile(grey, (0.5, 99.5)))
    if high - low < 1.0:
        low, high = float(grey.min()), float(grey.max())
    if high - low < 1.0:
        return None
    body = _body(np.clip((grey - low) / (high - low) * 255.0, 0, 255).astype(np.uint8))
    return Ground(rows, columns, body, (rows / grey.shape[0], columns / grey.shape[1]), low, high)


def _reduced_size(columns: int, rows: int) -> tuple[int, int]:
    scale = min(1.0, _EDGE / max(columns, rows))
    return max(1, round(columns * scale)), max(1, round(rows * scale))


def _body(grey: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """1 where tissue is: brighter than half of Otsu's threshold, holes (lungs) filled, specks left out.

    A flat bright margin (film, microscopy, inverted X-ray) turns the question round. Everything is body where this
    finds under 4 % of the picture.
    """
    blurred = cv2.GaussianBlur(grey, (0, 0), 1.5)
    otsu, _ = cv2.threshold(blurred, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    margin = np.concatenate((blurred[0], blurred[-1], blurred[:, 0], blurred[:, -1]))
    if np.median(margin) > max(otsu, 200) and margin.std() < 8:
        found = blurred < (otsu + 255) / 2
    else:
        found = blurred > max(otsu / 2, 4)
    found = _solid(found.astype(np.uint8))
    if found.mean() < 0.04:
        return np.ones(grey.shape, np.float32)
    return found.astype(np.float32)


def _solid(found: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    closed = cv2.morphologyEx(found, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    contours, _ = cv2.findContours(closed, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    large = [contour for contour in contours if cv2.contourArea(contour) > 0.01 * found.size]
    solid = np.zeros_like(found)
    cv2.drawContours(solid, large, -1, 1, cv2.FILLED)
    return np.asarray(cv2.erode(solid, np.ones((3, 3), np.uint8), borderType=cv2.BORDER_REPLICATE), np.uint8)


def place(
    ground: Ground, shape: Shape, rng: np.random.Generator, avoid: tuple[Shape, int, int] | None = None
) -> tuple[int, int] | None:
    """Row and column of the upper left corner of ``shape`` somewhere on the body, None where it fits nowhere.

    ``avoid`` is a shape with its corner that must not be touched.
    """
    height, width = shape.shape
    if height > ground.rows or width > ground.columns:
        return None
    kernel = _small(ground, shape)
    rows, columns = kernel.shape
    anchor = (columns // 2, rows // 2)
    covered = cv2.filter2D(ground.body, cv2.CV_32F, kernel, anchor=anchor, borderType=cv2.BORDER_CONSTANT)
    allowed = covered >= _COVERED * kernel.sum()
    if avoid is not None:
        taken = _mapped(ground, *avoid)
        allowed &= cv2.filter2D(taken, cv2.CV_32F, kernel, anchor=anchor, borderType=cv2.BORDER_CONSTANT) < 1e-3
    found = np.flatnonzero(allowed)
    if not found.size:
        return None
    y, x = np.unravel_index(found[int(rng.integers(found.size))], allowed.shape)
    top = round((int(y) - anchor[1] + rng.random()) * ground.factor[0])
    left = round((int(x) - anchor[0] + rng.random()) * ground.factor[1])
    return min(max(top, 0), ground.rows - height), min(max(left, 0), ground.columns - width)


def _small(ground: Ground, shape: Shape) -> npt.NDArray[np.float32]:
    height, width = shape.shape
    size = (max(1, round(width / ground.factor[1])), max(1, round(height / ground.factor[0])))
    return np.asarray(cv2.resize(shape.astype(np.float32), size, interpolation=cv2.INTER_AREA), np.float32)


def _mapped(ground: Ground, shape: Shape, top: int, left: int) -> npt.NDArray[np.float32]:
    small = _small(ground, shape)
    canvas = np.zeros((ground.body.shape[0] + small.shape[0], ground.body.shape[1] + small.shape[1]), np.float32)
    y, x = int(top / ground.factor[0]), int(left / ground.factor[1])
    canvas[y : y + small.shape[0], x : x + small.shape[1]] = small
    rows, columns = ground.body.shape
    return np.asarray(cv2.dilate(canvas[:rows, :columns], np.ones((3, 3), np.uint8)), np.float32)
