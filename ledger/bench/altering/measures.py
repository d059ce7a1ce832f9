"""Shares and means over outcomes, each with a 95 % interval.

An interval is Wilson's where every value is from another original (Wilson 1927). Copies of one patient are not
independent: where a patient gives several, whole patients are drawn again (bootstrap, 1,000 rounds); where all values
are alike, which no drawing would change, it is Wilson's for as many trials as there are patients.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ledger.bench.altering.copies import RECIPES
from ledger.bench.altering.forging import CLASSES
from ledger.bench.altering.judging import Outcome, Seen

_Z = 1.959964
_ROUNDS = 1000
Row = dict[str, Any]


def wilson(share: float, count: int) -> tuple[float, float]:
    """The 95 % interval of a share of ``count`` trials; 0 to 1 of none."""
    if not count:
        return 0.0, 1.0
    weight = _Z * _Z / count
    middle = (share + weight / 2) / (1 + weight)
    half = _Z * math.sqrt(share * (1 - share) / count + weight / (4 * count)) / (1 + weight)
    return max(0.0, middle - half), min(1.0, middle + half)


def estimate(values: Sequence[tuple[str, float]]) -> Row | None:
    """The mean of values of 0 to 1, each with its cluster: ``value``, ``low``, ``high`` and ``count``; None of none."""
    if not values:
        return None
    clusters: dict[str, list[float]] = {}
    for name, value in values:
        clusters.setdefault(name, []).append(value)
    mean = float(np.mean([value for _, value in values]))
    if len({value for _, value in values}) == 1:
        low, high = wilson(mean, len(clusters))
    elif len(clusters) == len(values) and all(value in (0, 1) for _, value in values):
        low, high = wilson(mean, len(values))
    else:
        low, high = _drawn_again(list(clusters.values()))
    return {"value": mean, "low": low, "high": high, "count": len(values)}


def _drawn_again(clusters: Sequence[Sequence[float]]) -> tuple[float, float]:
    sums, counts = (np.array([of(one) for one in clusters], np.float64) for of in (sum, len))
    rows = np.random.default_rng(0).integers(0, len(clusters), (_ROUNDS, len(clusters)))
    low, high = np.quantile(sums[rows].sum(axis=1) / counts[rows].sum(axis=1), [0.025, 0.975])
    return float(low), float(high)


def share(outcomes: Iterable[Outcome], of: Callable[[Outcome], float]) -> Row | None:
    return estimate([(one.group, float(of(one))) for one in outcomes])


def f1(counts: tuple[int, int, int]) -> float:
    """Of tiles named rightly, named wrongly and missed: 0 where none is right."""
    right, wrong, missed = counts
    return 2 * right / (2 * right + wrong + missed) if right else 0.0


def measured(outcomes: Sequence[Outcome]) -> Row:
    """Everything of one row of a table."""
    return {
        "copies": len(outcomes),
        "found": share(outcomes, lambda one: one.found),
        "wrong": sum(one.named is False for one in outcomes),
        "unsure": sum(one.outcome == "unsure" for one in outcomes),
        "none": sum(one.outcome in ("none", "incomparable") for one in outcomes),
        **_changes(outcomes, lambda one: one.seen, [one for one in outcomes if one.visible and one.found]),
    }


def compared(outcomes: Sequence[Outcome]) -> Row:
    """The same copies by what a user would do otherwise."""
    visible = [one for one in outcomes if one.visible]
    return {
        "copies": len(outcomes),
        "pdq": {
            "found": share(outcomes, lambda one: one.pdq is True),
            "wrong": sum(one.pdq is False for one in outcomes),
        },
        "phash": {
            "found": share(outcomes, lambda one: one.phash is True),
            "wrong": sum(one.phash is False for one in outcomes),
        },
        "plain": _changes(outcomes, lambda one: one.plain, visible),
    }


def _changes(outcomes: Sequence[Outcome], of: Callable[[Outcome], Seen], mapped: Sequence[Outcome]) -> Row:
    """False alarms, recall, and localization over the copies ``mapped``."""
    right, wrong, missed = (sum(of(one).any_pixel[place] for one in mapped) for place in range(3))
    errors = [abs(of(one).percent - 100 * one.area) for one in mapped]
    return {
        "false_alarms": share((one for one in outcomes if not one.forged), lambda one: of(one).altered),
        "recall": share((one for one in outcomes if one.visible), lambda one: of(one).altered),
        "f1": share(mapped, lambda one: f1(of(one).any_pixel)),
        "f1_pooled": f1((right, wrong, missed)) if mapped else None,
        "f1_half": share(mapped, lambda one: f1(of(one).half)),
        "area_error": float(np.mean(errors)) if errors else None,
    }


def tables(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The rows of all tables, and what the targets are held against."""
    altered = [one for one in outcomes if one.kind and one.transform != "text"]
    return {
        "targets": _targets(outcomes),
        "transforms": _rows(outcomes, [recipe.name for recipe in RECIPES], lambda one: one.transform, measured),
        "all": measured(outcomes),
        "classes": _rows(altered, list(CLASSES), lambda one: one.kind, measured),
        "modalities": _rows(outcomes, _names(outcomes), lambda one: one.modality, measured),
        "otherwise": _rows(outcomes, [recipe.name for recipe in RECIPES], lambda one: one.transform, compared),
        "otherwise_all": compared(outcomes),
        "faint": sum(one.kind is not None and not one.visible for one in outcomes),
    }


def _rows(
    outcomes: Sequence[Outcome],
    names: Sequence[str],
    of: Callable[[Outcome], str | None],
    by: Callable[[Sequence[Outcome]], Row],
) -> dict[str, Row]:
    chosen: Mapping[str, list[Outcome]] = {name: [one for one in outcomes if of(one) == name] for name in names}
    return {name: by(some) for name, some in chosen.items() if some}


def _names(outcomes: Sequence[Outcome]) -> list[str]:
    """Modalities in the order of the alphabet."""
    return sorted({one.modality for one in outcomes})


def _targets(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    groups = {recipe.name: recipe.group for recipe in RECIPES}
    turned = [one for one in outcomes if groups[one.transform] == "turned"]
    straight = [one for one in outcomes if groups[one.transform] != "turned"]
    pressed = [one for one in outcomes if groups[one.transform] in ("mild", "strong")]

    def localized(group: str) -> Row | None:
        kept = [one for one in outcomes if groups[one.transform] == group and one.visible and one.found]
        return share(kept, lambda one: f1(one.seen.any_pixel))

    return {
        "found_straight": share(straight, lambda one: one.found),
        "found_turned": share(turned, lambda one: one.found),
        "wrong": sum(one.named is False for one in outcomes),
        "f1_mild": localized("mild"),
        "f1_strong": localized("strong"),
        "recall": share((one for one in outcomes if one.visible), lambda one: one.seen.altered),
        "false_alarms_recompressed": share((one for one in pressed if not one.forged), lambda one: one.seen.altered),
        "false_alarms": share((one for one in outcomes if not one.forged), lambda one: one.seen.altered),
    }
