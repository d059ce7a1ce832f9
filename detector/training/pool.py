"""The pictures that the localizer is made from: thousands of wide twins to train on, plain ones to hold and to test.

The sources named ``without`` are in a test of their own alone; of the others, groups are divided. Resumable.
``python -m detector.training.pool --data DIR --out POOL [--without SOURCE]``, then ``medseal train --method localizer
--data POOL --out DIR`` and ``python -m detector.evaluation.judging --models DIR --out OUT POOL/test POOL/strange``.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from detector.benchmarks import make_set
from detector.datasets.contract import Example
from detector.datasets.opening import open_dataset
from detector.datasets.splitting import Split, clustered, split
from detector.errors import UnusableData

LEFT_OUT = ("b_*", "dicom_cornerstone")
"""Photographs, and a source of three groups of which one cannot be decoded."""
SHARES = (0.78, 0.12, 0.10)
COUNTS = (6400, 480, 400, 400)
Report = Callable[[int, int, str], None]


def make_pool(
    data: Path,
    out: Path,
    *,
    seed: int,
    counts: tuple[int, int, int, int],
    without: Sequence[str] = (),
    train_seed: int | None = None,
    test_seed: int | None = None,
    past: int = 0,
    more: Path | None = None,
    processes: int = 2,
    report: Report = lambda _done, _total, _words: None,
) -> None:
    """``out/train``, ``out/held``, ``out/test`` and ``out/strange`` hold so many pictures (``counts``), half forged.

    *strange*: of the sources ``without``, of which nothing is in the others; empty when there are none. ``train_seed``
    draws other pictures to train on from the same groups, for a training that goes on from another; ``test_seed``
    other ones of *test* and *strange*, for a second judgement of one model. A count of 0 leaves a side out.

    ``out/past`` holds ``past`` wide pictures of the groups of *test* and *strange* together, lossless where their
    originals allow it, of which about half were a JPEG before the edit: the regime *lossless-jpeg-trace*, which no
    plain picture has. The pristine pictures of the data set ``more`` are all to train on, and change no division;
    UnusableData when one of them is, or nearly is, a picture of ``data``.
    """
    known, strange = divided(data, seed, without)
    added = [] if more is None else _apart(more, [*known.train, *known.held, *known.test, *strange])
    sides = (("train", [*known.train, *added]), ("held", known.held), ("test", known.test), ("strange", strange))
    test = seed if test_seed is None else test_seed
    if past:
        originals = [*known.test, *strange]
        where = out / "past"
        make_set(
            originals, where, count=past, seed=test, histories=("B1",), wide=True, processes=processes, report=report
        )
    drawn_by = {"train": seed if train_seed is None else train_seed, "held": seed, "test": test, "strange": test}
    for (name, side), count in zip(sides, counts, strict=True):
        if side and count:
            make_set(
                side,
                out / name,
                count=count,
                seed=drawn_by[name],
                wide=name == "train",
                processes=processes,
                report=report,
            )


def divided(data: Path, seed: int, without: Sequence[str]) -> tuple[Split, list[Example]]:
    """The pristine pictures of ``data`` in their sides, and those of the sources ``without``."""
    pristine = clustered([example for example in open_dataset(data) if not example.forged])
    pristine = [example for example in pristine if not _among(example, LEFT_OUT)]
    strange = [example for example in pristine if _among(example, without)]
    taken = {example.group for example in strange}
    return split([example for example in pristine if example.group not in taken], seed, SHARES), strange


def _apart(more: Path, others: Sequence[Example]) -> list[Example]:
    """The pristine pictures of ``more``, of which no group may be one of ``others``."""
    added = [example for example in open_dataset(more) if not example.forged]
    joined = clustered([*others, *added])
    taken, found = {example.group for example in joined[: len(others)]}, joined[len(others) :]
    if shared := sorted({example.group for example in found} & taken):
        raise UnusableData(f"expected other patients in {more}, found of the same groups: {', '.join(shared)[:200]}")
    return found


def _among(example: Example, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(example.source, pattern) for pattern in patterns)


def main(arguments: Sequence[str] | None = None) -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description="Make the pictures that the localizer is made from.")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--counts", type=int, nargs=4, default=COUNTS, help="train, held, test, strange")
    parser.add_argument("--without", action="append", default=[], help="a source for the test alone; * matches")
    parser.add_argument("--train-seed", type=int, help="other pictures to train on, of the same groups")
    parser.add_argument("--test-seed", type=int, help="other pictures to test on, of the same groups")
    parser.add_argument("--past", type=int, default=0, help="lossless pictures, half of them with a JPEG past")
    parser.add_argument("--more", type=Path, help="another data set, all of it to train on")
    asked = parser.parse_args(arguments)
    train, held, test, strange = asked.counts
    make_pool(
        asked.data,
        asked.out,
        seed=asked.seed,
        counts=(train, held, test, strange),
        without=asked.without,
        train_seed=asked.train_seed,
        test_seed=asked.test_seed,
        past=asked.past,
        more=asked.more,
    )


if __name__ == "__main__":
    main()
