"""Training of ``fusion``: weights of the localizer and of the search for copies, by regime, fitted on the held side.

The two parts must have been trained before: those beside the new model are taken (``OUT/localizer``,
``OUT/sift_copymove``). The training side is not looked at, since the localizer knows it by heart.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from detector.datasets.contract import Example
from detector.errors import UnusableData
from detector.evaluation.examining import Examiners
from detector.evaluation.outcomes import Outcome
from detector.fusing import FILE, fit, inputs
from detector.registry import PARTS as METHOD_PARTS
from detector.serving import model_digest
from detector.training.contract import Run, Samples
from detector.training.run import note_facts

PARTS = METHOD_PARTS["fusion"]


class FusionTrainer:
    """See :class:`detector.training.contract.Trainer`."""

    name = "fusion"

    def prepare(self, example: Example, seed: int) -> tuple[npt.NDArray[Any], npt.NDArray[np.int64]]:
        """The label alone, (1, 1) and (1,): the parts are asked once about each held picture, in :meth:`fit`."""
        del seed
        return np.zeros((1, 1), np.uint8), np.array([int(example.forged)], np.int64)

    def fit(self, train: Samples, held: Samples, run: Run) -> None:
        """Write ``fusion.json``; the answers of the parts are kept in the checkpoint, so a stopped run goes on.

        UnusableData when a part has not been trained beside it.
        """
        del train, held
        models = run.checkpoint.parent.parent
        missing = [name for name in PARTS if not (models / name / "manifest.json").is_file()]
        if missing:
            raise UnusableData(
                f"expected the models of {' and '.join(PARTS)} in {models}, found none of {', '.join(missing)}",
                advice="Train them first: medseal train --method NAME with the same --data and --out.",
            )
        answers = [self._answers(name, models, run) for name in PARTS]
        rows = [(one, other) for one, other in zip(*answers, strict=True) if None not in (one.score, other.score)]
        found = np.array([inputs(one.score or 0.0, other.score or 0.0) for one, other in rows])
        mixture = fit(found, [int(one.forged) for one, _ in rows], [one.regime for one, _ in rows])
        mixture.save(run.folder / FILE)
        note_facts(run, pictures=len(rows), parts={name: model_digest(models / name) for name in PARTS})

    def _answers(self, name: str, models: Path, run: Run) -> list[Outcome]:
        kept = run.checkpoint / f"answers-{name}.jsonl"
        with Examiners(2 if len(run.held) >= 64 else 1) as examiners:
            return examiners.examine(name, models, list(run.held), kept, report=run.report)


TRAINER = FusionTrainer()
