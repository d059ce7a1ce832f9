"""The trivial-cue audit: whether something that says nothing of an edit already tells forged pictures from pristine.

Each cue is used as a classifier by itself. In an honest set none is better than guessing; a set on which one is would
reward a detector for learning the save pipeline.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from detector import ela
from detector.datasets.contract import Example, Picture
from detector.datasets.reading import read_picture
from detector.errors import UnusableData
from detector.jpeg_tables import facts
from detector.pictures import to_rgb8

if TYPE_CHECKING:
    Floats = npt.NDArray[np.float64]

LOWEST, HIGHEST = 0.45, 0.55
"""An AUC outside fails: for a cue, below is as telling as above."""
LOSSLESS = 101.0
"""The quality that a file without loss counts as."""
_RESAMPLES = 300


@dataclass(frozen=True)
class Cue:
    """One cue as a classifier: the AUC of its value as a score for *forged*, with a 95 % bootstrap interval."""

    name: str
    auc: float
    low: float
    high: float


def audit(examples: Sequence[Example], seed: int = 0) -> list[Cue]:
    """The cues of a set: final quality (from the file's tables), first quality (as recorded, where any is), bytes,
    width × height and the mean error level at quality 90.

    Ties count half. The interval resamples pairs, not pictures, since twins are alike. UnusableData when a class is
    missing.
    """
    if len({example.forged for example in examples}) < 2:
        raise UnusableData("expected pristine and forged pictures to audit, found one class only")
    values = np.array([_values(example) for example in examples], np.float64)
    labels = np.array([example.forged for example in examples], np.bool_)
    pairs = _resampled([example.pair for example in examples], seed)
    return [_cue(name, values[:, column], labels, pairs) for column, name in enumerate(CUES)]


def failures(cues: Sequence[Cue]) -> list[Cue]:
    """The cues whose AUC leaves LOWEST to HIGHEST."""
    return [cue for cue in cues if not LOWEST <= cue.auc <= HIGHEST]


def auc(scores: Floats, labels: npt.NDArray[np.bool_]) -> float:
    """The chance that a forged picture has a higher score than a pristine one, ties counted half (Mann and Whitney)."""
    forged, pristine = scores[labels], np.sort(scores[~labels])
    below = np.searchsorted(pristine, forged, "left") + np.searchsorted(pristine, forged, "right")
    return float(below.mean() / (2 * len(pristine)))


def _cue(name: str, values: Floats, labels: npt.NDArray[np.bool_], draws: Sequence[npt.NDArray[np.int64]]) -> Cue:
    found = [auc(values[draw], labels[draw]) for draw in draws if 0 < labels[draw].sum() < len(draw)]
    low, high = np.percentile(found, (2.5, 97.5)) if found else (0.0, 1.0)
    return Cue(name, auc(values, labels), float(low), float(high))


def _resampled(pairs: Sequence[str], seed: int) -> list[npt.NDArray[np.int64]]:
    rng = np.random.default_rng(seed)
    names, owners = np.unique(np.array(pairs), return_inverse=True)
    members = [np.flatnonzero(owners == number) for number in range(len(names))]
    return [
        np.concatenate([members[number] for number in rng.integers(len(names), size=len(names))])
        for _ in range(_RESAMPLES)
    ]


def _values(example: Example) -> list[float]:
    picture = read_picture(example.path)
    return [measure(example, picture) for measure in CUES.values()]


def _final_quality(_example: Example, picture: Picture) -> float:
    return LOSSLESS if picture.jpeg is None else float(facts(picture.jpeg).quality)


def _first_quality(example: Example, _picture: Picture) -> float:
    return LOSSLESS if example.first_quality is None else float(example.first_quality)


def _bytes(example: Example, _picture: Picture) -> float:
    return float(example.path.stat().st_size)


def _area(_example: Example, picture: Picture) -> float:
    return float(picture.pixels.shape[0] * picture.pixels.shape[1])


def _error_level(_example: Example, picture: Picture) -> float:
    return float(ela.error_levels(to_rgb8(picture.pixels), quality=90).mean())


CUES: Mapping[str, Callable[[Example, Picture], float]] = {
    "final quality": _final_quality,
    "first quality": _first_quality,
    "bytes": _bytes,
    "width × height": _area,
    "mean error level": _error_level,
}
