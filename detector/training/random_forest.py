"""Training of ``random_forest``: one feature vector a picture, 300 trees, written as arrays.

Keys of the configuration, with their defaults: ``trees`` 300, ``max_depth`` 12, ``min_samples_leaf`` 3. The last two
are ours: grown on 800 pictures, unlimited trees made a file twice as large and were no better on 300 held pictures.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from detector import forest
from detector.datasets.contract import Example
from detector.datasets.reading import read_picture
from detector.features import feature_vector
from detector.pictures import to_rgb8
from detector.training.contract import Run, Samples


class RandomForestTrainer:
    """See :class:`detector.training.contract.Trainer`."""

    name = "random_forest"

    def prepare(self, example: Example, seed: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
        """The picture's feature vector, (1, features), and its label, (1,). Nothing is drawn by ``seed``."""
        del seed
        vector = feature_vector(to_rgb8(read_picture(example.path).pixels))
        return vector[np.newaxis], np.array([int(example.forged)], np.int64)

    def fit(self, train: Samples, held: Samples, run: Run) -> None:
        """Write ``model.npz``. It takes seconds, so a run that was stopped begins again, with the same result.

        ``held`` decides nothing; its accuracy is reported.
        """
        from sklearn.ensemble import RandomForestClassifier

        grown = RandomForestClassifier(
            n_estimators=int(run.config.get("trees", 300)),
            max_depth=int(run.config.get("max_depth", 12)),
            min_samples_leaf=int(run.config.get("min_samples_leaf", 3)),
            random_state=run.seed,
        ).fit(train.inputs, train.labels)
        arrays: dict[str, Any] = forest.from_sklearn(grown)
        run.folder.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(run.folder / "model.npz", allow_pickle=False, **arrays)
        right = (forest.predict(arrays, held.inputs) > 0.5) == held.labels
        run.report(1, 1, f"{len(arrays['roots'])} trees, held accuracy {right.mean():.3f} of {len(right)}")


TRAINER = RandomForestTrainer()
