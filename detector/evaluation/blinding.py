"""What each kind of evidence carries: the finished localizer judged with one kind after another taken away.

``python -m detector.evaluation.blinding --models DIR --out FILE SET…`` writes a table. A kind is taken away by giving
the network its mean over the picture in every place, so that it says nothing of where. The network was trained with
all of them: what another would make of the rest may be more.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from detector.datasets.contract import Example
from detector.datasets.opening import open_dataset
from detector.datasets.reading import read_picture
from detector.evaluation.intervals import auc, bootstrap
from detector.localizer.features import BLOCK_FEATURES, Features, features
from detector.localizer.head import Head, statistics
from detector.localizer.tiles import TileNetwork, odds_map, open_tiles
from detector.pictures import usable
from detector.workers import settle

ALL = "nothing"
KINDS: Mapping[str, tuple[str, ...]] = {
    ALL: (),
    "pixels": ("pixels",),
    "detail and noise": BLOCK_FEATURES[: BLOCK_FEATURES.index("against the first save")],
    "first saves": ("against the first save", "against the second save"),
    "grids": tuple(name for name in BLOCK_FEATURES if "grid" in name),
    "recompression": tuple(name for name in BLOCK_FEATURES if name.startswith("ghost")),
    "colour": ("blue noise", "red noise", "colour | middle"),
}
"""What is taken away in each line of the table, by names of block features; ``pixels`` are the planes."""
HISTORIES: Mapping[str, tuple[str, ...]] = {
    "A and B": ("A", "B1", "B2"),
    **{name: (name,) for name in ("A", "B1", "B2", "C")},
}
ROUNDS = 500


@dataclass(frozen=True)
class Scored:
    """The scores of one picture, by what was taken away."""

    forged: bool
    group: str
    history: str
    scores: dict[str, float]


def without(found: Features, names: Sequence[str]) -> Features:
    """``found`` with each of ``names`` replaced by its mean over the picture."""
    pixels, blocks = found.pixels.copy(), found.blocks.copy()
    if "pixels" in names:
        pixels[...] = np.rint(pixels.mean(axis=(0, 1)))
    for place in (BLOCK_FEATURES.index(name) for name in names if name != "pixels"):
        blocks[..., place] = blocks[..., place].mean(dtype=np.float32)
    return Features(pixels, blocks, found.figures)


def scored(example: Example, model: Path) -> Scored | None:
    """The picture's scores; None where the localizer does not apply."""
    picture = read_picture(example.path)
    if not usable(picture.pixels).applicable:
        return None
    network, head = _opened(model)
    found = features(picture.pixels, picture.jpeg)
    maps = {kind: odds_map(network, without(found, names)) for kind, names in KINDS.items()}
    scores = {kind: head.score(statistics(odds)) for kind, odds in maps.items()}
    return Scored(example.forged, example.group, example.history or "", scores)


@lru_cache(maxsize=1)
def _opened(model: Path) -> tuple[TileNetwork, Head]:
    return open_tiles(model), Head.from_json(json.loads((model / "head.json").read_text("utf-8")))


def table(found: Iterable[Scored]) -> str:
    """In Markdown: a line for each kind, a column for each save history, AUC with its interval (groups drawn again)."""
    pictures = list(found)
    lines = [f"| taken away | {' | '.join(HISTORIES)} |", "|---" * (len(HISTORIES) + 1) + "|"]
    for kind in KINDS:
        cells = (_cell([one for one in pictures if one.history in part], kind) for part in HISTORIES.values())
        lines.append(f"| {kind} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _cell(part: Sequence[Scored], kind: str) -> str:
    if len({one.forged for one in part}) < 2:
        return "–"
    scores, labels = np.array([one.scores[kind] for one in part]), np.array([int(one.forged) for one in part])
    low, high = bootstrap([one.group for one in part], lambda rows: auc(scores[rows], labels[rows]), rounds=ROUNDS)
    return f"{auc(scores, labels):.2f} ({low:.2f}–{high:.2f})"


def main(arguments: Sequence[str] | None = None) -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description="The localizer judged with one kind of evidence taken away.")
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("sets", type=Path, nargs="+")
    asked = parser.parse_args(arguments)
    examples = [example for folder in asked.sets for example in open_dataset(folder)]
    # Spawned, since a copy of a process in which TensorFlow has run hangs.
    with ProcessPoolExecutor(asked.processes, get_context("spawn"), initializer=settle) as pool:
        models = [asked.models / "localizer"] * len(examples)
        found = [one for one in pool.map(scored, examples, models, chunksize=4) if one is not None]
    asked.out.write_text(table(found), "utf-8")


if __name__ == "__main__":
    main()
