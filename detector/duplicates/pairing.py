"""Like points elsewhere in the same picture, and the move that each single pair already tells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from detector.duplicates.points import Points
    from detector.duplicates.views import Floats

LEAST_DISTANCE = 18.0
"""Two matched points are at least this far apart, in pixels: nearer ones see the same tissue."""
MOST_PAIRS = 900
RATIO = 0.88
"""The best match is at most this share as far, in descriptor space, as the next best one elsewhere."""
_ABSOLUTE = 0.72
_APART = 8.0
_SCALES = (0.45, 2.2)
_ROWS_AT_ONCE = 1024


@dataclass(frozen=True)
class Pairs:
    """``one`` and ``two`` (n, 2): places of like points. ``linear`` (n, 2, 2): how the neighbourhood of the first is
    turned, scaled and mirrored to look like that of the second. ``far`` (n,): distance of their codes over that of
    the next best, lower is better.
    """

    one: Floats
    two: Floats
    linear: Floats
    far: Floats

    def __len__(self) -> int:
        return len(self.far)


def pairs(points: Points) -> Pairs:
    """The best MOST_PAIRS pairs, plain and mirrored, each in both directions (the n-th and the n + half-th)."""
    parts = [_alike(points, points.codes, 1.0), _alike(points, points.mirrored, -1.0)]
    one, two, linear, far = (np.concatenate([part[k] for part in parts], dtype=np.float32) for k in range(4))
    kept = np.argsort(far, kind="stable")[:MOST_PAIRS]
    one, two, linear, far = one[kept], two[kept], linear[kept], far[kept]
    back = np.asarray(np.linalg.inv(linear), np.float32)
    return Pairs(
        np.concatenate((one, two)), np.concatenate((two, one)), np.concatenate((linear, back)), np.tile(far, 2)
    )


def _alike(points: Points, query: Floats, sign: float) -> tuple[Floats, Floats, Floats, Floats]:
    first, second, ratios = _nearest(points, query)
    scale = points.sizes[second] / points.sizes[first]
    fit = (scale > _SCALES[0]) & (scale < _SCALES[1])
    first, second, scale = first[fit], second[fit], scale[fit]
    linear = _turned(points.turns[second]) @ np.diag((1.0, sign)) @ _turned(points.turns[first]).transpose(0, 2, 1)
    scaled: Floats = np.asarray(linear * scale[:, None, None], np.float32)
    far: Floats = ratios[fit]
    return points.places[first], points.places[second], scaled, far


def _turned(angles: Floats) -> npt.NDArray[np.float64]:
    cosine, sine = np.cos(angles), np.sin(angles)
    return np.stack((np.stack((cosine, -sine), 1), np.stack((sine, cosine), 1)), 1).astype(np.float64)


def _nearest(points: Points, query: Floats) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], Floats]:
    first, second, far = [], [], []
    for top in range(0, len(query), _ROWS_AT_ONCE):
        rows = np.arange(top, min(top + _ROWS_AT_ONCE, len(query)))
        likeness = query[rows] @ points.codes.T
        likeness[_near(points.places[rows], points.places, LEAST_DISTANCE)] = -1.0
        best = likeness.argmax(axis=1)
        nearest = _distance(likeness[np.arange(len(rows)), best])
        close = np.flatnonzero(nearest < _ABSOLUTE)
        rows, best, nearest, likeness = rows[close], best[close], nearest[close], likeness[close]
        likeness[_near(points.places[best], points.places, _APART)] = -1.0
        ratio = nearest / np.maximum(_distance(likeness.max(axis=1, initial=-1.0)), 1e-6)
        kept = ratio < RATIO
        first.append(rows[kept])
        second.append(best[kept])
        far.append(ratio[kept])
    if not first:
        nothing = np.zeros(0, np.intp)
        return nothing, nothing, np.zeros(0, np.float32)
    return np.concatenate(first), np.concatenate(second), np.concatenate(far).astype(np.float32)


def _distance(likeness: Floats) -> Floats:
    return np.asarray(np.sqrt(np.maximum(2.0 - 2.0 * likeness, 0.0)), np.float32)


def _near(one: Floats, two: Floats, reach: float) -> npt.NDArray[np.bool_]:
    squared = one @ (-2.0 * two.T)
    squared += (one**2).sum(1)[:, None]
    squared += (two**2).sum(1)[None, :]
    return np.asarray(squared < reach * reach)
