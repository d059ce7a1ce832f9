"""Exemplar inpainting: every 7×7 patch of the hole looks like some patch outside it, coarse to fine.

After Wexler, Shechtman and Irani 2007 (patches vote), with the nearest patches found as Barnes et al. 2009 do:
from neighbours and at random. Unlike ``removing``'s pieces, the whole hole is agreed on at once, many times.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from detector.forge import blending
from detector.forge.shapes import Shape
from detector.forge.site import NoPlace, Values

Ints = npt.NDArray[np.int64]
SIDE = 7
_LEVELS, _ROUNDS, _COARSEST = 4, 4, 8
_REACH = (1, 2, 4)


@dataclass
class _Search:
    """Which patch outside (``field``: corners, n × 2) each patch that touches the hole (``targets``) looks like."""

    windows: Values
    targets: Ints
    allowed: Shape
    field: Ints
    costs: Values

    def offer(self, rows: Ints, corners: Ints) -> None:
        """Take ``corners`` for the targets ``rows`` where they are patches outside the hole, and more alike."""
        fits = ((corners >= 0) & (corners < self.allowed.shape)).all(axis=1)
        rows, corners = rows[fits], corners[fits]
        fits = self.allowed[corners[:, 0], corners[:, 1]]
        rows, corners = rows[fits], corners[fits]
        costs = self.distances(rows, corners)
        better = costs < self.costs[rows]
        self.field[rows[better]], self.costs[rows[better]] = corners[better], costs[better]

    def distances(self, rows: Ints, corners: Ints) -> Values:
        """Mean squares of the difference of each target to the patch at its corner."""
        ours = self.windows[self.targets[rows, 0], self.targets[rows, 1]]
        theirs = self.windows[corners[:, 0], corners[:, 1]]
        return np.asarray(np.square(ours - theirs).mean(axis=(1, 2)), np.float32)


def exemplar(values: Values, hole: Shape, rng: np.random.Generator, *, blended: bool) -> Values:
    """``values`` (rows, columns) with the hole made of patches from outside it.

    ``blended``: each pixel is the mean of what all patches over it say, which is smoother than what surrounds it;
    otherwise the last word has one patch, and its grain. NoPlace where hardly a patch lies outside the hole.
    """
    levels = [(values, hole)]
    while len(levels) < _LEVELS and _width(levels[-1][1]) > _COARSEST and min(levels[-1][0].shape) > 8 * SIDE:
        levels.append(_halved(*levels[-1]))
    filled, field = None, None
    for finer, shape in reversed(levels):
        start = _begun(finer, shape) if filled is None else np.where(shape, _doubled(filled, finer.shape), finer)
        filled, field = _agreed(np.asarray(start, np.float32), shape, field, rng, blended or finer is not values)
    return values if filled is None else filled


def _width(hole: Shape) -> float:
    return 2 * float(cv2.distanceTransform(hole.astype(np.uint8), cv2.DIST_L2, 3).max())


def _halved(values: Values, hole: Shape) -> tuple[Values, Shape]:
    size = (values.shape[1] // 2, values.shape[0] // 2)
    known = cv2.resize((~hole).astype(np.float32), size, interpolation=cv2.INTER_AREA)
    small = cv2.resize(values * ~hole, size, interpolation=cv2.INTER_AREA) / np.maximum(known, 1e-3)
    return np.asarray(small, np.float32), np.asarray(known < 0.5)


def _doubled(values: Values, shape: tuple[int, ...]) -> Values:
    return np.asarray(cv2.resize(values, shape[::-1], interpolation=cv2.INTER_CUBIC), np.float32)


def _begun(values: Values, hole: Shape) -> Values:
    return np.where(hole, blending.membrane(values[:, :, None], ~hole)[:, :, 0], values)


def _agreed(
    values: Values, hole: Shape, coarse: Ints | None, rng: np.random.Generator, blended: bool
) -> tuple[Values, Ints]:
    """The hole after some rounds of search and vote, and the field (rows, columns, 2): corners of the patches."""
    touched = np.asarray(np.lib.stride_tricks.sliding_window_view(hole, (SIDE, SIDE)).any(axis=(2, 3)))
    sources, targets = np.argwhere(~touched), np.argwhere(touched)
    if len(sources) < 64:
        raise NoPlace("no surroundings to take patches from")
    field = sources[rng.integers(len(sources), size=len(targets))]
    filled = values.copy()
    for number in range(_ROUNDS):
        windows = np.lib.stride_tricks.sliding_window_view(filled, (SIDE, SIDE))
        search = _Search(windows, targets, np.asarray(~touched), field, np.zeros(len(targets), np.float32))
        search.costs = search.distances(np.arange(len(targets)), field)
        if number == 0 and coarse is not None:
            near = np.minimum(targets // 2, np.array(coarse.shape[:2]) - 1)
            search.offer(np.arange(len(targets)), 2 * coarse[near[:, 0], near[:, 1]] + targets % 2)
        _improved(search, rng)
        field = search.field
        last = number == _ROUNDS - 1
        filled = np.where(hole, _voted(values, search, alone=last and not blended), values)
    whole = np.zeros((*touched.shape, 2), np.int64)
    whole[targets[:, 0], targets[:, 1]] = field
    return filled, whole


def _improved(search: _Search, rng: np.random.Generator) -> None:
    """Better patches: those beside the neighbours' ones, and some drawn at random ever nearer."""
    number = np.full(search.allowed.shape, -1)
    number[search.targets[:, 0], search.targets[:, 1]] = np.arange(len(search.targets))
    for reach in _REACH:
        for step in np.array(((0, reach), (0, -reach), (reach, 0), (-reach, 0))):
            beside = np.clip(search.targets + step, 0, np.array(number.shape) - 1)
            other = number[beside[:, 0], beside[:, 1]]
            rows = np.flatnonzero(other >= 0)
            search.offer(rows, search.field[other[rows]] - step)
    radius = max(search.allowed.shape) / 2
    while radius >= 1:
        rows = np.arange(len(search.targets))
        search.offer(rows, search.field + rng.integers(-int(radius), int(radius) + 1, search.field.shape))
        radius /= 2.5


def _voted(values: Values, search: _Search, *, alone: bool) -> Values:
    """What the patches say of each pixel: their mean weighed by likeness, or what the middle of one says alone."""
    weights = np.exp(-search.costs / max(2 * float(np.quantile(search.costs, 0.75)), 1e-9))
    total, sums = np.full(values.shape, 1e-9), np.zeros(values.shape)
    middle = SIDE // 2
    for down in range(SIDE):
        for across in range(SIDE):
            if alone and (down, across) != (middle, middle):
                continue
            there = search.targets[:, 0] + down, search.targets[:, 1] + across
            found = values[search.field[:, 0] + down, search.field[:, 1] + across]
            # Targets are distinct, so each pixel is met once in a pass.
            sums[there] += weights * found
            total[there] += weights
    return np.asarray(np.where(total > 1e-8, sums / total, values), np.float32)
