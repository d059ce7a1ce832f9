"""Learning curves of the localizer: what more pictures, more sources and more weights are worth on strange pictures.

``python -m detector.evaluation.scaling --pool POOL --judged SET [SET ...] --out OUT`` trains it from nothing at every
point of the plan with the same number of steps, and judges each model on every SET, whose patients the pool does not
hold. It writes ``learning.md`` and ``learning.json``; a stopped run goes on. POOL is a folder of
``detector.training.pool``. The curve over the hours is what each training leaves: the losses of its epochs, on held
pictures of the point's own sources, on which the picture's head is fitted too. Fewer sources are fewer pictures as
well. One training a point.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import shutil
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from detector.datasets.contract import Example
from detector.datasets.opening import open_dataset
from detector.errors import UnusableData
from detector.evaluation.examining import Examiners
from detector.evaluation.intervals import auc, bootstrap
from detector.evaluation.outcomes import Outcome
from detector.serving import MANIFEST, write_manifest
from detector.training.config import settled
from detector.training.contract import Run, Samples
from detector.training.preparing import prepared, trainer_of
from detector.training.run import CHECKPOINT

METHOD, SEED = "localizer", 1
Report = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Point:
    """A training: of the share ``groups`` of each source's groups, of the share ``sources`` of the sources."""

    groups: float = 1.0
    sources: float = 1.0
    width: float = 1.0

    @property
    def name(self) -> str:
        """Also the name of its folder."""
        return f"groups-{self.groups:g}-sources-{self.sources:g}-width-{self.width:g}"


PLAN = (
    Point(groups=1 / 8),
    Point(groups=1 / 2),
    Point(),
    Point(sources=1 / 4),
    Point(sources=1 / 2),
    Point(width=0.5),
    Point(width=1.5),
)


@dataclass(frozen=True)
class Reached:
    """What a point had and reached; for each judged set, by the name of its folder, the AUC of pictures of A and B with
    its 95 % interval, groups drawn again."""

    point: Point
    pictures: int
    groups: int
    sources: int
    weights: int
    minutes: float
    held_losses: tuple[float, ...]
    auc: dict[str, tuple[float, float, float]]


def part_of(examples: Sequence[Example], point: Point) -> list[Example]:
    """The examples of the point's sources and groups, in their order; at least one of each. Larger shares hold
    smaller ones, and nothing but the names decides."""
    groups: dict[str, set[str]] = defaultdict(set)
    for example in examples:
        groups[example.source].add(example.group)
    kept = {group for name in _first(groups, point.sources) for group in _first(groups[name], point.groups)}
    return [example for example in examples if example.group in kept]


def _first(names: Sequence[str] | set[str] | dict[str, set[str]], share: float) -> list[str]:
    ordered = sorted(names, key=lambda name: hashlib.sha256(name.encode()).digest())
    return ordered[: math.ceil(share * len(ordered))]


@dataclass(frozen=True)
class Side:
    """Examples and their samples, made once for all points."""

    examples: list[Example]
    samples: Samples

    def part(self, kept: Sequence[Example]) -> Side:
        """Of the examples ``kept``."""
        if len(kept) == len(self.examples):
            return self
        paths = {example.path for example in kept}
        chosen = np.array([example.path in paths for example in self.examples])[self.samples.owners]
        taken = Samples(*(one[chosen] for one in (self.samples.inputs, self.samples.labels, self.samples.owners)))
        return Side(list(kept), taken)


@dataclass(frozen=True)
class Study:
    """What all points share."""

    train: Side
    held: Side
    judged: dict[str, list[Example]]
    out: Path
    epochs: int


def opened(pool: Path, judged: Sequence[Path], out: Path, epochs: int, report: Report) -> Study:
    """The study of POOL, its samples made in ``out/samples`` or taken from there.

    UnusableData when ``out`` holds another study, or two judged sets have one name.
    """
    if len({path.name for path in judged}) < len(judged):
        raise UnusableData(f"expected judged sets of different names, found {', '.join(path.name for path in judged)}")
    _claim(out, {"pool": str(pool.resolve()), "epochs": epochs})
    train, held = (_side(pool, name, out, report) for name in ("train", "held"))
    return Study(train, held, {path.name: list(open_dataset(path)) for path in judged}, out, epochs)


def _claim(out: Path, study: dict[str, Any]) -> None:
    """``out`` is for ``study`` from here on."""
    path = out / "study.json"
    if path.exists() and json.loads(path.read_text("utf-8")) != study:
        raise UnusableData(
            f"expected the study that was begun in {out}, found another pool or number of epochs",
            advice="Give another --out.",
        )
    out.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(study) + "\n", "utf-8")


