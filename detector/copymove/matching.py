"""Steps 4 and 5 of Dixit & Dixit (2022): like points elsewhere in the same picture, and dense groups of such pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from detector.copymove.points import Described, Floats

LEAST_DISTANCE = 24.0
"""Two matched points are at least this far apart, in pixels: nearer ones see the same tissue."""
MOST_BITS = 56
"""Of the 256 bits at most this many may differ."""
RATIO = 0.8
"""The best match differs in at most this share of the bits of the next best one elsewhere."""
_APART = 6.0
_ROWS_AT_ONCE = 1024


def pairs(query: Described, other: Described) -> Floats:
    """Step 4: (n, 4) float32 x1, y1, x2, y2 of points of ``query`` and their one like point of ``other``.

    Hamming nearest neighbours; points nearer than LEAST_DISTANCE are dropped, then MOST_BITS and the ratio test hold.
    """
    if len(query.places) == 0 or len(other.places) < 3:
        return np.zeros((0, 4), np.float32)
    starts = range(0, len(query.places), _ROWS_AT_ONCE)
    return np.concatenate([_some_pairs(query, other, slice(start, start + _ROWS_AT_ONCE)) for start in starts])


def _some_pairs(query: Described, other: Described, rows: slice) -> Floats:
    places = query.places[rows]
    differing = (256.0 - query.bits[rows] @ other.bits.T) / 2.0
    near = _squared_distances(places, other.places) < LEAST_DISTANCE**2
    differing[near] = 256.0
    every = np.arange(len(places))
    best = differing.argmin(axis=1)
    least = differing[every, best]
    differing[_squared_distances(other.places[best], other.places) < _APART**2] = 256.0
    next_best = differing.min(axis=1)
    kept = (least <= MOST_BITS) & (least < RATIO * next_best)
    return np.concatenate([places[kept], other.places[best[kept]]], axis=1)


def _squared_distances(one: Floats, two: Floats) -> Floats:
    products = one @ two.T
    return np.asarray((one**2).sum(1)[:, None] + (two**2).sum(1)[None, :] - 2.0 * products, np.float32)


def in_one_direction(found: Floats) -> Floats:
    """Each pair with the same end first (a slanted order of the plane), so that both directions fall in one group."""
    order = found[:, 0] + 0.37 * found[:, 1] <= found[:, 2] + 0.37 * found[:, 3]
    turned = np.where(order[:, None], found, found[:, [2, 3, 0, 1]])
    return np.asarray(np.unique(turned, axis=0), np.float32)


def groups(found: Floats, reach: float, least: int) -> list[npt.NDArray[np.intp]]:
    """Step 5: DBSCAN on (x1, y1, x2, y2) in place of ant-colony clustering; the members of each group, largest first.

    A pair with ``least`` pairs (itself counted) within ``reach`` pixels is a core; cores in reach of each other are
    one group, and the pairs in reach of a core belong to its group.
    """
    near = _squared_distances(found, found) <= reach**2
    core = near.sum(axis=1) >= least
    labels = np.full(len(found), -1)
    for seed in np.flatnonzero(core):
        if labels[seed] < 0:
            _flood(near, core, labels, int(seed))
    made = [np.flatnonzero(labels == label) for label in np.unique(labels[labels >= 0])]
    return sorted(made, key=len, reverse=True)


def _flood(near: npt.NDArray[np.bool_], core: npt.NDArray[np.bool_], labels: npt.NDArray[np.intp], seed: int) -> None:
    edge = np.zeros(len(labels), bool)
    edge[seed] = True
    while edge.any():
        labels[edge] = seed
        reached = near[edge & core].any(axis=0)
        edge = reached & (labels < 0)
