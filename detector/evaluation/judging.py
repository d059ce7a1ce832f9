"""One finished model on sets of known truth: by save history, modality and kind of forgery, with intervals.

``python -m detector.evaluation.judging --method localizer --models DIR --out DIR SET…`` writes ``judged.md`` and
``judged.json``; a stopped run goes on. With ``--calibrate SET`` the model's bands are set anew on that set
first, and a second table judges each picture by bands that were set without its source. A set is a folder that
``make_set`` wrote; sets of one name (``SEED-1/strange SEED-2/strange``) are judged together, and
each one's AUC is printed.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from detector.calibrate import Calibration
from detector.datasets.opening import open_dataset
from detector.evaluation.columns import DECIDING
from detector.evaluation.examining import Examiners, fit
from detector.evaluation.intervals import Ints, auc, bootstrap, wilson
from detector.evaluation.metrics import BINS, area_percent, expected_calibration_error, pixel_f1, true_percent
from detector.evaluation.outcomes import Outcome
from detector.modalities import FILE as MODALITIES
from detector.modalities import FORMAT, PROTOCOL
from detector.serving import MANIFEST, write_manifest
from detector.types import Band

ROUNDS = 500
TOLD = 0.5
Key = Callable[[Outcome], str | None]
Bands = Callable[[Outcome], Calibration]
"""The bands and the mask threshold that a picture is judged by."""
GROUPINGS: tuple[tuple[str, Key], ...] = (
    ("all", lambda _: "all"),
    ("A and B", lambda one: "A and B" if one.history in ("A", "B1", "B2") else None),
    ("history", lambda one: one.history),
    ("A by quality", lambda one: _gap(one) if one.history == "A" else None),
    ("source", lambda one: one.source),
    ("modality", lambda one: one.modality),
    ("regime", lambda one: one.regime),
    ("forgery", lambda one: one.forgery),
)


@dataclass(frozen=True)
class Row:
    """Figures of one part of a set, each with the bounds of its 95 % interval (pictures of a group drawn together).

    Shares of the pristine and the forged pictures called *altered* (``alarms``, ``caught``) and *no-trace*
    (``cleared``, ``missed``).
    """

    grouping: str
    name: str
    pictures: int
    auc: tuple[float, float, float]
    f1: tuple[float, float, float]
    alarms: tuple[float, float, float]
    caught: tuple[float, float, float]
    cleared: tuple[float, float, float]
    missed: tuple[float, float, float]
    inconclusive: float
    ece: float
    area_error: float
    seconds: float
    """Wall seconds a megapixel, one worker a core."""


def without_its_source(chosen: Sequence[Outcome]) -> Bands:
    """Bands set on ``chosen`` less the source of the picture that is judged: as if that came from elsewhere.

    Where the others have no picture of its regime, they say nothing of it, and those set on all of ``chosen`` hold.
    """
    whole, sources = fit(list(chosen)), {one.source for one in chosen}
    others = {name: [one for one in chosen if one.source != name] for name in sources}
    bands = {name: fit(part) for name, part in others.items() if part}

    def chosen_for(one: Outcome) -> Calibration:
        found = bands.get(one.source, whole)
        return found if found.knows(one.regime) else whole

    return chosen_for


def judge(outcomes: Sequence[Outcome], bands: Bands) -> list[Row]:
    """One row for each part of each of GROUPINGS; a forgery's row has the pristine twins of its pictures."""
    scored = [one for one in outcomes if one.score is not None]
    made = []
    for grouping, key in GROUPINGS:
        names = sorted({name for name in map(key, scored) if name is not None})
        for name in names:
            pairs = {one.pair for one in scored if key(one) == name} if grouping == "forgery" else set()
            part = [one for one in scored if key(one) == name or (not one.forged and one.pair in pairs)]
            made.append(_row(grouping, name, part, bands))
    return made


def table(rows: Iterable[Row]) -> str:
    """The rows in Markdown."""
    heads = (
        *("picture AUC", "pixel F1", "pristine called altered", "forged called altered", "pristine called no-trace"),
        *("forged called no-trace", "inconclusive", "ECE", "area error", "s/Mpx"),
    )
    lines = [f"| | pictures | {' | '.join(heads)} |", "|---" * (len(heads) + 2) + "|"]
    for row in rows:
        shares = (row.alarms, row.caught, row.cleared, row.missed)
        figures = " | ".join(_shown(one) for one in (row.auc, row.f1, *shares))
        end = f"{row.inconclusive:.2f} | {row.ece:.2f} | {row.area_error:.1f} | {row.seconds:.2f}"
        lines.append(f"| {row.grouping}: {row.name} | {row.pictures} | {figures} | {end} |")
    return "\n".join(lines) + "\n"


