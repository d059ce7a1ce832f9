"""Training of ``sift_copymove``: two logistic models on what is measured of pairs of regions that look alike.

A pair is a copy where one region lies on the mask of a copy-move and the other on its origin, anatomy where the
picture is pristine; other pairs of forged pictures are left out. Keys of the configuration: ``ridge`` (strength of the
penalty), ``alarms`` (share of the pristine pictures of the training side that may reach the odds of a copy), ``told``
(share that the telling of copy and original must have right where it answers).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

from detector.datasets.contract import Example
from detector.datasets.reading import read_picture
from detector.duplicates import points
from detector.duplicates.measures import NAMES
from detector.duplicates.model import FILE, Model, ceiling, expanded, side_row
from detector.duplicates.search import Candidate, candidates, sides
from detector.duplicates.telling import SIDE_NAMES
from detector.duplicates.views import enhanced, views, working
from detector.errors import UnusableData
from detector.pictures import usable
from detector.training.contract import Run, Samples
from detector.training.run import note_facts

if TYPE_CHECKING:
    from detector.types import Mask

    Rows = npt.NDArray[np.float64]

ANATOMY, FIRST, SECOND = 0, 1, 2
"""Labels of a pair of regions: like anatomy, the first is a copy of the second, the second one of the first."""
WIDTH = len(NAMES) + len(SIDE_NAMES)
_ON_IT = 0.5
_LEAST = 20
_FOLDS = 5


class SiftCopyMoveTrainer:
    """See :class:`detector.training.contract.Trainer`."""

    name = "sift_copymove"

    def prepare(self, example: Example, seed: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
        """What was measured on each pair of regions, (n, WIDTH), and what it is, (n,). Nothing is drawn by ``seed``."""
        del seed
        pixels = read_picture(example.path).pixels
        copied = example.forged and example.mask is not None and example.origin is not None
        if not usable(pixels).applicable or (example.forged and not copied):
            return np.zeros((0, WIDTH), np.float32), np.zeros(0, np.int64)
        light = working(pixels)
        found = points.find(enhanced(light))
        seen = views(light)
        mask, origin = (_mask(path, seen.light.shape) if copied else None for path in (example.mask, example.origin))
        rows, labels = [], []
        for candidate in candidates(seen, found):
            told = sides(seen, candidate)
            label = _label(candidate, mask, origin, seen.light.shape)
            if told and label is not None:
                rows.append([*(candidate.values[name] for name in NAMES), *(told[name] for name in SIDE_NAMES)])
                labels.append(label)
        return np.array(rows, np.float32).reshape(-1, WIDTH), np.array(labels, np.int64)

    def fit(self, train: Samples, held: Samples, run: Run) -> None:
        """Write ``model.json``. It takes seconds, so a run that was stopped begins again, with the same result.

        ``held`` decides nothing. UnusableData when fewer than 20 copies or alike places were found.
        """
        made = fitted(train, **{key: float(run.config[key]) for key in ("ridge", "alarms", "told")})
        run.folder.mkdir(parents=True, exist_ok=True)
        made.save(run.folder / FILE)
        note_facts(run, **{name: _facts(made, side) for name, side in (("train", train), ("held", held))})
        run.report(1, 1, f"{int((train.labels > ANATOMY).sum())} copies, {int((train.labels == ANATOMY).sum())} alike")


def _mask(path: object, shape: tuple[int, ...]) -> Mask:
    found = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    return np.asarray(cv2.resize(found, (shape[1], shape[0]), interpolation=cv2.INTER_NEAREST) > 0)


def _label(candidate: Candidate, mask: Mask | None, origin: Mask | None, shape: tuple[int, ...]) -> int | None:
    if mask is None or origin is None:
        return ANATOMY
    first, second = candidate.regions(shape, grown=1)
    if min(_share(first, mask), _share(second, origin)) > _ON_IT:
        return FIRST
    return SECOND if min(_share(second, mask), _share(first, origin)) > _ON_IT else None


def _share(region: Mask, mask: Mask) -> float:
    return float((region & mask).sum()) / max(int(region.sum()), 1)


def fitted(samples: Samples, ridge: float, alarms: float, told: float) -> Model:
    """Both models of ``samples``; UnusableData when there are fewer than 20 of a class."""
    rows, labels = samples.inputs[:, : len(NAMES)].astype(np.float64), samples.labels
    copies = labels != ANATOMY
    if min(copies.sum(), (~copies).sum()) < _LEAST:
        raise UnusableData(
            f"expected {_LEAST} copies and as many alike places, found {copies.sum()}, {(~copies).sum()}"
        )
    means, scales = rows.mean(axis=0), np.maximum(rows.std(axis=0), 1e-3)
    weights, bias = logistic(expanded(rows, means, scales), copies, ridge)
    sided = samples.inputs[copies, len(NAMES) :].astype(np.float64)
    side_scales = np.maximum(np.sqrt((sided**2).mean(axis=0)), 1e-3)
    turned = np.where(labels[copies] == FIRST, 1.0, -1.0)
    side_rows = side_row(sided, side_scales)
    odds = out_of_fold(rows, copies, samples.owners, ridge)
    return Model(
        means=_numbers(means),
        scales=_numbers(scales),
        weights=_numbers(weights),
        bias=bias,
        side_scales=_numbers(side_scales),
        side_weights=_numbers(_side_weights(side_rows, turned, ridge)),
        accepted=_accepted(odds[~copies], samples.owners[~copies], alarms),
        telling_odds=_telling_odds(told_out_of_fold(side_rows, turned, samples.owners[copies], ridge), told),
    )


def out_of_fold(rows: Rows, copies: npt.NDArray[np.bool_], owners: npt.NDArray[np.int64], ridge: float) -> Rows:
    """The odds of each row by a model that has not seen its picture, nor the twin beside it; no higher than their
    ceiling, as the finished model gives them."""
    folds = owners // 2 % _FOLDS
    odds = np.zeros(len(rows))
    for fold in range(_FOLDS):
        seen, held = folds != fold, folds == fold
        means, scales = rows[seen].mean(axis=0), np.maximum(rows[seen].std(axis=0), 1e-3)
        weights, bias = logistic(expanded(rows[seen], means, scales), copies[seen], ridge)
        odds[held] = expanded(rows[held], means, scales) @ weights + bias
    return np.minimum(odds, [ceiling(dict(zip(NAMES, row, strict=True))) for row in rows.tolist()])


def told_out_of_fold(rows: Rows, turned: Rows, owners: npt.NDArray[np.int64], ridge: float) -> Rows:
    """The side odds of each row, above 0 where they name the true side (``turned``: 1 the first, -1 the second); by
    weights that have not seen its picture."""
    folds = owners // 2 % _FOLDS
    odds = np.zeros(len(rows))
    for fold in range(_FOLDS):
        seen, held = folds != fold, folds == fold
        odds[held] = rows[held] @ _side_weights(rows[seen], turned[seen], ridge)
    return odds * turned


def _side_weights(rows: Rows, turned: Rows, ridge: float) -> Rows:
    """Each pair is shown both ways round, which makes the bias 0."""
    return logistic(np.concatenate((rows, -rows)), np.concatenate((turned, -turned)) > 0, ridge)[0]


def _numbers(values: Rows) -> tuple[float, ...]:
    return tuple(float(value) for value in values)


def logistic(rows: Rows, positive: npt.NDArray[np.bool_], ridge: float) -> tuple[Rows, float]:
    """Weights and bias of ridge logistic regression, both classes weighing the same; by Newton's method."""
    design = np.column_stack((rows, np.ones(len(rows))))
    share = np.where(positive, 0.5 / max(positive.sum(), 1), 0.5 / max((~positive).sum(), 1)) * len(rows)
    penalty = np.full(design.shape[1], ridge)
    penalty[-1] = 1e-6
    weights = np.zeros(design.shape[1])
    for _ in range(40):
        chance = 1.0 / (1.0 + np.exp(-np.clip(design @ weights, -30, 30)))
        slope = design.T @ (share * (chance - positive)) + penalty * weights
        bend = (design * (share * chance * (1 - chance))[:, None]).T @ design + np.diag(penalty)
        step = np.linalg.solve(bend, slope)
        weights = weights - step
        if np.abs(step).max() < 1e-8:
            break
    return weights[:-1], float(weights[-1])


