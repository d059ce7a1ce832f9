"""Which pictures train, which are held out, and which test: the protocols of the table.

*honest*: both classes pass through the same save histories; the pristine pictures are divided by group (patient,
volume, cluster of near-duplicates) before anything is made of them. *source-out*: nothing of one source is trained or
calibrated on, and only it is tested. *paper*: the seed paper's 300 + 300 pictures, 480 to train and 120 to test, drawn
by original at random (an original and its forgery together, patients on both sides); the same saves for both classes;
of the 480, a share is held out for early stopping and calibration, which the paper leaves open. *leaky*: as *paper*,
with the forged files saved once more than the pristine.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

from detector.benchmarks import make_set
from detector.datasets.contract import Example
from detector.datasets.splitting import Split, random_split, split, without_source
from detector.errors import UnusableData
from detector.evaluation.config import ProtocolConfig

Report = Callable[[int, int, str], None]


def pristine(examples: Sequence[Example], without: Sequence[str]) -> list[Example]:
    """The examples that are not forged and not of a source that is left out; UnusableData when none is."""
    kept = [
        example
        for example in examples
        if not example.forged and not any(fnmatchcase(example.source, pattern) for pattern in without)
    ]
    if not kept:
        raise UnusableData(f"expected pristine pictures, found none among {len(examples)}")
    return kept


def build(
    protocol: ProtocolConfig,
    originals: Sequence[Example],
    folder: Path,
    *,
    turn: int,
    seed: int,
    first: int,
    report: Report,
) -> Split:
    """The sides of ``protocol`` for its ``turn``-th seed, their pictures made under ``folder`` when not there yet.

    A protocol that divides at random has one set, made with the seed ``first``; each seed draws it anew.
    """
    shares = (1 - protocol.held - protocol.test, protocol.held, protocol.test)
    if protocol.division == "random":
        made = _made(protocol, originals, folder, protocol.count, first, report)
        return _checked(random_split(made, seed, shares))
    if protocol.division == "source":
        others, wanted = without_source(originals, protocol.sources[turn % len(protocol.sources)])
        sides = replace(split(others, seed, (1 - protocol.held, protocol.held, 0.0)), test=wanted)
        counts = (
            _even(protocol.count * (1 - protocol.held)),
            _even(protocol.count * protocol.held),
            protocol.test_count,
        )
    else:
        sides = split(originals, seed, shares)
        counts = (
            _even(protocol.count * shares[0]),
            _even(protocol.count * shares[1]),
            _even(protocol.count * shares[2]),
        )
    return _checked(_made_sides(protocol, sides, folder, counts, seed, report))


def _made_sides(
    protocol: ProtocolConfig, sides: Split, folder: Path, counts: tuple[int, ...], seed: int, report: Report
) -> Split:
    """A set of each side by itself, so that no donor of a splice stands on another side than its picture."""
    parts = (("train", sides.train), ("held", sides.held), ("test", sides.test))
    return Split(
        *(
            _made(protocol, originals, folder / name, count, 10 * seed + place, report)
            for place, ((name, originals), count) in enumerate(zip(parts, counts, strict=True))
        )
    )


def _even(count: float) -> int:
    """The even number nearest to ``count``: pictures come in twins."""
    return 2 * round(count / 2)


def _made(
    protocol: ProtocolConfig, originals: Sequence[Example], folder: Path, count: int, seed: int, report: Report
) -> list[Example]:
    return make_set(
        originals,
        folder,
        count=count,
        seed=seed,
        histories=protocol.histories,
        leaky=protocol.leaky,
        report=report,
    )


def _checked(sides: Split) -> Split:
    for name, part in (("train", sides.train), ("held-out", sides.held), ("test", sides.test)):
        if {example.forged for example in part} != {True, False}:
            raise UnusableData(
                f"expected both classes on the {name} side, found {len(part)} pictures of fewer",
                advice="Give more pictures of more groups, or raise count in the configuration.",
            )
    return sides