def set_anew(model: Path, found: Mapping[str, Sequence[Outcome]], parts: Sequence[str]) -> tuple[Calibration, Bands]:
    """The calibration of ``parts`` of the sets (NAME, or NAME:REGIME), kept in the folder ``model``; beside it the
    counts by modality over all sets, as ``detector.modalities`` reads them, each picture called by bands that were set
    without its source where others have its regime. Both are named in the manifest.

    So a model's bands can be set on sources that it was not trained on. Gives them, and those without each source.
    """
    chosen: list[Outcome] = []
    for part in parts:
        name, _, regime = part.partition(":")
        chosen += [one for one in found[name] if regime in ("", one.regime)]
    facts: dict[str, Any] = json.loads((model / MANIFEST).read_text("utf-8"))
    del facts["files"]
    calibration = fit(chosen)
    calibration.save(model / "calibration.json")
    unseen = without_its_source(chosen)
    counts = _counts([one for outcomes in found.values() for one in outcomes], unseen)
    about = {"format": FORMAT, "protocol": PROTOCOL, "date": date.today().isoformat(), "seeds": [facts.get("seed", 0)]}
    body = {**about, "methods": {model.name: counts}}
    (model / MODALITIES).write_text(json.dumps(body, indent=1) + "\n", "utf-8")
    write_manifest(model, **facts)
    return calibration, unseen


def _counts(outcomes: Sequence[Outcome], bands: Bands) -> dict[str, Any]:
    """Pictures, alarms and what was caught of each modality that has both classes."""
    made = {}
    for row in judge(outcomes, bands):
        part = [one for one in outcomes if one.modality == row.name and one.score is not None]
        forged = sum(one.forged for one in part)
        if row.grouping == "modality" and 0 < forged < len(part):
            pristine = len(part) - forged
            counts = {"pristine": pristine, "forged": forged, "false_alarms": round(row.alarms[0] * pristine)}
            one_group = len({one.group for one in part}) < 2  # drawing it again says nothing
            area = None if np.isnan(row.auc).any() or one_group else [round(value, 4) for value in row.auc]
            made[row.name] = {**counts, "caught": round(row.caught[0] * forged), "auc": area}
    return made


def _row(grouping: str, name: str, part: Sequence[Outcome], bands: Bands) -> Row:
    labels = np.array([int(one.forged) for one in part])
    scores = np.array([one.score for one in part], np.float64)
    at = {id(one): round(bands(one).mask_threshold * BINS) for one in part}
    f1 = np.array([float(pixel_f1(one.histogram)[at[id(one)]]) if one.forged else np.nan for one in part])
    said = [bands(one).apply(one.score or 0.0, one.regime) for one in part]
    called, clear = (np.array([answer.band is band for answer in said]) for band in (Band.ALTERED, Band.NO_TRACE))
    gaps = [abs(true_percent(o.histogram) - area_percent(o.histogram, at[id(o)])) for o in part if o.forged]
    clusters = [one.group for one in part]

    def interval(statistic: Callable[[Ints], float]) -> tuple[float, float, float]:
        return statistic(np.arange(len(part))), *bootstrap(clusters, statistic, rounds=ROUNDS)

    return Row(
        grouping,
        name,
        len(part),
        interval(lambda rows: auc(scores[rows], labels[rows])),
        interval(lambda rows: _mean(f1[rows])),
        _rate(called[labels == 0]),
        _rate(called[labels == 1]),
        _rate(clear[labels == 0]),
        _rate(clear[labels == 1]),
        float(np.mean([answer.band is Band.INCONCLUSIVE for answer in said])),
        expected_calibration_error([answer.probability for answer in said], labels),
        float(np.mean(gaps)) if gaps else float("nan"),
        sum(one.seconds for one in part) / sum(one.pixels for one in part) * 1e6,
    )


def by_name(found: Mapping[Path, Sequence[Outcome]]) -> dict[str, list[Outcome]]:
    """The outcomes of sets of one name together. A pair is of one set: the same name in two sets is two pairs."""
    made: dict[str, list[Outcome]] = defaultdict(list)
    for folder, outcomes in found.items():
        made[folder.name] += [replace(one, pair=f"{folder.parent.name}/{one.pair}") for one in outcomes]
    return dict(made)


