"""Trains Ali et al.'s network, then makes its one large matrix small enough to ship."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from detector.datasets.contract import Example
from detector.methods.recompression_cnn import network_input
from detector.training.contract import Run, Samples
from detector.training.preparing import one_sample


class RecompressionCnnTrainer:
    """Adam on binary cross-entropy of one-hot labels, early stopping by the held side; one sample a picture."""

    name = "recompression_cnn"

    def prepare(self, example: Example, seed: int) -> tuple[npt.NDArray[Any], npt.NDArray[np.int64]]:
        """(1, 128, 128, 3) float16 0..1, or none when the method is not applicable."""
        del seed
        return one_sample(example, network_input)

    def fit(self, train: Samples, held: Samples, run: Run) -> None:
        """``run.folder/model.tflite``: the trained network with its dense matrix reduced to rank ``config["rank"]``.

        28.6 million weights would be 114 MB; the reduced ones, stored as float16, are under 4 MB. What that cost on
        the held side is noted: ``full`` is the network as trained, ``reduced`` the one that is shipped.
        """
        from detector.training import exporting, loop, networks
        from detector.training.run import note_facts

        loss: loop.Loss = "binary_crossentropy"
        loop.seed_all(run.seed)
        network = networks.recompression_cnn()
        history = loop.fit_network(network, train, held, run, **loop.settings(run.config), loss=loss)
        small = networks.factorised(network, int(run.config["rank"]))
        both = {"full": network, "reduced": exporting.rounded(small)}
        note_facts(run, **history.facts())
        for name, one in both.items():
            held_loss, accuracy = loop.held_figures(one, held, loss)
            note_facts(
                run, **{name: {"parameters": one.count_params(), "held_loss": held_loss, "held_accuracy": accuracy}}
            )
        exporting.export(small, run.folder, float16=True)


TRAINER = RecompressionCnnTrainer()
