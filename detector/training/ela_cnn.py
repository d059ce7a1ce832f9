"""Trains the seed paper's network from scratch."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from detector.datasets.contract import Example
from detector.methods.ela_cnn import network_input
from detector.training.contract import Run, Samples
from detector.training.preparing import one_sample


class ElaCnnTrainer:
    """Adam, early stopping by the held side; one sample a picture, the very input that the method serves."""

    name = "ela_cnn"

    def prepare(self, example: Example, seed: int) -> tuple[npt.NDArray[Any], npt.NDArray[np.int64]]:
        """(1, 128, 128, 3) float16 0..1, or none when the method is not applicable."""
        del seed
        return one_sample(example, network_input)

    def fit(self, train: Samples, held: Samples, run: Run) -> None:
        """``run.folder/model.tflite``, float16 weights, and the curves."""
        from detector.training import exporting, loop, networks
        from detector.training.run import note_facts

        loop.seed_all(run.seed)
        network = networks.ela_cnn()
        history = loop.fit_network(network, train, held, run, **loop.settings(run.config))
        note_facts(run, **history.facts(), parameters=network.count_params())
        exporting.export(network, run.folder, float16=True)


TRAINER = ElaCnnTrainer()
