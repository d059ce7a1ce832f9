"""All figures of a run: means over seeds with intervals, and where they come from (breakdowns)."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from detector.audit import Cue
from detector.evaluation.columns import FIGURES, Answers, Columns, columns
from detector.evaluation.config import BenchmarkConfig
from detector.evaluation.facts import machine
from detector.evaluation.intervals import Ints, bootstrap, clopper_pearson, wilson
from detector.evaluation.learning import Training
from detector.evaluation.outcomes import Outcome

FEWEST = 8
"""A breakdown shows a cell only with at least this many pictures of each class."""
BROKEN_DOWN = ("honest", "source-out")
"""The protocol whose figures are shown in parts is the first of these that a run has."""


@dataclass(frozen=True)
class Figure:
    """The mean over seeds, its 95 % interval (groups drawn again, all seeds together), and the value of each seed.

    Of the precision ``mean`` is that of all seeds together (see :func:`pooled_precision`).
    """

    mean: float
    low: float
    high: float
    seeds: tuple[float, ...] = ()


@dataclass(frozen=True)
class Cell:
    """One method on one part of the test pictures. False alarms: pristine pictures in the *altered* band."""

    pristine: int
    forged: int
    auc: Figure
    found: float
    false_alarms: int
    false_alarm_interval: tuple[float, float]
    pixel_f1: float


@dataclass(frozen=True)
class MethodSummary:
    """One row of the table: counts over all seeds, figures, and those of parts by dimension and key."""

    method: str
    counts: Mapping[str, int]
    figures: Mapping[str, Figure]
    breakdowns: Mapping[str, Mapping[str, Cell]]


@dataclass(frozen=True)
class Results:
    """What a run found; ``protocols`` in the order of the configuration, each a row a method.

    ``learning`` has the training of each network by protocol and method, one a seed; ``cues`` the trivial-cue audit of
    each protocol's test pictures.
    """

    about: Mapping[str, Any]
    protocols: Mapping[str, tuple[MethodSummary, ...]]
    costs: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    learning: Mapping[str, Mapping[str, tuple[Training, ...]]] = field(default_factory=dict)
    cues: Mapping[str, tuple[Cue, ...]] = field(default_factory=dict)

    def row(self, protocol: str, method: str) -> MethodSummary:
        """The row of one method under one protocol."""
        return next(row for row in self.protocols[protocol] if row.method == method)


def summarize(
    answers: Sequence[Answers],
    costs: Mapping[str, Mapping[str, float]],
    config: BenchmarkConfig,
    *,
    data: Path | None,
    commits: Sequence[str],
) -> Results:
    """The results of all answers."""
    about = {
        "config": config.name,
        "data": data.name if data else "made pictures",
        "date": datetime.now(UTC).date().isoformat(),
        "commits": list(commits),
        "seeds": list(config.seeds),
        "machine": machine(),
        "bootstrap_rounds": config.rounds,
        "left_out": list(config.without),
        "unfinished": _unfinished(answers, config),
        "shipped": [method for method in config.methods if config.of(method).shipped],
        "sources_out": [name for protocol in config.protocols for name in protocol.sources[: len(config.seeds)]],
    }
    protocols = {}
    shown = broken_down({protocol.name for protocol in config.protocols})
    for protocol in config.protocols:
        rows = []
        for method in config.methods:
            mine = [each for each in answers if (each.protocol, each.method) == (protocol.name, method)]
            if mine:
                rows.append(_row(method, columns(mine), config.rounds, parts=protocol.name == shown))
        if rows:
            protocols[protocol.name] = tuple(rows)
    return Results(about, protocols, costs)


def broken_down(protocols: Collection[str]) -> str | None:
    """The protocol among ``protocols`` whose figures are shown in parts; None where there is none."""
    return next((name for name in BROKEN_DOWN if name in protocols), None)


def _unfinished(answers: Sequence[Answers], config: BenchmarkConfig) -> list[str]:
    """What of the run has no answers: ``PROTOCOL-SEED METHOD``."""
    there = {(each.protocol, each.seed, each.method) for each in answers}
    pieces = ((protocol.name, seed) for protocol in config.protocols for seed in config.seeds)
    return [
        f"{name}-{seed} {method}"
        for name, seed in pieces
        for method in config.methods
        if (name, seed, method) not in there
    ]


def _row(method: str, table: Columns, rounds: int, *, parts: bool) -> MethodSummary:
    everything = np.arange(len(table.outcomes))
    counts = table.counts(everything)
    return MethodSummary(
        method,
        {
            "tp": counts.tp,
            "fp": counts.fp,
            "tn": counts.tn,
            "fn": counts.fn,
            "without_answer": int(np.isnan(table.scores).sum()),
            "failed": sum(outcome.failed for outcome in table.outcomes),
            "copies_told": int((~np.isnan(table.right)).sum()),
            "copies": sum(outcome.forgery == "copy-move" for outcome in table.outcomes if outcome.forged),
        },
        {
            name: pooled_precision(table, rounds) if name == "precision" else figure(table, everything, each, rounds)
            for name, each in FIGURES.items()
        },
        _breakdowns(table, rounds) if parts else {},
    )


def figure(table: Columns, rows: Ints, each: Callable[[Columns, Ints], float], rounds: int) -> Figure:
    """``each`` over ``rows``: per seed, their mean, and the interval of that mean."""
    seeds = sorted(set(table.seeds[rows].tolist()))

    def by_seed(taken: Ints) -> list[float]:
        return [each(table, taken[table.seeds[taken] == seed]) for seed in seeds]

    def mean(values: Sequence[float]) -> float:
        kept = [value for value in values if not math.isnan(value)]
        return sum(kept) / len(kept) if kept else math.nan

    values = by_seed(rows)
    groups = [table.outcomes[row].group for row in rows]
    low, high = bootstrap(groups, lambda taken: mean(by_seed(rows[taken])), rounds=rounds)
    return Figure(mean(values), low, high, tuple(values))


def pooled_precision(table: Columns, rounds: int) -> Figure:
    """TP and FP summed over seeds, since a seed may call next to nothing forged.

    The interval is the wider, at each end, of the groups drawn again and of Wilson's for so many called forged: two
    rightly called pictures, drawn again, would always be two rightly called pictures.
    """
    each, everything = FIGURES["precision"], np.arange(len(table.outcomes))
    counts = table.counts(everything)
    seeds = tuple(each(table, everything[table.seeds == seed]) for seed in sorted(set(table.seeds.tolist())))
    if not counts.tp + counts.fp:
        return Figure(math.nan, math.nan, math.nan, seeds)
    drawn = bootstrap([outcome.group for outcome in table.outcomes], lambda rows: each(table, rows), rounds=rounds)
    exact = wilson(counts.tp, counts.tp + counts.fp)
    return Figure(counts.precision, min(drawn[0], exact[0]), max(drawn[1], exact[1]), seeds)


def _breakdowns(table: Columns, rounds: int) -> dict[str, dict[str, Cell]]:
    found: dict[str, dict[str, Cell]] = {}
    for dimension, key_of in _dimensions(table).items():
        keys: dict[str, list[int]] = {}
        for row, outcome in enumerate(table.outcomes):
            keys.setdefault(key_of(row, outcome), []).append(row)
        cells = {key: _cell(table, np.asarray(keys[key], dtype=np.int64), rounds) for key in sorted(keys)}
        found[dimension] = {key: cell for key, cell in cells.items() if min(cell.pristine, cell.forged) >= FEWEST}
    return found


def _dimensions(table: Columns) -> dict[str, Callable[[int, Outcome], str]]:
    """What each row belongs to. A pristine picture belongs to the forgery class and size of its forged twin."""
    twins = {
        (int(table.seeds[row]), outcome.pair): outcome for row, outcome in enumerate(table.outcomes) if outcome.forged
    }

    def twin(row: int, outcome: Outcome) -> Outcome:
        return twins.get((int(table.seeds[row]), outcome.pair), outcome)

    return {
        "forgery": lambda row, outcome: twin(row, outcome).forgery or "unknown",
        "area": lambda row, outcome: area_bin(twin(row, outcome).area),
        "regime": lambda _, outcome: outcome.regime,
        "history": lambda _, outcome: outcome.history or "unknown",
        "quality": lambda _, outcome: quality_bin(outcome.first_quality, outcome.last_quality),
        "modality": lambda _, outcome: outcome.modality,
        "source": lambda _, outcome: outcome.source,
    }


def area_bin(area: float | None) -> str:
    """Which size class a changed share (0..1) belongs to."""
    if area is None:
        return "unknown"
    edges = ((0.01, "under 1 %"), (0.03, "1 to 3 %"), (0.07, "3 to 7 %"))
    return next((name for edge, name in edges if area < edge), "over 7 %")


def quality_bin(first: int | None, last: int | None) -> str:
    """The class of second minus first JPEG quality."""
    if last is None:
        return "no JPEG save at the end"
    if first is None:
        return "one JPEG save"
    edges = ((-8, "under -8"), (-2, "-8 to -3"), (3, "-2 to 2"), (9, "3 to 8"))
    return next((name for edge, name in edges if last - first < edge), "over 8")


def _cell(table: Columns, rows: Ints, rounds: int) -> Cell:
    forged = table.forged[rows]
    alarms, pristine = int((table.altered[rows] & ~forged).sum()), int((~forged).sum())
    return Cell(
        pristine,
        int(forged.sum()),
        figure(table, rows, FIGURES["auc"], rounds),
        FIGURES["band_found"](table, rows),
        alarms,
        clopper_pearson(alarms, pristine),
        FIGURES["pixel_f1"](table, rows),
    )
