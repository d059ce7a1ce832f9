"""The pictures that the localizer is made from: thousands of wide twins to train on, plain ones to hold and to test.

The sources named ``without`` are in the test alone; of the others, groups are divided. Resumable.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from detector.benchmarks import make_set
from detector.datasets.contract import Example
from detector.datasets.opening import open_dataset
from detector.datasets.splitting import clustered, split

LEFT_OUT = ("b_*", "dicom_cornerstone")
"""Photographs, and a source of three groups of which one cannot be decoded."""
SHARES = (0.78, 0.12, 0.10)
Report = Callable[[int, int, str], None]


def make_pool(
    data: Path,
    out: Path,
    *,
    seed: int,
    counts: tuple[int, int, int, int],
    without: Sequence[str] = (),
    processes: int = 2,
    report: Report = lambda _done, _total, _words: None,
) -> None:
    """``out/train``, ``out/held``, ``out/test`` and ``out/strange`` hold so many pictures (``counts``), half forged.

    *strange*: of the sources ``without``, of which nothing is in the others; empty when there are none.
    """
    pristine = clustered([example for example in open_dataset(data) if not example.forged])
    pristine = [example for example in pristine if not _among(example, LEFT_OUT)]
    strange = [example for example in pristine if _among(example, without)]
    taken = {example.group for example in strange}
    known = split([example for example in pristine if example.group not in taken], seed, SHARES)
    sides = (("train", known.train), ("held", known.held), ("test", known.test), ("strange", strange))
    for (name, side), count in zip(sides, counts, strict=True):
        if side and count:
            make_set(side, out / name, count=count, seed=seed, wide=name == "train", processes=processes, report=report)


def _among(example: Example, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(example.source, pattern) for pattern in patterns)
