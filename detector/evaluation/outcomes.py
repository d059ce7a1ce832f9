"""What one method said of one picture of known truth: made through the served code path, kept as a line of JSON."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from detector.datasets.contract import Example
from detector.datasets.reading import read_mask, read_picture
from detector.evaluation.intervals import Ints
from detector.evaluation.metrics import BINS, heat_histogram
from detector.jpeg import regime
from detector.pictures import check_shape
from detector.registry import load
from detector.types import Method


@dataclass(frozen=True)
class Outcome:
    """A raw answer and all that tables group by, so that they can be made again without asking the method.

    ``score`` is None when the method was not applicable or ``failed`` (raised, which no method may). ``heat`` is the
    heat map's histogram as (bin, pixels outside the mask, pixels inside) for each bin that is not empty.
    ``copy_heat`` and ``origin_heat`` are the mean heat of the copy and of what it was copied from.
    """

    path: str
    forged: bool
    source: str
    modality: str
    group: str
    pair: str
    forgery: str | None
    area: float | None
    history: str | None
    first_quality: int | None
    last_quality: int | None
    regime: str
    score: float | None
    reason: str
    failed: bool
    seconds: float
    pixels: int
    heat: tuple[tuple[int, int, int], ...] = ()
    copy_heat: float | None = None
    origin_heat: float | None = None

    @property
    def histogram(self) -> Ints:
        """(2, BINS): the heat map's pixels outside and inside the mask."""
        made = np.zeros((2, BINS), dtype=np.int64)
        for place, outside, inside in self.heat:
            made[:, place] = outside, inside
        return made


@dataclass(frozen=True)
class Task:
    """Ask ``method`` with the models in ``models`` about ``example``."""

    method: str
    models: Path
    example: Example


def examine(task: Task) -> Outcome:
    """The outcome of ``task``. Made for worker processes: each keeps the model it used last."""
    example = task.example
    picture = read_picture(example.path)
    pixels = check_shape(picture.pixels)
    kind = str(regime(pixels, picture.jpeg))
    method = _loaded(task.method, task.models)
    start = time.perf_counter()
    try:
        answer = method.applicable(pixels, picture.jpeg)
        found = method.examine(pixels, jpeg=picture.jpeg) if answer.applicable else None
    except Exception as error:  # noqa: BLE001  (no method may raise: the table counts it, and the other pictures go on)
        return _outcome(example, kind, time.perf_counter() - start, pixels.shape, repr(error), failed=True)
    seconds = time.perf_counter() - start
    if found is None or not math.isfinite(found.score):
        reason = answer.reason if found is None else "the score is no number"
        return _outcome(example, kind, seconds, pixels.shape, reason, failed=found is not None)
    mask = read_mask(example.mask) if example.forged and example.mask else None
    histogram = heat_histogram(found.heatmap, mask)
    heat = tuple((int(k), int(histogram[0, k]), int(histogram[1, k])) for k in np.flatnonzero(histogram.sum(axis=0)))
    more: dict[str, Any] = {"score": float(found.score), "heat": heat}
    if mask is not None and example.origin:
        origin = read_mask(example.origin)
        more |= {"copy_heat": _mean(found.heatmap, mask), "origin_heat": _mean(found.heatmap, origin)}
    return _outcome(example, kind, seconds, pixels.shape, answer.reason, **more)


@lru_cache(maxsize=1)
def _loaded(name: str, models: Path) -> Method:
    return load(name, models)


def _mean(heat: npt.NDArray[np.float32], where: npt.NDArray[np.bool_]) -> float | None:
    return float(heat[where].mean()) if where.any() else None


def _outcome(
    example: Example, kind: str, seconds: float, shape: Sequence[int], reason: str, *, failed: bool = False, **more: Any
) -> Outcome:
    same = ("forged", "source", "modality", "group", "pair", "forgery", "area", "history")
    return Outcome(
        path=str(example.path),
        first_quality=example.first_quality,
        last_quality=example.last_quality,
        regime=kind,
        reason=reason,
        failed=failed,
        seconds=seconds,
        pixels=int(shape[0]) * int(shape[1]),
        **{"score": None, **{key: getattr(example, key) for key in same}, **more},
    )


def write_line(outcome: Outcome) -> str:
    """The outcome as one line of JSON."""
    return json.dumps(asdict(outcome), separators=(",", ":")) + "\n"


def read_outcomes(path: Path) -> list[Outcome]:
    """The outcomes kept at ``path``, without a last line that was cut off; none when there is no file."""
    if not path.exists():
        return []
    whole = path.read_text(encoding="utf-8").rpartition("\n")[0]
    return [_from_json(json.loads(line)) for line in whole.splitlines()]


def _from_json(raw: Mapping[str, Any]) -> Outcome:
    known = {each.name for each in fields(Outcome)}
    values = {key: value for key, value in raw.items() if key in known}
    return Outcome(**{**values, "heat": tuple((row[0], row[1], row[2]) for row in raw["heat"])})
