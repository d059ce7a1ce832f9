"""One training from examples to a model folder: prepare, fit, export, manifest. A stopped one goes on."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from detector.datasets.contract import Example
from detector.errors import UnusableData, WeightsUnusable
from detector.serving import MANIFEST, check_manifest, write_manifest
from detector.training.config import DATA, settled
from detector.training.contract import Run
from detector.training.preparing import prepared, trainer_of

CHECKPOINT = ".training"
VERSION = "1"
"""Of every model that this program makes."""
Report = Callable[[int, int, str], None]


def trainable(method: str) -> bool:
    """Whether ``method`` has a model to train; the others are calibrated only."""
    return find_spec(f"detector.training.{method}") is not None


def train(
    method: str,
    examples_train: Sequence[Example],
    examples_held: Sequence[Example],
    folder: Path,
    *,
    seed: int,
    config: Mapping[str, Any] | None = None,
    report: Report = lambda _done, _total, _words: None,
) -> None:
    """Afterwards ``folder`` is the model folder of ``method``, without a calibration yet.

    ``config`` is laid over the method's own settings (those of ``config.DATA`` mean nothing here). A method without a
    model gets a manifest that names no files. A call with the same arguments goes on where an earlier one stopped (its
    state is in ``folder/.training``, removed at the end), and does nothing when the model is there already. Before the
    manifest is written, an older model of ``folder`` is removed. UnknownMethod, UnusableConfig; UnusableData when
    another training was begun in ``folder`` and is not finished, or a side cannot be trained on.
    """
    settings = {key: value for key, value in settled(method, config or {}).items() if key not in DATA}
    task = _task(method, examples_train, examples_held, seed, settings)
    if _finished(folder, task):
        return
    run = replace(_begin(folder, task, seed, settings, report), held=tuple(examples_held))
    if trainable(method):
        sides = (("training", examples_train), ("held", examples_held))
        train_side, held_side = (
            prepared(method, side, run.checkpoint / name, seed=seed, report=report, words=f"{name} side")
            for name, side in sides
        )
        trainer_of(method).fit(train_side, held_side, run)
    _install(run.folder, folder)
    write_manifest(
        folder,
        method=method,
        version=VERSION,
        seed=seed,
        config=settings,
        data={"train": _counts(examples_train), "held": _counts(examples_held)},
        training=_noted(run),
        task=task,
        seconds=round(_spent(run), 1),
    )
    shutil.rmtree(run.checkpoint)


def forget(folder: Path) -> None:
    """Remove the model and any begun training of ``folder``; nothing else in it."""
    shutil.rmtree(folder / CHECKPOINT, ignore_errors=True)
    _remove_model(folder)


def note_facts(run: Run, **facts: Any) -> None:
    """Add ``facts`` (JSON values) to what the manifest will say under ``training``."""
    path = run.checkpoint / "facts.json"
    path.write_text(json.dumps({**_noted(run), **facts}), "utf-8")


def _noted(run: Run) -> dict[str, Any]:
    path = run.checkpoint / "facts.json"
    return dict(json.loads(path.read_text("utf-8"))) if path.exists() else {}


def _task(
    method: str, train: Sequence[Example], held: Sequence[Example], seed: int, settings: Mapping[str, Any]
) -> str:
    """SHA-256 of all that the model follows from."""
    sides = [[(str(e.path), e.path.stat().st_size, e.forged) for e in side] for side in (train, held)]
    text = json.dumps([method, VERSION, seed, settings, sides], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _finished(folder: Path, task: str) -> bool:
    try:
        return bool(check_manifest(folder).get("task") == task)
    except WeightsUnusable:
        return False


def _begin(folder: Path, task: str, seed: int, settings: Mapping[str, Any], report: Report) -> Run:
    checkpoint = folder / CHECKPOINT
    begun = checkpoint / "task"
    if begun.exists() and begun.read_text() != task:
        raise UnusableData(
            f"expected the training that was begun in {folder}, found other pictures, seed or settings",
            advice="Give another folder, or begin anew: medseal train --fresh",
        )
    (checkpoint / "model").mkdir(parents=True, exist_ok=True)
    if not begun.exists():
        begun.write_text(task)
    return Run(checkpoint / "model", checkpoint, seed, settings, report)


def _spent(run: Run) -> float:
    """Seconds since the training was begun; where it was stopped, the pause included."""
    return time.time() - (run.checkpoint / "task").stat().st_mtime


def _install(made: Path, folder: Path) -> None:
    _remove_model(folder)
    for path in sorted(made.iterdir()):
        path.replace(folder / path.name)


def _remove_model(folder: Path) -> None:
    manifest = folder / MANIFEST
    if not manifest.exists():
        return
    names = json.loads(manifest.read_text("utf-8")).get("files", {})
    manifest.unlink()
    for name in names:
        if Path(name).name == name:
            (folder / name).unlink(missing_ok=True)


def _counts(side: Sequence[Example]) -> dict[str, Any]:
    """How many pictures, forged ones, and pictures of each source and save history."""
    return {
        "pictures": len(side),
        "forged": sum(example.forged for example in side),
        "sources": dict(sorted(Counter(example.source for example in side).items())),
        "histories": dict(sorted(Counter(example.history or "unknown" for example in side).items())),
    }
