"""Making a benchmark set: twins, one pristine and one forged, that pass through one and the same save history."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import shutil
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import numpy as np

from detector import twins
from detector.datasets.contract import FORGERIES, HISTORIES, Example
from detector.datasets.generated import FILE, as_record, from_record, open_generated, save_examples
from detector.errors import UnusableData
from detector.workers import settle

VERSION = 1
"""Raised when the same seed would give other pictures; a set half made by another version is not gone on with."""
SPARES = 3
_LOST = 0.1

Report = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Job:
    """One pair of twins to make: the first of ``candidates`` that can be forged becomes it."""

    index: int
    seed: int
    history: str
    forgery: str
    leaky: bool
    candidates: tuple[Example, ...]
    donors: tuple[Example, ...]
    wide: ClassVar[bool] = False


class WideJob(Job):
    """The same with more variety than a benchmark has, for training: see :mod:`detector.widening`."""

    wide: ClassVar[bool] = True


def make_set(
    pristine: Sequence[Example],
    out: Path,
    *,
    count: int,
    seed: int,
    histories: Sequence[str] = HISTORIES,
    leaky: bool = False,
    wide: bool = False,
    report: Report = lambda _done, _total, _words: None,
    processes: int = 2,
) -> list[Example]:
    """Write ``count`` pictures (count / 2 pairs of twins) with masks and ``examples.jsonl`` into ``out``.

    Pairs are spread evenly over sources (a small source gives each picture at most once a history, before the large
    ones fill up; pictures of one group take turns), and over histories and forgeries within each source. Donors come
    from ``pristine`` too, of the same modality and another group: so call it once for each side of a split. A picture
    used for several pairs has one group and several ``pair`` names. Forged pictures given in ``pristine`` are left out.

    ``leaky`` makes the exhibit of what not to do: pristine pictures are saved once as JPEG (70..95), forged ones once
    more by one editor (90..95), whatever ``histories``. ``wide`` makes training material that varies more than what a
    model is measured on: pictures, histories and forgeries (:mod:`detector.widening`, :mod:`detector.forge.wider`).

    The same arguments give the same set, byte for byte, for any ``processes`` (started afresh: call it below
    ``if __name__ == "__main__"``). A run that was stopped goes on where it was; a finished set is read. UnusableData:
    ``out`` holds another set, too few pictures, or more than a tenth of the pairs could not be forged.
    """
    originals = sorted((example for example in pristine if not example.forged), key=lambda example: str(example.path))
    _check(originals, count, histories)
    jobs = list(_jobs(originals, count // 2, seed, histories, leaky, WideJob if wide else Job))
    _claim(out, jobs)
    if (out / FILE).is_file():
        return open_generated(out)
    done = _work(jobs, out, report, processes)
    examples = [example for number in sorted(done) for example in done[number]]
    if len(examples) < 2 * len(jobs) * (1 - _LOST):
        raise UnusableData(f"expected {2 * len(jobs)} pictures, found room for {len(examples)} only in {out}")
    save_examples(out, examples)
    shutil.rmtree(out / "jobs")
    return examples


def _check(originals: Sequence[Example], count: int, histories: Sequence[str]) -> None:
    if count < 2 or count % 2:
        raise UnusableData(f"expected an even count of pictures, 2 or more, found {count}")
    if not originals:
        raise UnusableData("expected pristine pictures to make a set of, found none")
    if not histories or not set(histories) <= set(HISTORIES):
        raise UnusableData(f"expected histories of {', '.join(HISTORIES)}, found {', '.join(histories)[:40]!r}")


def quotas(sizes: dict[str, int], pairs: int, most: int) -> dict[str, int]:
    """How many pairs each source gives: equal shares, where a source of n pictures gives at most ``most`` · n.

    What small sources leave goes to the others; where all are used up, ``most`` is raised. Sums to ``pairs``.
    """
    while sum(sizes.values()) * most < pairs:
        most += 1
    given = dict.fromkeys(sorted(sizes), 0)
    open_sources = list(given)
    while (left := pairs - sum(given.values())) > 0:
        open_sources = [name for name in open_sources if given[name] < sizes[name] * most]
        share, extra = divmod(left, len(open_sources))
        for position, name in enumerate(open_sources):
            # The remainder waits until no source is used up by the even shares.
            wanted = share or int(position < extra)
            given[name] = min(given[name] + wanted, sizes[name] * most)
    return given


def _jobs(
    originals: Sequence[Example], pairs: int, seed: int, histories: Sequence[str], leaky: bool, kind: type[Job]
) -> Iterator[Job]:
    sources: dict[str, list[Example]] = defaultdict(list)
    for example in originals:
        sources[example.source].append(example)
    given = quotas({name: len(found) for name, found in sources.items()}, pairs, len(histories))
    index = 0
    for name, quota in given.items():
        rng = np.random.default_rng([seed, *name.encode()])
        turn = _turns(sources[name], rng)
        for place in range(quota):
            # Sixteen pairs in a row have each history with each forgery once, and four in a row all of both.
            # A picture that comes again gets another history.
            cell = index + place // len(turn) * (len(turn) % len(histories) == 0)
            candidates = tuple(turn[(place + spare) % len(turn)] for spare in range(min(SPARES, len(turn))))
            yield kind(
                index=index,
                seed=seed,
                history=histories[cell % len(histories)],
                forgery=_forgery(index),
                leaky=leaky,
                candidates=candidates,
                donors=_donors(candidates[0], originals, np.random.default_rng([seed, index, 1])),
            )
            index += 1


def _forgery(index: int) -> str:
    return FORGERIES[(index + index // len(FORGERIES)) % len(FORGERIES)]


def lacking(made: Sequence[Example], count: int) -> dict[str, int]:
    """How many forgeries of a class ``made``, a set of ``count`` pictures, has fewer than :func:`make_set` wanted.

    Classes that lack none are left out. Where a forgery had no room, or a splice no donor, another was made instead.
    """
    wanted = Counter(_forgery(index) for index in range(count // 2))
    return dict(sorted((wanted - Counter(example.forgery or "" for example in made if example.forged)).items()))


def _turns(examples: Sequence[Example], rng: np.random.Generator) -> list[Example]:
    """The pictures in an order in which all groups give their first before any gives its second."""
    groups: dict[str, list[Example]] = defaultdict(list)
    for position in rng.permutation(len(examples)):
        groups[examples[position].group].append(examples[position])
    rounds = [(place, example) for found in groups.values() for place, example in enumerate(found)]
    return [example for _, example in sorted(rounds, key=lambda item: item[0])]


def _donors(example: Example, originals: Sequence[Example], rng: np.random.Generator) -> tuple[Example, ...]:
    fit = [other for other in originals if other.modality == example.modality and other.group != example.group]
    chosen = rng.permutation(len(fit))[:SPARES]
    return tuple(fit[position] for position in chosen)


def _claim(out: Path, jobs: Sequence[Job]) -> None:
    """Make the folder this set's own, or find that it is; UnusableData when it is another's."""
    described = repr([replace(job, candidates=(), donors=()) for job in jobs]) + repr(
        [[str(example.path) for example in job.candidates + job.donors] for job in jobs]
    )
    claim = json.dumps({"version": VERSION, "jobs": hashlib.sha256(described.encode()).hexdigest()})
    mark = out / "set.json"
    if mark.is_file():
        if mark.read_text(encoding="utf-8") != claim:
            raise UnusableData(f"expected an empty folder or this very set, found another set in {out}")
        return
    if out.exists() and any(out.iterdir()):
        raise UnusableData(f"expected an empty folder, found files in {out}")
    for name in ("jobs", "pristine", "forged", "masks", "origins"):
        (out / name).mkdir(parents=True, exist_ok=True)
    mark.write_text(claim, encoding="utf-8")


def _work(jobs: Sequence[Job], out: Path, report: Report, processes: int) -> dict[int, list[Example]]:
    """What each job made, by its number; jobs whose record is there are not done again."""
    todo = [job for job in jobs if not _record(out, job.index).is_file()]
    made = len(jobs) - len(todo)
    for index in _run(todo, out, processes):
        made += 1
        report(2 * made, 2 * len(jobs), f"pair {index}")
    return {job.index: _read(out, job.index) for job in jobs}


def _run(todo: Sequence[Job], out: Path, processes: int) -> Iterator[int]:
    if processes <= 1 or len(todo) < 2:
        yield from (make_pair(job, out) for job in todo)
        return
    # Not forked: the caller may have threads (TensorFlow's, OpenCV's) that do not outlive a fork.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context, initializer=settle) as pool:
        yield from pool.map(make_pair, todo, [out] * len(todo), chunksize=4)


def make_pair(job: Job, out: Path) -> int:
    """Write the twins of a job, and last of all its record in ``out/jobs``; gives the job's number.

    The record is an empty list when no candidate could be forged.
    """
    made = twins.make(job, out)
    part = _record(out, job.index).with_suffix(".part")
    part.write_text(json.dumps([as_record(example, out) for example in made]), encoding="utf-8")
    part.replace(_record(out, job.index))
    return job.index


def _record(out: Path, index: int) -> Path:
    return out / "jobs" / f"{index:05d}.json"


def _read(out: Path, index: int) -> list[Example]:
    return [from_record(record, out) for record in json.loads(_record(out, index).read_text(encoding="utf-8"))]