def _side(pool: Path, name: str, out: Path, report: Report) -> Side:
    examples = list(open_dataset(pool / name))
    made = prepared(METHOD, examples, out / "samples" / name, seed=SEED, report=report, words=f"{name} samples")
    return Side(examples, made)


def reach(study: Study, point: Point, report: Report) -> Reached:
    """Train at ``point`` in ``out/NAME`` (or take what is there) and judge."""
    folder = study.out / point.name / METHOD
    chosen = part_of(study.train.examples, point)
    if not (folder / MANIFEST).exists():
        _train(study, point, folder, report)
    with Examiners(2) as examiners:
        answers = {
            name: examiners.examine(METHOD, folder.parent, ones, folder.parent / f"{name}.jsonl", report=report)
            for name, ones in study.judged.items()
        }
    curve = json.loads((folder / "history-network.json").read_text("utf-8"))["epochs"]
    return Reached(
        point,
        pictures=len(chosen),
        groups=len({example.group for example in chosen}),
        sources=len({example.source for example in chosen}),
        weights=json.loads((folder / MANIFEST).read_text("utf-8"))["parameters"],
        minutes=sum(one["seconds"] for one in curve) / 60,
        held_losses=tuple(one["held_loss"] for one in curve),
        auc={name: _auc([one for one in found if one.history != "C"]) for name, found in answers.items()},
    )


def _train(study: Study, point: Point, folder: Path, report: Report) -> None:
    chosen = study.train.part(part_of(study.train.examples, point))
    sources = {example.source for example in chosen.examples}
    held = study.held.part([example for example in study.held.examples if example.source in sources])
    config = settled(METHOD, {"epochs": study.epochs, "width": point.width})
    checkpoint = folder / CHECKPOINT
    checkpoint.mkdir(parents=True, exist_ok=True)
    run = Run(folder, checkpoint, SEED, config, report, held.examples)
    trainer_of(METHOD).fit(chosen.samples, held.samples, run)
    facts = json.loads((checkpoint / "facts.json").read_text("utf-8"))
    write_manifest(folder, method=METHOD, version="1", seed=SEED, parameters=facts["parameters"])
    shutil.rmtree(checkpoint)


def _auc(found: Sequence[Outcome]) -> tuple[float, float, float]:
    part = [one for one in found if one.score is not None]
    scores, labels = np.array([one.score for one in part]), np.array([one.forged for one in part])
    bounds = bootstrap([one.group for one in part], lambda rows: auc(scores[rows], labels[rows]))
    return auc(scores, labels), *bounds


def table(reached: Sequence[Reached]) -> str:
    """The points in Markdown."""
    sets = list(reached[0].auc)
    named = [f"AUC of A and B, {name}" for name in sets]
    heads = ("groups", "sources", "pictures", "weights", "minutes", "held loss by epoch", *named)
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for one in reached:
        losses = " ".join(f"{loss:.2f}" for loss in one.held_losses)
        areas = " | ".join("{:.2f} ({:.2f}–{:.2f})".format(*one.auc[name]) for name in sets)
        lines.append(
            f"| {one.groups} | {one.sources} | {one.pictures} | {one.weights:,} | {one.minutes:.0f} | {losses} | "
            f"{areas} |"
        )
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str] | None = None) -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description="Learning curves of the localizer over data, sources and weights.")
    parser.add_argument("--pool", type=Path, required=True, help="pictures to train on and to hold: POOL/train, /held")
    parser.add_argument("--judged", type=Path, required=True, nargs="+", help="made sets of patients that POOL lacks")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=3, help="of each point, 250 batches of 16 crops each")
    asked = parser.parse_args(arguments)
    study = opened(asked.pool, asked.judged, asked.out, asked.epochs, _quiet)
    reached = []
    for number, point in enumerate(PLAN):
        sys.stdout.write(f"{number + 1} of {len(PLAN)}: {point.name}\n")
        sys.stdout.flush()
        reached.append(reach(study, point, _quiet))
        (asked.out / "learning.md").write_text(table(reached), "utf-8")
        points = json.dumps([asdict(one) for one in reached], indent=1)
        (asked.out / "learning.json").write_text(points + "\n", "utf-8")
    sys.stdout.write(table(reached))


def _quiet(_done: int, _total: int, _words: str) -> None:
    """The lines of the points are enough."""


if __name__ == "__main__":
    main()
