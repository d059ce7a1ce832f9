"""The whole search: from the views of a picture to its pairs of matched regions, measured and judged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from detector.duplicates import measures, moves, pairing, points, refining, telling

if TYPE_CHECKING:
    from detector.copymove.transform import Affine
    from detector.duplicates.comparing import Agreement
    from detector.duplicates.model import Model
    from detector.duplicates.moves import Move
    from detector.duplicates.views import Mask, Views

MOST_MATCHES = 6
"""So many of the strongest matches are kept."""
_REPEATED = 0.5


@dataclass(frozen=True)
class Candidate:
    """A pair of regions that look alike, and what was measured on it (``measures.NAMES``)."""

    move: Move
    agreement: Agreement
    values: dict[str, float]

    def regions(self, shape: tuple[int, ...]) -> tuple[Mask, Mask]:
        """Both regions in a working picture of ``shape``."""
        first = np.zeros(shape[:2], np.uint8)
        first[self.agreement.part.box] = self.agreement.region
        size = (shape[1], shape[0])
        second = cv2.warpAffine(first, self.move.affine, size, flags=cv2.INTER_NEAREST)
        return first > 0, np.asarray(second > 0)


@dataclass(frozen=True)
class Match:
    """Two regions that are alike: ``first``, and ``second`` where ``affine`` (2, 3) takes it; masks of the
    working picture.

    ``odds``: ln of how much likelier what was measured is in a copy than in anatomy, fitted with equal classes.
    ``side_odds``: the same of the first being the copy over the second. ``values``: all that was measured.
    """

    first: Mask
    second: Mask
    affine: Affine
    pairs: int
    odds: float
    side_odds: float
    values: dict[str, float]


def candidates(views: Views) -> Iterator[Candidate]:
    """Every pair of regions that is alike enough to be measured."""
    found = pairing.pairs(points.find(views.flat))
    for move in moves.moves(found, views.light.shape):
        settled = refining.refined(views, move)
        values = None if settled is None else measures.measure(views, *settled)
        if settled is not None and values is not None:
            yield Candidate(*settled, values)


def sides(views: Views, candidate: Candidate) -> dict[str, float]:
    """What speaks for the first region as the copy (``telling.SIDE_NAMES``); empty where a region lies outside."""
    first, second = candidate.regions(views.light.shape)
    return telling.tell(views, candidate.move.affine, first, second) if second.any() else {}


def search(views: Views, model: Model) -> tuple[Match, ...]:
    """The strongest MOST_MATCHES matches of the picture, strongest first; the same picture gives the same answer."""
    judged = [(model.odds(found.values), found) for found in candidates(views)]
    judged.sort(key=lambda each: -each[0])
    kept: list[Match] = []
    for odds, found in judged:
        first, second = found.regions(views.light.shape)
        if len(kept) < MOST_MATCHES and second.any() and not _repeats(first | second, kept):
            values = telling.tell(views, found.move.affine, first, second)
            side_odds = model.side_odds(values)
            all_values = {**found.values, **values}
            kept.append(Match(first, second, found.move.affine, found.move.pairs, odds, side_odds, all_values))
    return tuple(kept)


def _repeats(both: Mask, kept: list[Match]) -> bool:
    """Whether these regions are those of a stronger match, in either direction."""
    size = np.count_nonzero(both)
    return any(np.count_nonzero(both & (old.first | old.second)) > _REPEATED * size for old in kept)
