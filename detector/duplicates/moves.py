"""From pairs of points to the few affine moves that are worth a look."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from detector.copymove.transform import Affine
    from detector.duplicates.pairing import Pairs
    from detector.duplicates.views import Floats

MOST_MOVES = 20
_LEAST_SINGLE = 0.7
_MOST_SINGLE = 6
_REACH = 0.25
_TOLERANCE = 2.5
_SLACK = 0.12
_LONG, _SHORT, _STRETCH = 2.2, 0.45, 1.7


@dataclass(frozen=True)
class Move:
    """``affine`` (2, 3) takes a place of the first region to the second; ``seeds`` (n, 2) lie in the first.

    ``pairs``: how many pairs of points agree on it.
    """

    affine: Affine
    seeds: Floats
    pairs: int


def moves(pairs: Pairs, shape: tuple[int, ...]) -> Iterator[Move]:
    """Greedily the move that most pairs agree on, at most MOST_MOVES; of lone pairs only the most distinct few."""
    if not len(pairs):
        return
    agreeing = agreement(pairs, _REACH * max(shape[:2]))
    half = len(pairs) // 2
    left = np.ones(len(pairs), bool)
    singles = 0
    for _ in range(MOST_MOVES):
        votes = (agreeing & left).sum(axis=1) * left[:half]
        best = int(np.argmax(votes - pairs.far[:half]))
        members = agreeing[best] & left
        if votes[best] < 1:
            return
        if votes[best] < 2:
            singles += 1
            if singles > _MOST_SINGLE or pairs.far[best] > _LEAST_SINGLE:
                return
        move, taken = _fitted(pairs, best, members)
        # A pair and its way back are one piece of evidence.
        gone = taken | members
        left &= ~(gone | np.roll(gone, half))
        if move is not None:
            yield move


def agreement(pairs: Pairs, reach: float) -> npt.NDArray[np.bool_]:
    """(n / 2, n): whether pair k lies near pair m and moves as m's neighbourhood does; m in one direction only."""
    half = len(pairs) // 2
    linear, one, two = pairs.linear[:half], pairs.one, pairs.two
    across = one[None, :, 0] - one[:half, None, 0]
    down = one[None, :, 1] - one[:half, None, 1]
    distance = np.sqrt(across**2 + down**2)
    found = (distance < reach) & _alike(linear, pairs.linear)
    m, k = np.nonzero(found)
    across, down, distance = across[m, k], down[m, k], distance[m, k]
    error_x = two[m, 0] + linear[m, 0, 0] * across + linear[m, 0, 1] * down - two[k, 0]
    error_y = two[m, 1] + linear[m, 1, 0] * across + linear[m, 1, 1] * down - two[k, 1]
    found[m, k] = np.hypot(error_x, error_y) < _TOLERANCE + _SLACK * distance
    return np.asarray(found)


def _alike(one: Floats, two: Floats) -> npt.NDArray[np.bool_]:
    """Whether two neighbourhoods are turned, scaled and mirrored about alike."""
    one, two = one.reshape(-1, 4), two.reshape(-1, 4)
    size, other = (np.sqrt(np.maximum((each**2).sum(axis=1), 1e-9)) for each in (one, two))
    ratio = size[:, None] / other[None, :]
    product = one @ two.T / (size[:, None] * other[None, :])
    return np.asarray((product > 0.85) & (ratio > 0.65) & (ratio < 1.55))


def _fitted(pairs: Pairs, seed: int, members: npt.NDArray[np.bool_]) -> tuple[Move | None, npt.NDArray[np.bool_]]:
    affine = np.column_stack((pairs.linear[seed], pairs.two[seed] - pairs.linear[seed] @ pairs.one[seed]))
    affine = affine.astype(np.float64)
    for tolerance in (6.0, 4.0, 3.0):
        better = _least_squares(pairs.one[members], pairs.two[members])
        if better is None or not plausible(better):
            break
        error = np.hypot(*(pairs.one @ better[:, :2].T + better[:, 2] - pairs.two).T)
        again = members & (error < tolerance)
        if again.sum() < 3:
            break
        affine, members = better, again
    move = Move(affine, pairs.one[members], _distinct(pairs.one[members])) if plausible(affine) else None
    return move, members


def _distinct(places: Floats) -> int:
    """How many of ``places`` differ by more than two pixels: SIFT finds one place at several scales and directions."""
    return len(np.unique(np.rint(places / 3.0), axis=0))


def _least_squares(one: Floats, two: Floats) -> Affine | None:
    """The affine (or for few or crowded points, None) that takes ``one`` to ``two`` with the least squared error."""
    if len(one) < 4 or _distinct(one) < 4:
        return None
    centred = one - one.mean(axis=0)
    values = np.linalg.svd(centred, compute_uv=False)
    if values[-1] < 4.0 * np.sqrt(len(one)) / 2:
        return None
    design = np.column_stack((one, np.ones(len(one))))
    found, *_ = np.linalg.lstsq(design.astype(np.float64), two.astype(np.float64), rcond=None)
    return np.ascontiguousarray(found.T)


def plausible(affine: Affine) -> bool:
    """Scales 0.45 to 2.2, one axis at most 1.7 times the other, all finite."""
    if not np.isfinite(affine).all():
        return False
    long, short = np.linalg.svd(affine[:, :2], compute_uv=False)
    return bool(short >= _SHORT and long <= _LONG and long <= _STRETCH * short)
