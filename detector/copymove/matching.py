"""Steps 4 and 5 of Dixit & Dixit (2022): like points elsewhere in the same picture, and dense groups of such pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from detector.copymove.points import Floats

LEAST_DISTANCE = 24.0
"""Two matched points are at least this far apart, in pixels: nearer ones see the same tissue."""
MOST_BITS = 56
"""Of the 256 bits at most this many may differ."""
RATIO = 0.8
"""The best match differs in at most this share of the bits of the next best one elsewhere."""
_APART = 6.0
_BITS = 256.0
_FEWEST = 3
_ROWS_AT_ONCE = 1024


def pairs(places: Floats, query: Floats, other: Floats) -> Floats:
    """Step 4: (n, 4) float32 x1, y1, x2, y2 of points of ``query`` and their one like point of ``other``.

    ``query`` and ``other`` are two descriptions (n, 256) of the same ``places`` (n, 2), see ``points.describe``.
    Hamming nearest neighbours; points nearer than LEAST_DISTANCE are dropped, then MOST_BITS and the ratio test hold.
    """
    if len(places) < _FEWEST:
        return np.zeros((0, 4), np.float32)
    starts = range(0, len(places), _ROWS_AT_ONCE)
    return np.concatenate([_some_pairs(places, query, other, slice(top, top + _ROWS_AT_ONCE)) for top in starts])


def _some_pairs(places: Floats, query: Floats, other: Floats, rows: slice) -> Floats:
    agreeing = query[rows] @ other.T
    agreeing[_squared_distances(places[rows], places) < LEAST_DISTANCE**2] = -_BITS
    best = agreeing.argmax(axis=1)
    kept = np.flatnonzero(agreeing[np.arange(len(best)), best] >= _BITS - 2 * MOST_BITS)
    agreeing, best = agreeing[kept], best[kept]
    least = agreeing[np.arange(len(best)), best]
    agreeing[_squared_distances(places[best], places) < _APART**2] = -_BITS
    distinct = _BITS - least < RATIO * (_BITS - agreeing.max(axis=1, initial=-_BITS))
    return np.concatenate([places[rows][kept[distinct]], places[best[distinct]]], axis=1)


def _squared_distances(one: Floats, two: Floats) -> Floats:
    products = one @ (-2.0 * two.T)
    products += (one**2).sum(1)[:, None]
    products += (two**2).sum(1)[None, :]
    return np.asarray(products, np.float32)


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