def each_set(found: Mapping[Path, Sequence[Outcome]]) -> str:
    """A line for each set with its AUC by history: how far other forgeries of the same pictures move it."""
    lines = []
    for folder, outcomes in found.items():
        parts = [("A and B", ("A", "B1", "B2")), *((name, (name,)) for name in ("A", "B1", "B2", "C"))]
        figures = []
        for name, histories in parts:
            chosen = [one for one in outcomes if one.score is not None and one.history in histories]
            area = auc([one.score or 0.0 for one in chosen], [one.forged for one in chosen])
            figures.append(f"{name} –" if np.isnan(area) else f"{name} {area:.3f}")
        lines.append(f"- {folder.parent.name}/{folder.name}: AUC {', '.join(figures)}")
    return "\n".join(lines) + "\n"


def told_apart(outcomes: Iterable[Outcome]) -> str:
    """How often the copy was hotter than what it was copied from, of the copies of which the map tells one side: the
    hotter has a mean heat of TOLD at least."""
    copies = [(one.copy_heat, one.origin_heat) for one in outcomes if None not in (one.copy_heat, one.origin_heat)]
    told = [(copy or 0.0, origin or 0.0) for copy, origin in copies]
    answers = [copy > origin for copy, origin in told if copy != origin and max(copy, origin) >= TOLD]
    if not answers:
        return f"Copy and original told apart: of none of {len(copies)} copies.\n"
    low, high = wilson(sum(answers), len(answers))
    share = f"{sum(answers) / len(answers):.2f} ({low:.2f}–{high:.2f})"
    return f"Copy and original told rightly: {share} of {len(answers)} answers, {len(copies)} copies.\n"


def _gap(one: Outcome) -> str:
    gap = (one.last_quality or 0) - (one.first_quality or 0)
    return "last finer by more than 3" if gap > 3 else "within 3" if gap >= -3 else "last coarser by more than 3"


def _mean(values: Any) -> float:
    kept = values[~np.isnan(values)]
    return float(kept.mean()) if kept.size else float("nan")


def _rate(called: Any) -> tuple[float, float, float]:
    total = len(called)
    return (float(called.mean()) if total else float("nan"), *wilson(int(called.sum()), total))


def _shown(figure: tuple[float, float, float]) -> str:
    value, low, high = figure
    return "–" if np.isnan(value) else f"{value:.2f} ({low:.2f}–{high:.2f})"


def _examined(asked: argparse.Namespace) -> dict[Path, list[Outcome]]:
    found = {}
    with Examiners(asked.processes) as examiners:
        for folder in (one.resolve() for one in asked.sets):
            kept = asked.out / f"{folder.parent.name}-{folder.name}.jsonl"
            found[folder] = examiners.examine(
                asked.method, asked.models, open_dataset(folder), kept, report=lambda _done, _total, _words: None
            )
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description="Judge one finished model on sets of known truth.")
    parser.add_argument("--method", default="localizer")
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument(
        "--calibrate", action="append", default=[], metavar="SET[:REGIME]", help="set the bands anew on these first"
    )
    parser.add_argument("sets", type=Path, nargs="+")
    asked = parser.parse_args(arguments)
    asked.out.mkdir(parents=True, exist_ok=True)
    sets = _examined(asked)
    found = by_name(sets)
    model = asked.models / asked.method
    kinds: list[tuple[str, Bands]] = []
    if asked.calibrate:
        calibration, unseen = set_anew(model, found, asked.calibrate)
        kinds.append((", bands set without the source of each picture", unseen))
    else:
        calibration = Calibration.load(model / "calibration.json")
    texts, figures = [each_set(sets)] if len(sets) > len(found) else [], {}
    for name, outcomes in found.items():
        for words, bands in [("", lambda _: calibration), *kinds]:
            rows = judge(outcomes, bands)
            texts.append(f"### {name}{words}\n\n{table(rows)}")
            figures[name + words] = [vars(row) for row in rows]
        if asked.method in DECIDING:
            texts.append(told_apart(outcomes))
    (asked.out / "judged.md").write_text("\n".join(texts), "utf-8")
    (asked.out / "judged.json").write_text(json.dumps(figures, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
