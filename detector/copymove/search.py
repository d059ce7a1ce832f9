"""The whole search: from a grey picture to its verified pairs of matched regions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from detector.copymove import correlation, matching, points, transform
from detector.copymove.correlation import Checks
from detector.copymove.sides import UNDECIDED, Decision, by_block_likeness

if TYPE_CHECKING:
    import numpy.typing as npt

    from detector.copymove.points import Floats, Grey
    from detector.copymove.transform import Affine

    Mask = npt.NDArray[np.bool_]

WORKING_SIDE = 1536
"""A longer picture is reduced until its longer side has this many pixels."""
ACCEPTED = 0.6
"""The least score of a copy.

Like the other thresholds of ``detector.copymove`` it was chosen on forgeries made from the development pictures, which
are not held out. What the method reaches stands in the benchmark's table (``docs/benchmark/table.md``).
"""
_MOST_GROUPS = 8


@dataclass(frozen=True)
class Match:
    """Two regions of one picture that are alike: ``region_a``, and ``region_b`` where ``affine`` (2, 3) takes it.

    ``checks`` are the figures of the residual check, ``pairs`` how many point pairs agree, ``score`` the evidence
    (higher is more suspicious). ``side`` says which is the copy.
    """

    region_a: Mask
    region_b: Mask
    affine: Affine
    pairs: int
    checks: Checks
    score: float
    side: Decision = UNDECIDED

    @property
    def verified(self) -> bool:
        """Whether the evidence is enough to call this a copy."""
        return self.score >= ACCEPTED


def reduced(grey: Grey) -> Grey:
    """``grey`` (rows, columns) itself, or shrunk to WORKING_SIDE on its longer side."""
    ratio = WORKING_SIDE / max(grey.shape)
    if ratio >= 1.0:
        return grey
    size = (max(round(grey.shape[1] * ratio), 1), max(round(grey.shape[0] * ratio), 1))
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)


def search(grey: Grey) -> tuple[Match, ...]:
    """Every matched pair of regions of a :func:`reduced` picture, strongest first, masks of its shape.

    Same picture, same answer.
    """
    seen = correlation.views(grey)
    found = sorted(_matches(grey, seen), key=lambda match: match.score, reverse=True)
    return tuple(
        replace(match, side=by_block_likeness(grey, match.region_a, match.region_b)) if match.verified else match
        for match in _without_repeats(found)
    )


def _matches(grey: Grey, seen: correlation.Views) -> Iterator[Match]:
    """Steps 2 to 7: the largest groups of pairs whose transform leads to two regions."""
    found = matching.in_one_direction(_pairs(grey))
    reach = max(matching.LEAST_DISTANCE, max(grey.shape) / 24.0)
    for members in matching.groups(found, reach, transform.LEAST_PAIRS)[:_MOST_GROUPS]:
        common = transform.agreed(found[members])
        match = None if common is None else _best_match(seen, common)
        if match is not None:
            yield match


def _pairs(grey: Grey) -> Floats:
    """Like points at the same patch size, at neighbouring ones for scaled copies, and against the mirrored picture."""
    places = points.corners(grey)
    plain, fine, coarse = (points.describe(grey, places, ratio) for ratio in (points.PLAIN, points.FINE, points.COARSE))
    turned, small = (points.describe_mirrored(grey, places, ratio) for ratio in (points.PLAIN, points.FINE))
    chosen = ((plain, plain), (plain, coarse), (fine, fine), (fine, plain), (plain, turned), (fine, small))
    return np.concatenate([matching.pairs(places, query, other) for query, other in chosen])


def _best_match(seen: correlation.Views, common: transform.Agreed) -> Match | None:
    """The stronger of the refined transform and, for copies that were only moved, the move by whole pixels."""
    candidates = [_refined(seen, common), transform.on_whole_pixels(common.affine, common.pairs)]
    made = [_match(seen, affine, common.pairs) for affine in candidates if affine is not None]
    kept = [match for match in made if match is not None]
    return max(kept, key=lambda match: match.score, default=None)


def _refined(seen: correlation.Views, common: transform.Agreed) -> Affine:
    first = _region(seen, common.affine, common.pairs)
    better = transform.refined(seen.light, common.affine, first)
    worse = np.count_nonzero(_region(seen, better, common.pairs)) < 0.8 * np.count_nonzero(first)
    return common.affine if worse else better


def _region(seen: correlation.Views, affine: Affine, pairs: Floats) -> Mask:
    correlations = correlation.correlation_map(seen, affine)
    return correlation.region(correlations, affine, pairs[:, :2], matching.LEAST_DISTANCE)


def _match(seen: correlation.Views, affine: Affine, pairs: Floats) -> Match | None:
    first = _region(seen, affine, pairs)
    if not first.any():
        return None
    checks = correlation.checks(seen, affine, first)
    return Match(first, correlation.second_region(first, affine), affine, len(pairs), checks, evidence(checks))


def evidence(checks: Checks) -> float:
    """The score of a match, 0 or more: the weaker of both correlations times ln(1 + compared pixels / 64).

    A match counts as a copy from ACCEPTED on.
    """
    return max(min(checks.residual, checks.quiet), 0.0) * float(np.log1p(checks.area / 64.0))


def _without_repeats(found: list[Match]) -> list[Match]:
    """The matches whose regions are not already those of a stronger one, in either direction."""
    kept: list[Match] = []
    for match in found:
        both = match.region_a | match.region_b
        if not any(np.count_nonzero(both & (old.region_a | old.region_b)) > 0.5 * both.sum() for old in kept):
            kept.append(match)
    return kept
