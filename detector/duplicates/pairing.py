"""Like points elsewhere in the same picture, and the move that each single pair already tells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from detector.duplicates.points import Points
    from detector.duplicates.views import Floats

    Places = npt.NDArray[np.intp]

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


@dataclass(frozen=True)
class _Neighbours:
    """Which points lie within a reach of each point, itself among them: those of point k are
    ``ends[starts[k]:starts[k + 1]]``."""

    starts: Places
    ends: Places

    @classmethod
    def within(cls, places: Floats, reach: float) -> _Neighbours:
        from scipy.spatial import cKDTree

        found = cKDTree(places).query_pairs(reach, output_type="ndarray").astype(np.intp)
        own = np.arange(len(places))
        one, two = (np.concatenate((found[:, k], found[:, 1 - k], own)) for k in (0, 1))
        short = one.astype(np.min_scalar_type(len(places)))  # 16 bits are sorted by counting, nine times as fast
        ends = np.cumsum(np.bincount(one, minlength=len(places)))
        return cls(np.concatenate(([0], ends)), two[np.argsort(short, kind="stable")])

    def of(self, points: Places) -> tuple[Places, Places]:
        """Row numbers of ``points`` and their neighbours, as numpy indexes a matrix with a row for each of them."""
        counts = self.starts[points + 1] - self.starts[points]
        before = np.cumsum(counts) - counts
        at = np.arange(int(counts.sum())) + np.repeat(self.starts[points] - before, counts)
        return np.repeat(np.arange(len(points)), counts), self.ends[at]


@dataclass(frozen=True)
class _Surroundings:
    """The points too near to each point to be its match (``wide``), and those at one place with it (``narrow``)."""

    wide: _Neighbours
    narrow: _Neighbours


def pairs(points: Points) -> Pairs:
    """The best MOST_PAIRS pairs, plain and mirrored, each in both directions (the n-th and the n + half-th)."""
    around = _Surroundings(*(_Neighbours.within(points.places, reach) for reach in (LEAST_DISTANCE, _APART)))
    parts = [_alike(points, query, sign, around) for query, sign in ((points.codes, 1.0), (points.mirrored, -1.0))]
    one, two, linear, far = (np.concatenate([part[k] for part in parts], dtype=np.float32) for k in range(4))
    kept = np.argsort(far, kind="stable")[:MOST_PAIRS]
    one, two, linear, far = one[kept], two[kept], linear[kept], far[kept]
    back = np.asarray(np.linalg.inv(linear), np.float32)
    return Pairs(
        np.concatenate((one, two)), np.concatenate((two, one)), np.concatenate((linear, back)), np.tile(far, 2)
    )


def _alike(points: Points, query: Floats, sign: float, around: _Surroundings) -> tuple[Floats, Floats, Floats, Floats]:
    first, second, ratios = _nearest(points, query, around)
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


def _nearest(points: Points, query: Floats, around: _Surroundings) -> tuple[Places, Places, Floats]:
    first, second, far = [], [], []
    for top in range(0, len(query), _ROWS_AT_ONCE):
        rows = np.arange(top, min(top + _ROWS_AT_ONCE, len(query)))
        likeness = query[rows] @ points.codes.T
        likeness[around.wide.of(rows)] = -1.0
        best = likeness.argmax(axis=1)
        nearest = _distance(likeness[np.arange(len(rows)), best])
        likeness[around.narrow.of(best)] = -1.0
        ratio = nearest / np.maximum(_distance(likeness.max(axis=1)), 1e-6)
        kept = (nearest < _ABSOLUTE) & (ratio < RATIO)
        first.append(rows[kept])
        second.append(best[kept])
        far.append(ratio[kept])
    if not first:
        nothing = np.zeros(0, np.intp)
        return nothing, nothing, np.zeros(0, np.float32)
    return np.concatenate(first), np.concatenate(second), np.concatenate(far).astype(np.float32)


def _distance(likeness: Floats) -> Floats:
    return np.asarray(np.sqrt(np.maximum(2.0 - 2.0 * likeness, 0.0)), np.float32)
