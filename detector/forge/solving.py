"""Fields that an equation fixes inside a region: biharmonic filling and Poisson cloning, both solved exactly."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from scipy.sparse.linalg import splu

from detector.forge.shapes import Shape
from detector.forge.site import NoPlace, Values

_LAPLACE: Mapping[tuple[int, int], float] = {(0, 0): -4.0, (0, 1): 1.0, (0, -1): 1.0, (1, 0): 1.0, (-1, 0): 1.0}
_BIHARMONIC: Mapping[tuple[int, int], float] = {
    (0, 0): 20.0,
    **dict.fromkeys(((0, 1), (0, -1), (1, 0), (-1, 0)), -8.0),
    **dict.fromkeys(((1, 1), (1, -1), (-1, 1), (-1, -1)), 2.0),
    **dict.fromkeys(((0, 2), (0, -2), (2, 0), (-2, 0)), 1.0),
}


def biharmonic(values: Values, hole: Shape) -> Values:
    """``values`` (rows, columns, samples) with the hole bent like a thin plate that is clamped along its edge.

    NoPlace when the hole comes within two pixels of the border, where the equation lacks neighbours.
    """
    return _solved(values, hole, _BIHARMONIC, np.zeros_like(values))


def cloned(values: Values, source: Values, hole: Shape, *, mixed: bool) -> Values:
    """``values`` with the gradients of ``source`` inside the hole (Pérez, Gangnet and Blake 2003).

    ``mixed``: of both gradients the steeper one. NoPlace when the hole comes within two pixels of the border.
    """
    divergence = np.zeros_like(values)
    for axis, step in ((0, 1), (0, -1), (1, 1), (1, -1)):
        ours, theirs = (one - np.roll(one, step, axis) for one in (values, source))
        divergence -= np.where(np.abs(ours) > np.abs(theirs), ours, theirs) if mixed else theirs
    return _solved(values, hole, _LAPLACE, divergence)


def _solved(values: Values, hole: Shape, stencil: Mapping[tuple[int, int], float], wanted: Values) -> Values:
    """``values`` with the hole such that ``stencil`` gives ``wanted`` at each of its pixels."""
    y, x = np.nonzero(hole)
    if not y.size or min(y.min(), x.min()) < 2 or y.max() >= hole.shape[0] - 2 or x.max() >= hole.shape[1] - 2:
        raise NoPlace("the hole reaches the border")
    number = np.full(hole.shape, -1)
    number[hole] = np.arange(len(y))
    right = wanted[hole].astype(np.float64)
    rows, columns, weights = [], [], []
    for (down, across), weight in stencil.items():
        there = number[y + down, x + across]
        inner = there >= 0
        right[~inner] -= weight * values[y + down, x + across][~inner]
        rows.append(np.flatnonzero(inner))
        columns.append(there[inner])
        weights.append(np.full(int(inner.sum()), weight))
    places: tuple[npt.NDArray[np.int64], ...] = (np.concatenate(rows), np.concatenate(columns))
    matrix = csr_matrix((np.concatenate(weights), places), shape=(len(y), len(y))).tocsc()
    found = values.copy()
    found[hole] = splu(matrix).solve(right)
    return found
