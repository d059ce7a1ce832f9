"""The whole search: from the views of a picture to its pairs of matched regions, measured and judged."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from detector.duplicates import exact, measures, moves, pairing, points, refining, telling
from detector.duplicates.comparing import disc
from detector.duplicates.views import enhanced, views, working
from detector.workers import one_thread

if TYPE_CHECKING:
    from detector.copymove.transform import Affine
    from detector.duplicates.comparing import Agreement
    from detector.duplicates.model import Model
    from detector.duplicates.moves import Move
    from detector.duplicates.points import Points
    from detector.duplicates.views import Mask, Views
    from detector.types import Pixels

MOST_MATCHES = 6
"""So many of the strongest matches are kept."""
GROWN = 9
"""The windows of the correlation end that far, twice, before the region does."""
_REPEATED = 0.5
_RIVAL, _FEW = 2.0, 2
_NEAR = 12.0
_FURTHER = 2.0
_ALIVE = 0.5
EXACT = 24.0
"""The odds of regions that are sample for sample the same: set by hand, above all that is fitted."""
SAME_WINDOWS = "same_windows"
"""Among the values of such a match alone: about how many windows are the same."""


@dataclass(frozen=True)
class Candidate:
    """A pair of regions that look alike, and what was measured on it (``measures.NAMES``)."""

    move: Move
    agreement: Agreement
    values: dict[str, float]

    def regions(self, shape: tuple[int, ...], grown: int = GROWN) -> tuple[Mask, Mask]:
        """Both regions in a working picture of ``shape``, wider by half of ``grown`` pixels all round."""
        first = np.zeros(shape[:2], np.uint8)
        first[self.agreement.part.box] = self.agreement.region
        first = np.asarray(cv2.dilate(first, disc(grown)), np.uint8)
        size = (shape[1], shape[0])
        second = cv2.warpAffine(first, self.move.affine, size, flags=cv2.INTER_NEAREST)
        return first > 0, np.asarray(second > 0)


Tell = Callable[[Candidate], dict[str, float]]


@dataclass(frozen=True)
class Match:
    """Two regions that are alike: ``first``, and ``second`` where ``affine`` (2, 3) takes it; of the working picture.

    ``odds``: ln of how much likelier what was measured is in a copy than in anatomy, fitted with equal classes; EXACT
    of what is the same sample for sample.
    ``side_odds``: the same of the first being the copy over the second. ``values``: all that was measured, and
    ``rivals``: at how many other places the same region matches nearly as well.
    """

    first: Mask
    second: Mask
    affine: Affine
    pairs: int
    odds: float
    side_odds: float
    values: dict[str, float]


def candidates(seen: Views, found: Points) -> Iterator[Candidate]:
    """Every pair of regions that is alike enough to be measured; ``found`` are the picture's points."""
    for move in moves.moves(pairing.pairs(found), seen.light.shape):
        settled = refining.refined(seen, move)
        values = None if settled is None else measures.measure(seen, *settled)
        if settled is not None and values is not None:
            yield Candidate(*settled, values)


def sides(seen: Views, candidate: Candidate) -> dict[str, float]:
    """What speaks for the first region as the copy (``telling.SIDE_NAMES``); empty where a region lies outside."""
    first, second = candidate.regions(seen.light.shape)
    return telling.tell(seen, candidate.move.affine, first, second) if second.any() else {}


def search(pixels: Pixels, model: Model, *, lossless: bool = False) -> tuple[tuple[Match, ...], tuple[int, int]]:
    """The strongest matches of a picture, strongest first, and the shape (rows, columns) of their regions: that of the
    working picture. Of a ``lossless`` one also what is the same sample for sample. The same picture gives the same
    answer.
    """
    light = working(pixels)
    # SIFT, which alone gains by several threads, needs the most memory: only then the views are made.
    found = points.find(enhanced(light))
    with one_thread():
        seen = views(light)
        alike = judged(list(candidates(seen, found)), light.shape, model, lambda one: sides(seen, one))
        same = exact.find(pixels) if lossless else None
        matches = _repeats(alike, model.accepted)
        match = None if same is None else _same(same, seen, model)
        if match is not None:
            matches = (match, *(one for one in matches if _overlap(_both(match), _both(one)) <= _REPEATED))
        return matches, (light.shape[0], light.shape[1])