def _accepted(odds: Rows, owners: npt.NDArray[np.int64], alarms: float) -> float:
    """The odds that the strongest match of a share ``alarms`` of the pictures reaches."""
    highest = [odds[owners == owner].max() for owner in np.unique(owners)]
    return float(np.quantile(highest, 1.0 - alarms))


def _telling_odds(right: Rows, told: float) -> float:
    """The least odds, 0 to 3, from which the share that is right reaches ``told``; 3 where none does."""
    for level in np.arange(0.0, 3.0, 0.05):
        answered = right[np.abs(right) >= level]
        if len(answered) and (answered > 0).mean() >= told:
            return float(level)
    return 3.0


def _facts(model: Model, side: Samples) -> dict[str, float]:
    """How the side fares, for the manifest."""
    rows = expanded(side.inputs[:, : len(NAMES)].astype(float), np.array(model.means), np.array(model.scales))
    odds = rows @ np.array(model.weights) + model.bias
    copies = side.labels != ANATOMY
    return {
        "copies": int(copies.sum()),
        "alike_places": int((~copies).sum()),
        "copies_accepted": round(float((odds[copies] >= model.accepted).mean()) if copies.any() else 0.0, 3),
        "alike_accepted": round(float((odds[~copies] >= model.accepted).mean()) if (~copies).any() else 0.0, 4),
    }


TRAINER = SiftCopyMoveTrainer()
