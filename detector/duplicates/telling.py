"""Which of two matched regions is the copy: what resampling, fading and pasting leave on one side only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from detector.copymove.transform import scale_of
from detector.duplicates.comparing import disc

if TYPE_CHECKING:
    from detector.copymove.transform import Affine
    from detector.duplicates.views import Floats, Mask, Views

SIDE_NAMES = ("smoother", "foretold", "foretold_moved", "jump", "jump_relative", "seam", "rim_quiet", "enlarged")
_ROUND = 24


@dataclass(frozen=True)
class _Cut:
    light: Floats
    region: Mask


def tell(views: Views, affine: Affine, first: Mask, second: Mask) -> dict[str, float]:
    """The numbers of SIDE_NAMES; each is above 0 where it speaks for the *first* region as the copy.

    They turn their sign when the regions change places. ``smoother``: ln of how much weaker the finest detail is in
    the first. ``foretold``: ln of how much better the first follows from the second by interpolation than the other
    way round, and the same times whether the move needs any. ``jump``: by how much more the level changes across the
    rim of the first, in grey levels and relative to its texture. ``seam``: the same of the gradient on the rim.
    ``rim_quiet``: how much weaker the grain on the rim of the first is, as where two pictures fade into each other.
    ``enlarged``: ln of the scale from the second to the first.
    """
    back = cv2.invertAffineTransform(affine)
    moved = float(np.abs(affine - np.rint(affine)).max() > 0.02)
    foretold = _foretold(views, back, second) - _foretold(views, affine, first)
    one, two = _rim(_cut(views, first)), _rim(_cut(views, second))
    return {
        "smoother": _detail(views, second) - _detail(views, first),
        "foretold": foretold,
        "foretold_moved": foretold * moved,
        "jump": one[0] - two[0],
        "jump_relative": one[1] - two[1],
        "seam": one[2] - two[2],
        "rim_quiet": two[3] - one[3],
        "enlarged": -float(np.log(scale_of(affine))),
    }


def _cut(views: Views, region: Mask) -> _Cut:
    rows, columns = np.flatnonzero(region.any(axis=1)), np.flatnonzero(region.any(axis=0))
    box = (
        slice(max(int(rows[0]) - _ROUND, 0), int(rows[-1]) + 1 + _ROUND),
        slice(max(int(columns[0]) - _ROUND, 0), int(columns[-1]) + 1 + _ROUND),
    )
    return _Cut(views.light[box], region[box])


def _core(region: Mask) -> Mask:
    """Without a rim of 4 pixels, where that leaves enough."""
    inner = cv2.erode(region.astype(np.uint8), disc(9), borderValue=0) > 0
    return np.asarray(inner if np.count_nonzero(inner) >= 60 else region)


def _detail(views: Views, region: Mask) -> float:
    cut = _cut(views, region)
    finest = cut.light - cv2.GaussianBlur(cut.light, (0, 0), 0.6)
    return float(np.log(np.abs(finest[_core(cut.region)]).mean() + 0.02))


def _foretold(views: Views, affine: Affine, region: Mask) -> float:
    """ln of what is left of the region's detail when the other side, interpolated, is taken away from it."""
    cut = _cut(views, region)
    rows, columns = np.flatnonzero(region.any(axis=1)), np.flatnonzero(region.any(axis=0))
    corner = (max(int(columns[0]) - _ROUND, 0), max(int(rows[0]) - _ROUND, 0))
    here = affine.copy()
    here[:, 2] += affine[:, :2] @ corner
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    size = (cut.light.shape[1], cut.light.shape[0])
    other = cv2.warpAffine(views.light, here, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    one, two = (values - cv2.GaussianBlur(values, (0, 0), 2.0) for values in (cut.light, other))
    core = _core(cut.region)
    return float(np.log((np.std((one - two)[core]) + 0.05) / (np.std(one[core]) + 0.05)))


def _rim(cut: _Cut) -> tuple[float, float, float, float]:
    """Jump of the level across the rim, absolute and relative, ln gradient on the rim, ln grain on the rim."""
    region = cut.region.astype(np.uint8)
    wide, wider = cv2.dilate(region, disc(9)), cv2.dilate(region, disc(25))
    inner = (region > 0) & (cv2.erode(region, disc(15), borderValue=0) == 0)
    outer = (wider > 0) & (wide == 0)
    line = (wide > 0) & (cv2.erode(region, disc(5), borderValue=0) == 0)
    if not outer.any() or not inner.any():
        return 0.0, 0.0, 0.0, 0.0
    gap = np.abs(_mean_in(cut.light, inner) - _mean_in(cut.light, outer))[line]
    spread = float(np.std(cut.light[inner | outer])) + 1.0
    across, down = cv2.Sobel(cut.light, cv2.CV_32F, 1, 0), cv2.Sobel(cut.light, cv2.CV_32F, 0, 1)
    slope = np.hypot(across, down)
    grain = np.abs(cut.light - cv2.GaussianBlur(cut.light, (0, 0), 1.0))
    jump = float(np.nanmean(gap)) if np.isfinite(gap).any() else 0.0
    around = inner | outer
    seam = np.log((slope[line].mean() + 1.0) / (slope[around].mean() + 1.0))
    quiet = np.log((grain[line].mean() + 0.1) / (grain[around].mean() + 0.1))
    return float(np.log(jump + 1.0)), jump / spread, float(seam), float(quiet)


def _mean_in(values: Floats, inside: Mask) -> Floats:
    """The mean within 12 pixels of those of ``inside``; NaN where there are none."""
    weight = cv2.boxFilter(inside.astype(np.float32), cv2.CV_32F, (25, 25), normalize=False)
    total = cv2.boxFilter(np.where(inside, values, np.float32(0)), cv2.CV_32F, (25, 25), normalize=False)
    return np.asarray(np.where(weight > 4, total / np.maximum(weight, 1e-6), np.nan), np.float32)
