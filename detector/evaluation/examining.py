"""Asks a method about many pictures in worker processes, keeps each answer, and calibrates from them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from detector.calibrate import Calibration
from detector.datasets.contract import Example
from detector.errors import UnusableConfig
from detector.evaluation.outcomes import Outcome, Task, examine, read_outcomes, write_line
from detector.evaluation.protocols import Report
from detector.serving import MANIFEST, model_digest, write_manifest
from detector.workers import settle


class Examiners:
    """``processes`` workers, started when first needed and closed at the end; with 1, this process does the work."""

    def __init__(self, processes: int) -> None:
        self._processes = processes
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Examiners:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def examine(
        self, method: str, models: Path, examples: Sequence[Example], kept: Path, *, report: Report
    ) -> list[Outcome]:
        """The outcomes of ``examples`` in their order; those that ``kept`` (JSON lines) has are not made again.

        Beside ``kept`` stands what they were made by: UnusableConfig when that is another model.
        """
        _claim(kept, method, models)
        known = {outcome.path: outcome for outcome in read_outcomes(kept)}
        missing = [example for example in examples if str(example.path) not in known]
        if missing:
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_text("".join(write_line(outcome) for outcome in known.values()), encoding="utf-8")
            with kept.open("a", encoding="utf-8") as lines:
                for outcome in self._map([Task(method, models, example) for example in missing]):
                    known[outcome.path] = outcome
                    lines.write(write_line(outcome))
                    lines.flush()
                    report(len(known), len(examples), "")
        return [known[str(example.path)] for example in examples]

    def _map(self, tasks: Iterable[Task]) -> Iterator[Outcome]:
        if self._processes == 1:
            return map(examine, tasks)
        if self._pool is None:  # spawned, since a copy of a process in which TensorFlow has run hangs
            self._pool = ProcessPoolExecutor(self._processes, get_context("spawn"), initializer=settle)
        return self._pool.map(examine, tasks, chunksize=4)


def _claim(kept: Path, method: str, models: Path) -> None:
    """Write beside ``kept`` which model answers; UnusableConfig when its answers are of another one."""
    named = kept.with_suffix(".model")
    trained = (models / method / MANIFEST).exists() and model_digest(models / method)
    mine = f"{method} {trained or 'untrained'}"
    found = named.read_text("utf-8").strip() if named.exists() else mine
    if found != mine:
        raise UnusableConfig(
            f"expected in {kept} answers of the {method} in {models}, found those of another model",
            advice="Choose another folder, or remove this one.",
        )
    kept.parent.mkdir(parents=True, exist_ok=True)
    named.write_text(mine + "\n", "utf-8")


def whole_pairs(examples: Sequence[Example], limit: int, seed: int) -> list[Example]:
    """All ``examples``, or when ``limit`` is not 0 at most so many: whole pairs, drawn at random by ``seed``."""
    if not limit or len(examples) <= limit:
        return list(examples)
    pairs: dict[str, list[int]] = {}
    for place, example in enumerate(examples):
        pairs.setdefault(example.pair, []).append(place)
    names = list(pairs)
    taken: list[int] = []
    for drawn in np.random.default_rng([seed, 5]).permutation(len(names)):
        more = pairs[names[drawn]]
        if len(taken) + len(more) <= limit:
            taken += more
    return [examples[place] for place in sorted(taken)]


def fit(outcomes: Sequence[Outcome]) -> Calibration:
    """The calibration of held-out outcomes; UnusableData when a class has fewer than two that were scored."""
    scored = [outcome for outcome in outcomes if outcome.score is not None]
    return Calibration.fit(
        [outcome.score or 0.0 for outcome in scored],
        [int(outcome.forged) for outcome in scored],
        [outcome.regime for outcome in scored],
        heat=[outcome.histogram for outcome in scored if outcome.forged],
        clusters=[outcome.group for outcome in scored],
        sources=[outcome.source for outcome in scored],
    )


def calibrate(folder: Path, held: Sequence[Outcome]) -> Calibration:
    """The calibration of ``held``, kept as ``folder/calibration.json`` and named in the manifest."""
    made = fit(held)
    facts: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    facts.pop("files", None)
    made.save(folder / "calibration.json")
    write_manifest(folder, **facts)
    return made


def calibrate_method(
    method: str, models: Path, held: Sequence[Example], work: Path, *, processes: int, report: Report
) -> Calibration:
    """Examine ``held`` with the model in ``models/method`` and keep the calibration beside it.

    For a model that is shipped. Answers are kept in ``work``, so a run that was stopped goes on.
    """
    with Examiners(processes) as examiners:
        return calibrate(models / method, examiners.examine(method, models, held, work / "held.jsonl", report=report))
