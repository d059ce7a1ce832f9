"""Worker processes, and a bar that says how far they are."""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from types import TracebackType
from typing import Self, TypeVar

import numpy as np

from detector.workers import settle
from ledger.bench.altering.judging import Judge, Outcome, class_of
from ledger.bench.altering.material import Picture, Registered
from ledger.bench.bench import Bench

_WIDTH = 30
Given = TypeVar("Given")
Found = TypeVar("Found")
Task = tuple[int, int | None, str, int]

_judge: Judge | None = None
"""This worker's own."""


class Running:
    """``jobs`` processes, started afresh (spawn), each on one thread."""

    def __init__(self, bench: Bench, jobs: int) -> None:
        self._bench = bench
        self._jobs = jobs
        self._pool = self._started(settle)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=True, cancel_futures=kind is not None)

    def mapped(self, what: str, work: Callable[[Given], Found], given: Iterable[Given]) -> list[Found]:
        """``work`` of each, in order."""
        return self._waited(what, [self._pool.submit(work, one) for one in given])

    def judged(self, originals: Sequence[int], registered: Registered, seed: int) -> list[Outcome]:
        """The outcomes of all copies of the originals, in order."""
        self._pool.shutdown()
        self._pool = self._started(_ready, registered)
        rows = tasks(originals, registered.pictures, seed)
        found = self._waited("searching", [self._pool.submit(judged, task) for task in rows])
        return [outcome for some in found for outcome in some]

    def _started(self, first: Callable[..., None], *given: object) -> ProcessPoolExecutor:
        context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(self._jobs, context, initializer=first, initargs=given)

    def _waited(self, what: str, futures: Sequence[Future[Found]]) -> list[Found]:
        found, said = [], -1
        for done, future in enumerate(futures, 1):
            found.append(future.result())
            tenth = 10 * done // len(futures)
            if sys.stderr.isatty():
                full = _WIDTH * done // len(futures)
                sys.stderr.write(f"\rbench: {what} [{'#' * full:{_WIDTH}}] {done}/{len(futures)}")
                sys.stderr.write("\n" if done == len(futures) else "")
                sys.stderr.flush()
            elif tenth > said:
                self._bench.say(f"{what} {done}/{len(futures)}")
                said = tenth
        return found


def tasks(originals: Sequence[int], pictures: Sequence[Picture], seed: int) -> list[Task]:
    """Row, donor, class and seed of each original. A donor is another image of the same modality and kind of sample."""
    random = np.random.default_rng(seed)
    made = []
    for turn, row in enumerate(originals):
        own = pictures[row]
        like = [place for place, one in enumerate(pictures) if _fits(one, own)]
        made.append((row, int(random.choice(like)) if like else None, class_of(turn), seed))
    return made


def judged(task: Task) -> list[Outcome]:
    """In a worker: the outcomes of one original."""
    if _judge is None:
        raise RuntimeError("expected a worker that was made ready")
    return list(_judge.outcomes(*task))


def _fits(donor: Picture, own: Picture) -> bool:
    same = (donor.modality, donor.depth, donor.colour) == (own.modality, own.depth, own.colour)
    return same and donor.image != own.image


def _ready(registered: Registered) -> None:
    global _judge
    settle()
    _judge = Judge(registered)
