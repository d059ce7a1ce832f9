"""Training of ``srm_cnn_svm``: the network on patches along forged borders, then the machine on pooled figures.

Of each picture there are, in this order, ``REGULAR`` patches on an even 3×3 grid (they cover a picture of up to 384
pixels a side; the machine learns from the mean of their figures), and up to ``BORDER`` patches from which the network
learns: along the border of the mask of a forged picture, anywhere in a pristine one. A forged picture without a mask
gives the machine its patches and the network none.

Keys of the configuration: those of :func:`detector.training.loop.settings`.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from detector import svm
from detector.datasets.contract import Example
from detector.datasets.reading import read_mask, read_picture
from detector.errors import UnusableData
from detector.methods.srm_cnn_svm import SIDE, Rgb8, at_least_a_patch, patches
from detector.pictures import to_rgb8, usable
from detector.training.contract import Run, Samples

REGULAR, BORDER = 9, 4
STEP = 8
COSTS = (0.3, 1.0, 10.0)
WIDTHS = (0.3, 1.0, 3.0)
_BATCH = 64

Corners = list[tuple[int, int]]
Vectors = npt.NDArray[np.float32]


class SrmCnnSvmTrainer:
    """See :class:`detector.training.contract.Trainer`."""

    name = "srm_cnn_svm"

    def prepare(self, example: Example, seed: int) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
        """(9 to 13, 128, 128, 3) uint8 and the picture's label for each; none where the method is not applicable."""
        pixels = read_picture(example.path).pixels
        if not usable(pixels).applicable:
            return np.zeros((0, SIDE, SIDE, 3), np.uint8), np.zeros(0, np.int64)
        rgb8 = at_least_a_patch(to_rgb8(pixels))
        rng = np.random.default_rng(seed)
        if not example.forged:
            centres = rng.integers(0, rgb8.shape[:2], (BORDER, 2))
        else:
            centres = _border(None if example.mask is None else read_mask(example.mask), rng)
        made = patches(rgb8, _regular(rgb8) + [_around(centre, rgb8) for centre in centres])
        return made, np.full(len(made), int(example.forged), np.int64)

    def fit(self, train: Samples, held: Samples, run: Run) -> None:
        """Write ``model.tflite`` (shares and figures of a patch), ``svm.npz`` and the curves into ``run.folder``."""
        from detector.training import exporting, loop, srm_network
        from detector.training.run import note_facts

        loop.seed_all(run.seed)
        judge, both = srm_network.networks()
        history = loop.fit_network(judge, learned(train), learned(held), run, **loop.settings(run.config))
        exporting.export(both, run.folder)
        figures = [pooled(both, side, run) for side in (train, held)]
        arrays, facts = best_machine(*figures[0], *figures[1])
        np.savez_compressed(run.folder / "svm.npz", allow_pickle=False, **arrays)
        note_facts(run, **history.facts(), parameters=judge.count_params(), svm=facts)


