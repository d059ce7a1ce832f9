"""From what two methods found to one score: a small logistic model for each regime of save history.

Weights are fitted on pictures that neither method was trained on, held above zero (no evidence of forgery speaks
against it), and drawn towards those of all regimes together, the more the fewer pictures a regime has. Ours.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from detector.errors import WeightsUnusable
from detector.types import PART_OF

Floats = npt.NDArray[np.float64]

FILE = "fusion.json"
ALL = "all"
INPUTS = ("localizer", "copies", "clear_copies")
"""The log odds of each part, cut off at ±CLIP, copies from FEWEST up: no match says little against a forgery. And by
how much the copies' odds lie above CLEAR, MOST at most: like anatomy is everywhere and tells little."""
CLIP, FEWEST, CLEAR, MOST = 8.0, -3.0, 4.0, 24.0  # MOST: the odds of samples that are the same (duplicates.search)
_TOWARDS_ALL = 40.0  # as many pictures as the pull towards the weights of all regimes is worth
_RIDGE = 1.0


@dataclass(frozen=True)
class Mixture:
    """score = bias + weights · inputs, log odds of *forged* at a prior of one half; so many for each regime."""

    regimes: Mapping[str, tuple[float, ...]]

    def score(self, found: Floats, regime: str) -> float:
        """Of ``inputs`` (3,) of one picture; a regime that was not fitted has the weights of all together."""
        bias, *weights = self._weights(regime)
        return float(bias + np.dot(weights, found))

    def parts(self, found: Floats, regime: str) -> Floats:
        """(3,) what each input adds to the score."""
        return np.asarray(self._weights(regime)[1:]) * found

    def _weights(self, regime: str) -> tuple[float, ...]:
        return self.regimes.get(PART_OF.get(regime, regime), self.regimes[ALL])

    def save(self, path: Path) -> None:
        """Write it as JSON."""
        path.write_text(json.dumps({"inputs": list(INPUTS), "regimes": dict(self.regimes)}, indent=1) + "\n", "utf-8")

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> Mixture:
        """What :meth:`save` wrote; WeightsUnusable when it is anything else."""
        try:
            regimes = {str(name): tuple(float(each) for each in row) for name, row in raw["regimes"].items()}
            whole = all(len(row) == 1 + len(INPUTS) and np.isfinite(row).all() for row in regimes.values())
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise WeightsUnusable(f"expected the weights of a fusion, found: {error}") from error
        if raw.get("inputs") != list(INPUTS) or not whole or ALL not in regimes:
            raise WeightsUnusable(f"expected weights of {', '.join(INPUTS)} by regime, found others")
        return cls(regimes)


def inputs(localizer: float, copies: float) -> Floats:
    """(3,) from the raw scores of the two methods."""
    copied = float(np.clip(copies, FEWEST, CLIP))
    return np.array([np.clip(localizer, -CLIP, CLIP), copied, float(np.clip(copies, CLEAR, MOST)) - CLEAR])


def fit(found: Floats, labels: Sequence[int], regimes: Sequence[str]) -> Mixture:
    """The mixture of ``found`` (n, 3) with ``labels`` 0 or 1. Both classes weigh the same; a regime without both has
    no weights of its own, and one that is part of another has the other's: few held pictures have 16 bits."""
    truth, names = np.asarray(labels, np.float64), np.asarray([PART_OF.get(name, name) for name in regimes])
    together = _logistic(found, truth, np.zeros(1 + len(INPUTS)), _RIDGE)
    fitted = {ALL: tuple(together.tolist())}
    for name in sorted(set(names.tolist())):
        chosen = names == name
        if len(set(truth[chosen].tolist())) == 2:
            fitted[name] = tuple(_logistic(found[chosen], truth[chosen], together, _TOWARDS_ALL).tolist())
    return Mixture(fitted)


def _logistic(found: Floats, truth: Floats, start: Floats, pull: float) -> Floats:
    """Bias and weights (no weight below zero) that explain ``truth`` best, drawn to ``start``."""
    from scipy.optimize import minimize

    rows = np.column_stack((np.ones(len(found)), found))
    share = np.where(truth > 0, 0.5 / max(truth.sum(), 1), 0.5 / max((1 - truth).sum(), 1)) * len(truth)

    def loss(weights: Floats) -> tuple[float, Floats]:
        odds = rows @ weights
        value = float((share * (np.logaddexp(0, odds) - truth * odds)).sum())
        slope = rows.T @ (share * (1 / (1 + np.exp(-odds)) - truth))
        away = weights - start
        return value + 0.5 * pull * float(away @ away), slope + pull * away

    bounds = [(None, None)] + [(0.0, None)] * len(INPUTS)
    return np.asarray(minimize(loss, start, jac=True, bounds=bounds, method="L-BFGS-B").x, np.float64)
