"""The trivial-cue audit: whether something that says nothing of an edit already tells forged pictures from pristine.

Each cue is used as a classifier by itself. In an honest set none is better than guessing; a set on which one is would
reward a detector for learning the save pipeline.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from detector import ela
from detector.datasets.contract import Example, Picture
from detector.datasets.reading import read_picture
from detector.errors import UnusableData
from detector.evaluation.intervals import Floats, auc, bootstrap
from detector.jpeg_tables import facts
from detector.pictures import to_rgb8

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
    pairs = [example.pair for example in examples]
    return [_cue(name, values[:, column], labels, pairs, seed) for column, name in enumerate(CUES)]


def failures(cues: Sequence[Cue]) -> list[Cue]:
    """The cues whose AUC leaves LOWEST to HIGHEST."""
    return [cue for cue in cues if not LOWEST <= cue.auc <= HIGHEST]


def _cue(name: str, values: Floats, labels: npt.NDArray[np.bool_], pairs: Sequence[str], seed: int) -> Cue:
    low, high = bootstrap(pairs, lambda rows: auc(values[rows], labels[rows]), seed=seed, rounds=_RESAMPLES)
    return Cue(name, auc(values, labels), low, high)


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
