"""From a folder of pictures to a model folder that ``analyze`` can use: split, make forgeries, train, calibrate."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from detector.benchmarks import make_set
from detector.datasets.contract import Example
from detector.datasets.generated import FILE
from detector.datasets.opening import open_dataset
from detector.datasets.splitting import split
from detector.errors import UnusableData
from detector.evaluation.examining import calibrate_method
from detector.serving import check_manifest
from detector.training.config import load_settings
from detector.training.run import forget, train, trainable

WORK = ".work"
Report = Callable[[int, int, str], None]


def train_completely(
    method: str,
    data: Path,
    out: Path,
    *,
    seed: int,
    config: Path | None = None,
    without: Sequence[str] = (),
    fresh: bool = False,
    report: Report = lambda _done, _total, _words: None,
) -> dict[str, Any]:
    """Afterwards ``out/METHOD`` has the trained model, its calibration and its manifest, which is returned.

    ``data`` is any data set that ``open_dataset`` reads; sources that match a pattern of ``without`` are left out. Its
    groups are divided into a training and a held side; or it holds the two as ``train`` and ``held``, as the benchmark
    makes them (so that a model of the table can be made again). Where it has no forged pictures, they are made from
    each side's pristine ones, under ``out/.work``, and used again for other methods. The held side stops the training
    and calibrates; both do for a method without a model. How good it is must be measured on yet others (``medseal
    evaluate``). A stopped call goes on; with ``fresh`` the method's model is trained anew. UnusableData when ``data``
    holds too little.
    """
    settings = load_settings(method, config)
    if fresh:
        forget(out / method)
    work = out / WORK
    if all((data / name / FILE).is_file() for name in ("train", "held")):
        train_side, held_side = _opened(data / "train", without), _opened(data / "held", without)
    else:
        train_side, held_side = _sides(_opened(data, without), work, seed, settings, report)
    train(method, train_side, held_side, out / method, seed=seed, config=settings, report=report)
    manifest = check_manifest(out / method)
    if "calibration.json" not in manifest["files"]:
        # Where nothing was trained, both sides are as good as unseen, and twice the pictures make better rates.
        unseen = held_side if trainable(method) else [*train_side, *held_side]
        answers = work / f"answers-{method}-{_digest([manifest['task'], manifest['files']])}"
        calibrate_method(
            method,
            out,
            unseen,
            answers,
            processes=_processes(len(unseen)),
            report=lambda done, total, _words: report(done, total, "calibrating"),
        )
    return check_manifest(out / method)


def _opened(data: Path, without: Sequence[str]) -> list[Example]:
    return [e for e in open_dataset(data) if not any(fnmatchcase(e.source, pattern) for pattern in without)]


def _sides(
    examples: Sequence[Example], work: Path, seed: int, settings: Mapping[str, Any], report: Report
) -> tuple[list[Example], list[Example]]:
    shares = (1 - settings["held"], settings["held"])
    divided = split(examples, seed, (*shares, 0.0))
    train_side, held_side = divided.train, divided.held
    if not train_side or not held_side:
        raise _too_few_groups([*train_side, *held_side])
    if any(example.forged for example in examples):
        return _both_classes(train_side, "training"), _both_classes(held_side, "held")
    made = []
    for side, share, name in ((train_side, shares[0], "training"), (held_side, shares[1], "held")):
        key = [seed, share, settings["count"], settings["histories"], settings["wide"], [str(e.path) for e in side]]
        made.append(
            make_set(
                side,
                work / f"{name}-{_digest(key)}",
                count=max(2, round(settings["count"] * share)),
                seed=seed,
                histories=settings["histories"],
                wide=settings["wide"] and name == "training",
                report=report,
                processes=_processes(round(settings["count"] * share)),
            )
        )
    return _both_classes(made[0], "training"), _both_classes(made[1], "held")


def _too_few_groups(examples: Sequence[Example]) -> UnusableData:
    groups = len({example.group for example in examples})
    return UnusableData(
        "expected several groups (patients, volumes, pictures unlike each other) to divide into a training and a held "
        f"side, found {groups} in {len(examples)} pictures",
        advice="Add pictures of more patients; a group is a subfolder, a DICOM patient or a split_group of a manifest.",
    )


def _both_classes(side: Sequence[Example], name: str) -> list[Example]:
    forged = sum(example.forged for example in side)
    if not 0 < forged < len(side):
        groups = len({example.group for example in side})
        raise UnusableData(
            f"expected both classes on the {name} side, found {forged} forged of {len(side)} in {groups} groups",
            advice="Add pictures of more groups (patients), pristine and forged ones; a group stays on one side.",
        )
    return list(side)


def _processes(pictures: int) -> int:
    """How many to work on so many pictures: starting two takes longer than a few pictures do."""
    return 1 if pictures < 64 else 2


def _digest(key: Any) -> str:
    return hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()[:12]
