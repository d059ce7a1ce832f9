"""What a trainable method gives to the training loop."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from detector.datasets.contract import Example

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


@dataclass(frozen=True)
class Samples:
    """Inputs of a model, ready for it. ``inputs`` (n, …), ``labels`` (n,) 0 pristine or 1 forged.

    ``owners`` (n,) is the index of the example each sample was taken from.
    """

    inputs: npt.NDArray[Any]
    labels: npt.NDArray[np.int64]
    owners: npt.NDArray[np.int64]


@dataclass(frozen=True)
class Run:
    """Where and how one training runs. ``folder`` gets the model's files; ``checkpoint`` is for resuming.

    ``report(done, total, words)`` is called as the work goes on. ``held`` are the examples behind the held samples, for
    what must be fitted on whole pictures.
    """

    folder: Path
    checkpoint: Path
    seed: int
    config: Mapping[str, Any] = field(default_factory=dict)
    report: Callable[[int, int, str], None] = lambda _done, _total, _words: None
    held: Sequence[Example] = ()


class Trainer(Protocol):
    """One a trainable method, in ``detector/training/NAME.py`` as ``TRAINER``."""

    name: str

    def prepare(self, example: Example, seed: int) -> tuple[npt.NDArray[Any], npt.NDArray[np.int64]]:
        """Inputs (n, …) and labels (n,) of one example; runs in a worker process, imports no TensorFlow."""
        ...

    def fit(self, train: Samples, held: Samples, run: Run) -> None:
        """Train on ``train``, stop early by ``held``, and write the model's files into ``run.folder``.

        A run that was stopped goes on from ``run.checkpoint``. The same seed gives the same split of work and the
        same order of samples.
        """
        ...
