"""Two places of a picture laid over each other by a move: how far they agree, and over which region."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from detector.copymove.transform import Affine
    from detector.duplicates.moves import Move
    from detector.duplicates.views import Floats, Mask, Views

WINDOW = 11
"""Side of the local window of the correlation, in pixels."""
THRESHOLD = 0.55
_LEAST_MOVE = 16.0
_MARGIN = 40
_STEPS = 3
_LEAST_REGION = 60
_POWER = 0.02


@dataclass(frozen=True)
class Part:
    """A rectangle of the picture, ``box`` its rows and columns, and ``affine`` as seen from its corner."""

    box: tuple[slice, slice]
    affine: Affine

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.box[0].stop - self.box[0].start, self.box[1].stop - self.box[1].start


@dataclass(frozen=True)
class Agreement:
    """``region`` (of the part's shape) agrees with where the move takes it; ``likeness`` there, -1 to 1."""

    part: Part
    region: Mask
    likeness: Floats


def part_of(affine: Affine, box: tuple[slice, slice]) -> Part:
    """The part of the picture in ``box``, which must lie within it."""
    moved = affine.copy()
    moved[:, 2] += affine[:, :2] @ (box[1].start, box[0].start)
    return Part(box, moved)


def seen(values: Floats, part: Part, *, flags: int = cv2.INTER_LINEAR) -> Floats:
    """What lies where the move takes each place of the part; NaN outside the picture."""
    rows, columns = part.shape
    # OpenCV's warp takes at most 32767 pixels a side, far beyond WORKING_SIDE.
    found = cv2.warpAffine(
        values,
        part.affine,
        (columns, rows),
        flags=flags | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=float("nan"),
    )
    return np.asarray(found, np.float32)


def agree(views: Views, move: Move) -> Agreement | None:
    """The region round the move's seeds that agrees; the part grows while the region touches its edge."""
    x, y = move.seeds.T
    box = _box(views, y.min(), y.max(), x.min(), x.max(), _MARGIN)
    for _ in range(_STEPS):
        found = _agree_in(views, part_of(move.affine, box), move.seeds)
        if found is None:
            return None
        grown = _grown(views, box, found.region)
        if grown == box:
            return found
        box = grown
    return found


def _agree_in(views: Views, part: Part, seeds: Floats) -> Agreement | None:
    likeness = local_likeness(views, part)
    rows, columns = np.mgrid[: part.shape[0], : part.shape[1]].astype(np.float32)
    moved = part.affine.astype(np.float32)
    # The part's own corner lies at (left, top) of the picture into which the move leads.
    across = moved[0, 0] * columns + moved[0, 1] * rows + moved[0, 2] - columns - np.float32(part.box[1].start)
    down = moved[1, 0] * columns + moved[1, 1] * rows + moved[1, 2] - rows - np.float32(part.box[0].start)
    passed = (likeness > THRESHOLD) & (across**2 + down**2 >= _LEAST_MOVE**2)
    region = _with_seeds(_cleaned(passed), seeds - (part.box[1].start, part.box[0].start))
    return Agreement(part, region, likeness) if np.count_nonzero(region) >= _LEAST_REGION else None


def local_likeness(views: Views, part: Part) -> Floats:
    """Local normalised correlation of the middle band and where the move takes it; 0 where either has no texture."""
    one = views.middle[part.box]
    two = seen(views.middle, part)
    outside = np.isnan(two)
    two = np.where(outside, np.float32(0.0), two)
    together, first, second = (_mean(one * two), _mean(one * one), _mean(two * two))
    known = (first > _POWER) & (second > _POWER) & ~outside
    return np.asarray(np.where(known, together / np.sqrt(np.maximum(first * second, 1e-9)), 0.0), np.float32)


def _mean(values: Floats) -> Floats:
    return np.asarray(cv2.boxFilter(values, cv2.CV_32F, (WINDOW, WINDOW), borderType=cv2.BORDER_REFLECT), np.float32)


def _cleaned(passed: Mask) -> Mask:
    """Without what is thinner than 9 pixels (outlines, strokes), small holes closed."""
    clean = cv2.morphologyEx(passed.astype(np.uint8), cv2.MORPH_OPEN, disc(9), borderValue=0)
    wide = cv2.copyMakeBorder(clean, 16, 16, 16, 16, cv2.BORDER_CONSTANT, value=0)
    return np.asarray(cv2.morphologyEx(wide, cv2.MORPH_CLOSE, disc(13))[16:-16, 16:-16] > 0)


def _with_seeds(clean: Mask, seeds: Floats) -> Mask:
    """The pieces of ``clean`` that hold, or nearly hold, one of ``seeds``; holes filled."""
    count, labels = cv2.connectedComponents(clean.astype(np.uint8))
    if count <= 1:
        return np.zeros_like(clean)
    near = cv2.dilate(labels.astype(np.float32), disc(7)).astype(int)
    x, y = np.rint(seeds).astype(int).T
    inside = (x >= 0) & (y >= 0) & (x < clean.shape[1]) & (y < clean.shape[0])
    wanted = np.unique(near[y[inside], x[inside]])
    kept = np.isin(labels, wanted[wanted > 0]).astype(np.uint8)
    contours, _ = cv2.findContours(kept, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(kept, contours, -1, 1, cv2.FILLED)
    return np.asarray(kept > 0)


def disc(side: int) -> npt.NDArray[np.uint8]:
    """A disc of ones as OpenCV's morphology takes it."""
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), np.uint8)


def _box(views: Views, top: float, bottom: float, left: float, right: float, margin: int) -> tuple[slice, slice]:
    rows, columns = views.light.shape
    return (
        slice(max(int(top) - margin, 0), min(int(bottom) + margin + 1, rows)),
        slice(max(int(left) - margin, 0), min(int(right) + margin + 1, columns)),
    )


def _grown(views: Views, box: tuple[slice, slice], region: Mask) -> tuple[slice, slice]:
    rows, columns = views.light.shape
    edge = 6
    down, across = region.shape
    return (
        slice(
            max(box[0].start - down, 0) if region[:edge].any() else box[0].start,
            min(box[0].stop + down, rows) if region[-edge:].any() else box[0].stop,
        ),
        slice(
            max(box[1].start - across, 0) if region[:, :edge].any() else box[1].start,
            min(box[1].stop + across, columns) if region[:, -edge:].any() else box[1].stop,
        ),
    )
