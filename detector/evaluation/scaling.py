"""Learning curves of the localizer: what more pictures, more sources and more weights are worth on strange pictures.

``python -m detector.evaluation.scaling --pool POOL --judged SET --out OUT`` trains it from nothing at every point of
the plan with the same number of steps, and judges each model on SET, whose source the pool does not hold. It writes
``learning.md`` and ``learning.json``; a stopped run goes on. POOL is a folder of ``detector.training.pool``. The curve
over the hours is what each training leaves: the losses of its epochs, on held pictures of the point's own sources, on
which the picture's head is fitted too. Fewer sources are fewer pictures as well. One training a point.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from detector.datasets.contract import Example
from detector.datasets.opening import open_dataset
from detector.evaluation.examining import Examiners
from detector.evaluation.intervals import auc, bootstrap
from detector.evaluation.outcomes import Outcome
from detector.serving import MANIFEST
from detector.training.run import train

METHOD = "localizer"
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
    """What a point had and reached; the AUC of pictures of A and B with its 95 % interval, groups drawn again."""

    point: Point
    pictures: int
    groups: int
    sources: int
    weights: int
    minutes: float
    held_losses: tuple[float, ...]
    auc: tuple[float, float, float]


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


def reach(point: Point, pool: Path, judged: Path, out: Path, epochs: int, report: Report) -> Reached:
    """Train at ``point`` in ``out/NAME`` (or take what is there) and judge on ``judged``."""
    chosen = part_of(open_dataset(pool / "train"), point)
    sources = {example.source for example in chosen}
    held = [example for example in open_dataset(pool / "held") if example.source in sources]
    folder = out / point.name / METHOD
    train(METHOD, chosen, held, folder, seed=1, config={"epochs": epochs, "width": point.width}, report=report)
    with Examiners(2) as examiners:
        kept = out / point.name / "answers.jsonl"
        found = examiners.examine(METHOD, folder.parent, list(open_dataset(judged)), kept, report=report)
    facts = json.loads((folder / MANIFEST).read_text("utf-8"))["training"]
    curve = json.loads((folder / "history-network.json").read_text("utf-8"))["epochs"]
    return Reached(
        point,
        pictures=len(chosen),
        groups=len({example.group for example in chosen}),
        sources=len({example.source for example in chosen}),
        weights=facts["parameters"],
        minutes=sum(one["seconds"] for one in curve) / 60,
        held_losses=tuple(one["held_loss"] for one in curve),
        auc=_auc([one for one in found if one.history in ("A", "B1", "B2") and one.score is not None]),
    )


def _auc(part: Sequence[Outcome]) -> tuple[float, float, float]:
    scores, labels = np.array([one.score for one in part]), np.array([one.forged for one in part])
    bounds = bootstrap([one.group for one in part], lambda rows: auc(scores[rows], labels[rows]))
    return auc(scores, labels), *bounds


def table(reached: Sequence[Reached]) -> str:
    """The points in Markdown."""
    heads = ("groups", "sources", "pictures", "weights", "minutes", "held loss by epoch", "AUC of A and B")
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for one in reached:
        losses = " ".join(f"{loss:.2f}" for loss in one.held_losses)
        middle, low, high = one.auc
        lines.append(
            f"| {one.groups} | {one.sources} | {one.pictures} | {one.weights:,} | {one.minutes:.0f} | {losses} | "
            f"{middle:.2f} ({low:.2f}–{high:.2f}) |"
        )
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str] | None = None) -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description="Learning curves of the localizer over data, sources and weights.")
    parser.add_argument("--pool", type=Path, required=True, help="pictures to train on and to hold: POOL/train, /held")
    parser.add_argument("--judged", type=Path, required=True, help="a made set of a source that the pool lacks")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=3, help="of each point, 250 batches of 16 crops each")
    asked = parser.parse_args(arguments)
    reached = []
    for number, point in enumerate(PLAN):
        sys.stdout.write(f"{number + 1} of {len(PLAN)}: {point.name}\n")
        sys.stdout.flush()
        reached.append(
            reach(point, asked.pool, asked.judged, asked.out, asked.epochs, lambda _done, _total, _words: None)
        )
        (asked.out / "learning.md").write_text(table(reached), "utf-8")
        points = json.dumps([asdict(one) for one in reached], indent=1)
        (asked.out / "learning.json").write_text(points + "\n", "utf-8")
    sys.stdout.write(table(reached))


if __name__ == "__main__":
    main()