def _repeats(matches: tuple[Match, ...], accepted: float) -> tuple[Match, ...]:
    """With lower odds the more of them would be held for copies: an edit copies one region or two, while the writing
    and the frames of a sheet of films are alike wherever one looks."""
    further = max(sum(match.odds >= accepted for match in matches) - 1, 0)
    return tuple(replace(match, odds=match.odds - _FURTHER * further) for match in matches)


def _same(same: exact.Same, seen: Views, model: Model) -> Match | None:
    """The match of what is the same; None where most of it is writing, or too small to be seen in the working size."""
    shape = seen.light.shape[:2]
    down, across = (new / old for new, old in zip(shape, same.first.shape, strict=True))
    first, second = (
        cv2.resize(one.astype(np.uint8), shape[::-1], interpolation=cv2.INTER_NEAREST) > 0
        for one in (same.first, same.second)
    )
    affine = np.array([[1.0, 0.0, same.across * across], [0.0, 1.0, same.down * down]])
    if not second.any() or not first.any() or seen.alive[first].mean() < _ALIVE:
        return None
    told = telling.tell(seen, affine, first, second)
    values = {**told, SAME_WINDOWS: float(same.windows), "rivals": 0.0}
    return Match(first, second, affine, same.windows, EXACT, model.side_odds(told), values)


def _both(match: Match) -> Mask:
    return match.first | match.second


def judged(found: Sequence[Candidate], shape: tuple[int, ...], model: Model, tell: Tell) -> tuple[Match, ...]:
    """The strongest of ``found`` with their odds, those of regions that match at several other places lowered.

    ``tell`` gives the numbers of ``telling.SIDE_NAMES`` of a candidate, or nothing. A lattice, bars or cells match at
    many places; a region that was copied matches at the places it was copied to.
    """
    ranked = sorted(((model.odds(each.values), each) for each in found), key=lambda each: -each[0])
    kept: list[tuple[float, Candidate, Mask, Mask, int]] = []
    for odds, candidate in ranked:
        first, second = candidate.regions(shape)
        if not second.any() or _overlap(first, second) > _REPEATED:  # what is alike to itself when turned
            continue
        repeated = [k for k, old in enumerate(kept) if _overlap(first | second, old[2] | old[3]) > _REPEATED]
        for k in repeated:
            strong, old, *regions, rivals = kept[k]
            rivals += odds > strong - _RIVAL and not _same_move(candidate, old)
            kept[k] = (strong, old, regions[0], regions[1], rivals)
        if not repeated:
            kept.append((odds, candidate, first, second, 0))
    matches = [_match(*each, model, tell) for each in kept[:MOST_MATCHES]]
    return tuple(sorted(matches, key=lambda match: -match.odds))


def _match(odds: float, found: Candidate, first: Mask, second: Mask, rivals: int, model: Model, tell: Tell) -> Match:
    lowered = odds - _RIVAL * max(rivals - _FEW, 0)
    told = tell(found)
    values = {**found.values, **told, "rivals": float(rivals)}
    side_odds = model.side_odds(told) if told else 0.0
    return Match(first, second, found.move.affine, found.move.pairs, lowered, side_odds, values)


def _overlap(both: Mask, old: Mask) -> float:
    """The share of the smaller of two pairs of regions that lies on the other."""
    least = min(int(np.count_nonzero(both)), int(np.count_nonzero(old)))
    return float(np.count_nonzero(both & old)) / max(least, 1)


def _same_move(one: Candidate, two: Candidate) -> bool:
    """Whether two moves, in either direction, lead from the middle of the first's region to about the same place."""
    middle = one.move.seeds.mean(axis=0)
    after = one.move.affine[:, :2] @ middle + one.move.affine[:, 2]
    ways = ((middle, after, two.move.affine), (after, middle, two.move.affine))
    return any(np.hypot(*(affine[:, :2] @ start + affine[:, 2] - end)) < _NEAR for start, end, affine in ways)