def _regular(rgb8: Rgb8) -> Corners:
    """Nine corners on an even 3×3 grid; they fall together where the picture has no room."""
    tops, lefts = (np.linspace(0, length - SIDE, 3).astype(int) // STEP * STEP for length in rgb8.shape[:2])
    return [(int(top), int(left)) for top in tops for left in lefts]


def _border(mask: npt.NDArray[np.bool_] | None, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Up to BORDER points (row, column) of the inner border of ``mask``, drawn by ``rng``."""
    if mask is None or not mask.any():
        return np.zeros((0, 2), np.int64)
    inner = cv2.erode(mask.astype(np.uint8), np.ones((3, 3), np.uint8), borderValue=0).astype(bool)
    points = np.argwhere(mask & ~inner)
    return points[rng.choice(len(points), min(BORDER, len(points)), replace=False)]


def _around(centre: npt.NDArray[np.int64], rgb8: Rgb8) -> tuple[int, int]:
    """The corner of the patch around ``centre``, within the picture, on the grid of JPEG blocks."""
    room = np.array(rgb8.shape[:2]) - SIDE
    top, left = np.clip(centre - SIDE // 2, 0, room) // STEP * STEP
    return int(top), int(left)


def _is_regular(samples: Samples) -> npt.NDArray[np.bool_]:
    """Which samples are the first REGULAR of their owner; owners follow one another."""
    _, first, counts = np.unique(samples.owners, return_index=True, return_counts=True)
    return np.arange(len(samples.owners)) - np.repeat(first, counts) < REGULAR


def learned(samples: Samples) -> Samples:
    """The patches that the network learns from."""
    chosen = ~_is_regular(samples)
    return Samples(samples.inputs[chosen], samples.labels[chosen], samples.owners[chosen])


def pooled(network: Any, samples: Samples, run: Run) -> tuple[Vectors, npt.NDArray[np.int64]]:
    """The mean figures (pictures, 400) over the regular patches of each picture, and the pictures' labels."""
    regular = np.flatnonzero(_is_regular(samples))
    parts = []
    for at in range(0, len(regular), _BATCH):
        batch = samples.inputs[regular[at : at + _BATCH]].astype(np.float32) / np.float32(255)
        parts.append(np.asarray(network.predict_on_batch(batch)[1]))
        run.report(min(at + _BATCH, len(regular)), len(regular), "figures of the patches")
    figures = np.concatenate(parts).reshape(len(regular) // REGULAR, REGULAR, -1)
    return figures.mean(1), samples.labels[regular[::REGULAR]]


def best_machine(
    vectors: Vectors, labels: npt.NDArray[np.int64], held: Vectors, held_labels: npt.NDArray[np.int64]
) -> tuple[dict[str, npt.NDArray[Any]], dict[str, float]]:
    """The arrays of the machine (see :mod:`detector.svm`) that ranks the held pictures best, and what was chosen.

    C and gamma (in units of 1 / features) are validated on the held side, which shares no group with the training
    side: the network has seen the pictures of the training side, so folds of these would praise any machine. Platt's
    curve is fitted on the held side too. UnusableData when a side has one class only.
    """
    from sklearn.metrics import roc_auc_score
    from sklearn.svm import SVC

    for side, found in (("training", labels), ("held", held_labels)):
        if len(np.unique(found)) != 2:
            raise UnusableData(f"expected pristine and forged pictures on the {side} side, found one class")
    scale = svm.scaling(vectors)
    inputs, asked = svm.standardised(scale, vectors), svm.standardised(scale, held)
    tried = []
    for cost in COSTS:
        for width in WIDTHS:
            machine = SVC(C=cost, gamma=width / vectors.shape[1]).fit(inputs, labels)
            tried.append((float(roc_auc_score(held_labels, machine.decision_function(asked))), cost, width, machine))
    auc, cost, width, best = max(tried, key=lambda one: one[0])
    facts = {"c": cost, "gamma": width / vectors.shape[1], "held_auc": auc, "support": len(best.support_)}
    return svm.from_sklearn(best, scale, platt(best.decision_function(asked), held_labels)), facts


def platt(decisions: npt.NDArray[np.float64], labels: npt.NDArray[np.int64]) -> tuple[float, float]:
    """Platt's A and B of P(1) = 1 / (1 + exp(A f + B)), with his smoothed targets.

    Maximum likelihood for a target t is a logistic regression in which each f stands for both classes, weighing t and
    1 - t.
    """
    from sklearn.linear_model import LogisticRegression

    forged = int(labels.sum())
    targets = np.where(labels == 1, (forged + 1) / (forged + 2), 1 / (len(labels) - forged + 2))
    both = np.tile(decisions, 2)[:, np.newaxis]
    classes = np.repeat([1, 0], len(labels))
    fitted = LogisticRegression(C=np.inf, tol=1e-8).fit(both, classes, np.concatenate([targets, 1 - targets]))
    return -float(fitted.coef_[0, 0]), -float(fitted.intercept_[0])


TRAINER = SrmCnnSvmTrainer()
