"""Step 6 of Dixit & Dixit (2022): the affine transform that most pairs of a group agree on, and its refinement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from detector.copymove.points import Floats

    Affine = npt.NDArray[np.float64]

LEAST_PAIRS = 4
_TOLERANCE = 3.0
_SCALES = (0.5, 2.0)
_MOST_STRETCH = 1.6
_TRIES = 2000
_NEAR_WHOLE = 0.08


@dataclass(frozen=True)
class Agreed:
    """``affine`` (2, 3) takes a point of the first region to the second; ``pairs`` (n, 4) are those that agree."""

    affine: Affine
    pairs: Floats


def agreed(found: Floats) -> Agreed | None:
    """Step 6: USAC (``estimateAffine2D``) in place of fast sample consensus; None where too few pairs agree.

    At least LEAST_PAIRS agree within 3 pixels, the scale is 0.5 to 2 and one axis at most 1.6 times the other.
    """
    if len(found) < LEAST_PAIRS:
        return None
    affine, kept = cv2.estimateAffine2D(
        found[:, :2], found[:, 2:], method=cv2.USAC_DEFAULT, ransacReprojThreshold=_TOLERANCE, maxIters=_TRIES
    )
    if affine is None or not np.isfinite(affine).all() or np.count_nonzero(kept) < LEAST_PAIRS:
        return None
    inside = found[kept.ravel() != 0]
    return Agreed(affine, inside) if _plausible(affine) else None


def _plausible(affine: Affine) -> bool:
    long, short = np.linalg.svd(affine[:, :2], compute_uv=False)
    return bool(_SCALES[0] <= short and long <= _SCALES[1] and long <= _MOST_STRETCH * short)


def scale_of(affine: Affine) -> float:
    """By how much lengths grow: the root of the determinant's size."""
    return float(np.sqrt(abs(np.linalg.det(affine[:, :2]))))


def angle_of(affine: Affine) -> float:
    """The turn in degrees, -180 to 180, clockwise as seen (rows run downwards)."""
    return float(np.degrees(np.arctan2(affine[1, 0] - affine[0, 1], affine[0, 0] + affine[1, 1])))


def mirrors(affine: Affine) -> bool:
    """Whether the transform turns left into right."""
    return bool(np.linalg.det(affine[:, :2]) < 0)


def on_whole_pixels(affine: Affine, pairs: Floats) -> Affine | None:
    """The move by whole pixels, mirrored or by quarter turns if need be, that lies near ``affine``; else None.

    Such a copy lies on whole pixels; half a pixel of error would already blur the noise that is compared.
    """
    turn = np.rint(affine[:, :2])
    if abs(abs(np.linalg.det(turn)) - 1.0) > 0.5 or np.abs(affine[:, :2] - turn).max() > _NEAR_WHOLE:
        return None
    shift = np.rint(np.median(pairs[:, 2:] - pairs[:, :2] @ turn.T, axis=0))
    return np.column_stack((turn, shift))


def refined(texture: Floats, affine: Affine, region: npt.NDArray[np.bool_]) -> Affine:
    """``affine`` moved to where ``texture`` agrees best inside ``region`` (ECC, Evangelidis and Psarakis 2008).

    The same affine where the search does not converge or ends outside what is plausible.
    """
    rows, columns = np.nonzero(region)
    if len(rows) < 64:
        return affine
    top, left = int(rows.min()), int(columns.min())
    part = np.ascontiguousarray(texture[top : rows.max() + 1, left : columns.max() + 1])
    mask = region[top : rows.max() + 1, left : columns.max() + 1].astype(np.uint8) * 255
    start = affine.astype(np.float32).copy()
    start[:, 2] += start[:, :2] @ np.array([left, top], np.float32)
    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 30, 1e-4)
    try:
        _, ended = cv2.findTransformECC(part, texture, start, cv2.MOTION_AFFINE, stop, mask, 3)
    except cv2.error:
        return affine
    better = np.asarray(ended, np.float64)
    better[:, 2] -= better[:, :2] @ np.array([left, top], np.float64)
    return better if np.isfinite(better).all() and _plausible(better) else affine
