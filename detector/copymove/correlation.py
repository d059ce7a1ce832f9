"""Step 7 of Dixit & Dixit (2022): the correlation map of a transform, the two regions in it, and our residual check."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from detector.copymove.points import Floats, Grey
    from detector.copymove.transform import Affine

    Mask = npt.NDArray[np.bool_]

WINDOW = 9
"""Side of the local window of the correlation, in pixels."""
THRESHOLD = 0.6
_LEAST_DEVIATION = 1.0
BULK = 17
"""Narrower parts of a region, in pixels, are not evidence."""
_RESIDUAL_SIGMA = 1.5
_CLIP = 2.5
_LEAST_AREA = 64
_STROKE = 90
_LEAST_RATIO = 0.15


@dataclass(frozen=True)
class Views:
    """A grey picture prepared once, each (rows, columns).

    ``light``: grey hardly smoothed. ``residual``: high-pass at equal local strength, and ``strength`` what it was in
    windows of 5 pixels. ``alive``: what counts as evidence: not flat, no letters, varies in two directions.
    """

    light: Floats
    residual: Floats
    strength: Floats
    alive: Mask


@dataclass(frozen=True)
class Checks:
    """``residual`` and ``quiet``: correlation, -1 to 1, of the high-pass content in all of the region and in its half
    that has fewer edges; ``area``: the pixels compared. Narrow
    parts of the region are left out.
    """

    residual: float
    quiet: float
    area: int


def views(grey: Grey) -> Views:
    """What the correlation map and the checks look at."""
    picture = grey.astype(np.float32)
    high = picture - cv2.GaussianBlur(picture, (0, 0), _RESIDUAL_SIGMA)
    residual = np.clip(high / (_root_mean_square(high, 15) + 0.25), -_CLIP, _CLIP)
    light = np.asarray(cv2.GaussianBlur(picture, (0, 0), 0.7), np.float32)
    alive = (_local_variance(light) > _LEAST_DEVIATION**2) & ~letters(grey) & in_two_directions(light)
    return Views(light, np.asarray(residual, np.float32), _root_mean_square(high, 5), alive)


def letters(grey: Grey) -> Mask:
    """Round thin strokes that are far brighter or darker than what is about them, as burned-in letters and marks are.

    Letters repeat to the last bit in pictures that nobody touched.
    """
    square = np.ones((11, 11), np.uint8)
    bright = cv2.morphologyEx(grey, cv2.MORPH_TOPHAT, square) > _STROKE
    dark = cv2.morphologyEx(grey, cv2.MORPH_BLACKHAT, square) > _STROKE
    return np.asarray(cv2.dilate((bright | dark).astype(np.uint8), _disc(WINDOW + 6)) > 0)


def in_two_directions(light: Floats) -> Mask:
    """Where the weaker eigenvalue of the structure tensor in 13×13 pixels is a fair share of the stronger one.

    Bars, arcs, ribs and outlines vary across themselves only, so they agree with any other edge of their kind.
    """
    across, down = cv2.Sobel(light, cv2.CV_32F, 1, 0), cv2.Sobel(light, cv2.CV_32F, 0, 1)
    xx, yy, xy = (cv2.boxFilter(part, cv2.CV_32F, (13, 13)) for part in (across**2, down**2, across * down))
    spread = np.sqrt((xx - yy) ** 2 + 4 * xy**2)
    return np.asarray(xx + yy - spread > _LEAST_RATIO * (xx + yy + spread))


def _root_mean_square(values: Floats, side: int) -> Floats:
    return np.asarray(np.sqrt(np.maximum(cv2.boxFilter(values * values, cv2.CV_32F, (side, side)), 0.0)), np.float32)


def _mean(values: Floats) -> Floats:
    return np.asarray(cv2.boxFilter(values, cv2.CV_32F, (WINDOW, WINDOW)), np.float32)


def _local_variance(values: Floats) -> Floats:
    return np.asarray(np.maximum(_mean(values * values) - _mean(values) ** 2, 0.0), np.float32)


def warped(values: Floats, affine: Affine) -> Floats:
    """``values`` seen from the first region: at (x, y) stands what lies at ``affine`` (x, y); NaN outside."""
    size = (values.shape[1], values.shape[0])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    moved = cv2.warpAffine(values, affine, size, flags=flags, borderMode=cv2.BORDER_CONSTANT, borderValue=float("nan"))
    return np.asarray(moved, np.float32)


def correlation_map(seen: Views, affine: Affine) -> Floats:
    """Local zero-mean normalised cross-correlation, -1 to 1, of each place and where ``affine`` takes it.

    0 where either side is flat or outside the picture; (rows, columns) float32.
    """
    other = warped(seen.light, affine)
    outside = np.isnan(other)
    other[outside] = 0.0
    together = _mean(seen.light * other) - _mean(seen.light) * _mean(other)
    product = _local_variance(seen.light) * _local_variance(other)
    known = (product > _LEAST_DEVIATION**4) & ~cv2.dilate(outside.astype(np.uint8), _disc(WINDOW)).astype(bool)
    return np.asarray(np.where(known, together / np.sqrt(np.maximum(product, 1e-6)), 0.0), np.float32)


def _disc(side: int) -> npt.NDArray[np.uint8]:
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), np.uint8)


def region(correlations: Floats, affine: Affine, seeds: Floats, least_move: float) -> Mask:
    """Step 7: where the map passes THRESHOLD, cleaned, in pieces that hold at least one of ``seeds`` (n, 2).

    Opening drops what is thinner than 7 pixels: outlines and strokes. Places that ``affine`` moves by less than
    ``least_move`` pixels do not count.
    """
    rows, columns = np.mgrid[: correlations.shape[0], : correlations.shape[1]].astype(np.float32)
    across = affine[0, 0] * columns + affine[0, 1] * rows + affine[0, 2] - columns
    down = affine[1, 0] * columns + affine[1, 1] * rows + affine[1, 2] - rows
    passed = (correlations > THRESHOLD) & (across**2 + down**2 >= least_move**2)
    clean = cv2.morphologyEx(passed.astype(np.uint8), cv2.MORPH_OPEN, _disc(7))
    clean = cv2.morphologyEx(clean, cv2.MORPH_CLOSE, _disc(9))
    _, labels = cv2.connectedComponents(clean)
    x, y = np.rint(seeds).astype(int).T
    wanted = np.unique(labels[y, x])
    return np.asarray(np.isin(labels, wanted[wanted > 0]))


def second_region(first: Mask, affine: Affine) -> Mask:
    """``first`` taken by ``affine``: the other of the two matched regions."""
    size = (first.shape[1], first.shape[0])
    return np.asarray(cv2.warpAffine(first.astype(np.uint8), affine, size, flags=cv2.INTER_NEAREST) > 0)


def checks(seen: Views, affine: Affine, first: Mask) -> Checks:
    """Our checks of a pair of regions: how far their high-pass content agrees, and how much of it there is.

    A copy agrees down to its noise; like anatomy, mirrored halves, ribs and teeth agree only in their large shapes.
    All 0 where too little is alive.
    """
    other = warped(seen.residual, affine)
    inside = _bulk(first) & seen.alive & ~np.isnan(other)
    area = int(np.count_nonzero(inside))
    if area < _LEAST_AREA:
        return Checks(0.0, 0.0, area)
    one, two, strength = seen.residual[inside], other[inside], seen.strength[inside]
    quiet = strength <= np.median(strength)
    return Checks(_correlation(one, two), _correlation(one[quiet], two[quiet]), area)


def _bulk(region: Mask) -> Mask:
    """``region`` without its parts narrower than BULK pixels: bars, arcs and outlines, which noise cannot confirm."""
    padded = cv2.copyMakeBorder(region.astype(np.uint8), BULK, BULK, BULK, BULK, cv2.BORDER_CONSTANT, value=0)
    opened = cv2.morphologyEx(padded, cv2.MORPH_OPEN, _disc(BULK))
    return np.asarray(opened[BULK:-BULK, BULK:-BULK] > 0)


def _correlation(one: Floats, two: Floats) -> float:
    one, two = one - one.mean(), two - two.mean()
    strength = float(np.sqrt((one @ one) * (two @ two)))
    return float(one @ two) / strength if strength > 0 else 0.0
