"""Examples to samples: in two worker processes, kept on disk, so that a stopped training does not begin again."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from detector.datasets.contract import Example
from detector.datasets.reading import read_picture
from detector.errors import UnusableData
from detector.pictures import to_rgb8, usable
from detector.training.contract import Samples, Trainer
from detector.workers import settle

CHUNK = 16
Report = Callable[[int, int, str], None]


def trainer_of(method: str) -> Trainer:
    """The trainer of a trainable method."""
    found: Trainer = import_module(f"detector.training.{method}").TRAINER
    return found


def one_sample(
    example: Example, network_input: Callable[[npt.NDArray[np.uint8]], npt.NDArray[np.float32]]
) -> tuple[npt.NDArray[Any], npt.NDArray[np.int64]]:
    """(1, …) float16 and its label: what ``network_input`` makes of the picture; none where no method is applicable.

    The input is the very one that the method serves, rounded to float16 (0.05 %) to halve memory.
    """
    pixels = read_picture(example.path).pixels
    if not usable(pixels).applicable:
        return np.zeros((0,), np.float16), np.zeros(0, np.int64)
    made = network_input(to_rgb8(pixels)).astype(np.float16)
    return made[np.newaxis], np.array([int(example.forged)])


def prepared(
    method: str, examples: Sequence[Example], folder: Path, *, seed: int, report: Report, words: str, workers: int = 2
) -> Samples:
    """The samples of ``examples`` in their order; parts that ``folder`` already holds are not made again.

    ``folder`` must belong to these examples and this seed. UnreadablePicture when an example cannot be read;
    UnusableData when no sample came of them all.
    """
    folder.mkdir(parents=True, exist_ok=True)
    starts = range(0, len(examples), CHUNK)
    missing = [start for start in starts if not _part(folder, start).exists()]
    tasks = [(method, list(examples[start : start + CHUNK]), start, seed, _part(folder, start)) for start in missing]
    done = len(examples) - sum(len(task[1]) for task in tasks)
    report(done, len(examples), words)
    for count in _made(tasks, workers):
        done += count
        report(done, len(examples), words)
    found = _gathered([_part(folder, start) for start in starts])
    if found is None:
        raise UnusableData(f"expected pictures that {method} can be trained on, found none among {len(examples)}")
    return found


def _gathered(paths: Sequence[Path]) -> Samples | None:
    """All samples in one array, filled part by part: memory never holds them twice. None when there are none."""
    counts = []
    for path in paths:
        with np.load(path, allow_pickle=False) as part:
            counts.append(len(part["labels"]))
    labels, owners = np.zeros(sum(counts), np.int64), np.zeros(sum(counts), np.int64)
    inputs: npt.NDArray[Any] | None = None
    at = 0
    for path, count in zip(paths, counts, strict=True):
        if not count:
            continue
        with np.load(path, allow_pickle=False) as part:
            block = part["inputs"]
            inputs = np.empty((sum(counts), *block.shape[1:]), block.dtype) if inputs is None else inputs
            here = slice(at, at + count)
            inputs[here], labels[here], owners[here] = block, part["labels"], part["owners"]
        at += count
    return None if inputs is None else Samples(inputs, labels, owners)


Task = tuple[str, list[Example], int, int, Path]


def _made(tasks: Sequence[Task], workers: int) -> Any:
    """How many examples each task covered, as they end."""
    if len(tasks) <= workers or workers < 2:  # starting processes would take longer
        yield from map(_work, tasks)
        return
    context = multiprocessing.get_context("spawn")  # a fork of a process with threads (TensorFlow) may hang
    with ProcessPoolExecutor(workers, mp_context=context, initializer=settle) as pool:
        futures = [pool.submit(_work, task) for task in tasks]
        try:
            for future in as_completed(futures):
                yield future.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _work(task: Task) -> int:
    """Write the samples of one part; the file appears whole or not at all."""
    method, examples, start, seed, path = task
    trainer = trainer_of(method)
    made = [trainer.prepare(example, _seed_of(seed, start + i)) for i, example in enumerate(examples)]
    filled = [inputs for inputs, labels in made if len(labels)]
    inputs: npt.NDArray[Any] = np.concatenate(filled) if filled else np.zeros((0,))
    labels = np.concatenate([labels for _, labels in made]).astype(np.int64)
    owners = np.repeat(np.arange(start, start + len(made)), [len(labels) for _, labels in made])
    partial = path.with_suffix(".partial.npz")
    np.savez(partial, allow_pickle=False, inputs=inputs, labels=labels, owners=owners)
    partial.replace(path)
    return len(examples)


def _seed_of(seed: int, index: int) -> int:
    return int(np.random.SeedSequence([seed, index]).generate_state(1)[0])


def _part(folder: Path, start: int) -> Path:
    return folder / f"{start:07d}.npz"
