"""A support vector machine with an RBF kernel as arrays: made from scikit-learn when training, answered with numpy.

``arrays``: ``mean`` and ``scale`` float32 (features,) standardise a vector; ``support`` float16 (vectors, features) are
the standardised support vectors, exactly as they were fitted; ``dual`` float64 (vectors,) their weights; ``constants``
float64 are gamma, the intercept, and Platt's A and B.
Sources: C. Cortes, V. Vapnik, *Support-vector networks*, 1995; J. Platt, *Probabilistic outputs for support vector
machines*, 1999.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from detector.errors import WeightsUnusable

_DTYPES = {
    "mean": np.float32,
    "scale": np.float32,
    "support": np.float16,
    "dual": np.float64,
    "constants": np.float64,
}
_FARTHEST = 60_000.0

Arrays = Mapping[str, npt.NDArray[Any]]
Floats = npt.NDArray[np.float64]


def scaling(vectors: npt.NDArray[Any]) -> dict[str, npt.NDArray[np.float32]]:
    """``mean`` and ``scale`` of ``vectors`` (n, features); a feature that does not vary keeps the scale 1."""
    spread = vectors.std(0, dtype=np.float64)
    scale = np.where(spread > 1e-6, spread, 1.0)
    return {"mean": vectors.mean(0, dtype=np.float64).astype(np.float32), "scale": scale.astype(np.float32)}


def standardised(arrays: Arrays, vectors: npt.NDArray[Any]) -> npt.NDArray[np.float16]:
    """``vectors`` (n, features) as the machine is fitted on and asked about them: float16."""
    apart = (vectors.astype(np.float32) - arrays["mean"]) / arrays["scale"]
    return np.clip(apart, -_FARTHEST, _FARTHEST).astype(np.float16)


def from_sklearn(machine: Any, scale: Arrays, platt: tuple[float, float]) -> dict[str, npt.NDArray[Any]]:
    """The arrays of a fitted ``SVC`` (RBF, classes 0 and 1, fitted on :func:`standardised` vectors).

    ``scale`` is what :func:`scaling` gave, ``platt`` are A and B of P(1) = 1 / (1 + exp(A f + B)).
    ValueError for another kernel or other classes.
    """
    if machine.kernel != "rbf" or list(machine.classes_) != [0, 1]:
        raise ValueError(f"expected an RBF machine of the classes 0, 1, found {machine.kernel}, {machine.classes_}")
    return {
        "mean": scale["mean"],
        "scale": scale["scale"],
        "support": machine.support_vectors_.astype(np.float16),
        "dual": machine.dual_coef_[0].astype(np.float64),
        "constants": np.array([machine._gamma, machine.intercept_[0], *platt], np.float64),
    }


def check(arrays: Arrays, features: int) -> None:
    """Nothing, when ``arrays`` are a machine over that many features; else WeightsUnusable."""
    if set(arrays) != set(_DTYPES) or any(arrays[name].dtype != kind for name, kind in _DTYPES.items()):
        raise WeightsUnusable(f"expected the arrays {', '.join(_DTYPES)} of a machine, found {', '.join(arrays)}")
    vectors = len(arrays["dual"])
    expected = {"mean": (features,), "scale": (features,), "support": (vectors, features), "constants": (4,)}
    for name, shape in expected.items():
        if arrays[name].shape != shape:
            raise WeightsUnusable(f"expected {name} of shape {shape}, found {arrays[name].shape}")


def decide(arrays: Arrays, vectors: npt.NDArray[Any]) -> Floats:
    """The decision values f of ``vectors`` (n, features), not standardised yet: (n,); above 0 for class 1."""
    gamma, intercept = arrays["constants"][:2]
    asked = standardised(arrays, vectors).astype(np.float64)
    support = arrays["support"].astype(np.float64)
    apart = (asked**2).sum(1)[:, None] + (support**2).sum(1)[None, :] - 2 * asked @ support.T
    return np.asarray(np.exp(-gamma * np.maximum(apart, 0)) @ arrays["dual"] + intercept)


def probability(arrays: Arrays, decisions: Floats) -> Floats:
    """Platt's probability of class 1 for each decision value."""
    a, b = arrays["constants"][2:]
    return np.asarray(1 / (1 + np.exp(np.clip(a * decisions + b, -500, 500))))
