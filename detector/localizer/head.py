"""From a map of log odds to one score of the picture: a small logistic regression on how the map is distributed.

The largest value of a map is a poor judge (some texture is always the oddest of its picture), and so is its mean (a
forgery may be a three-hundredth of it). So several shares of the highest cells, the extent above two levels, and the
highest mean of a neighbourhood are weighed together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

STATISTICS = (
    *("top 16 cells", "top 0.3 %", "top 1 %", "top 5 %", "median", "soft maximum"),
    *("log share above 0", "log share above 2", "highest of 5×5", "highest of 13×13"),
)


def statistics(odds: npt.NDArray[np.float32]) -> Floats:
    """(len(STATISTICS),) float64, of log odds (rows, columns)."""
    values = np.clip(odds.astype(np.float64), -12.0, 12.0)
    ordered = np.sort(values.ravel())[::-1]
    count = len(ordered)
    tops = [ordered[: max(4, size)].mean() for size in (16, round(0.003 * count), round(0.01 * count), count // 20)]
    soft = float(np.log(np.exp(values).mean()))
    shares = [float(np.log((values > level).mean() + 1e-4)) for level in (0.0, 2.0)]
    local = [float(cv2.blur(values, (size, size)).max()) for size in (5, 13)]
    return np.array([*tops, ordered[count // 2], soft, *shares, *local])


@dataclass(frozen=True)
class Head:
    """score = weights · (statistics − centre) / spread + bias: log odds of *forged*, prior one half."""

    centre: Floats
    spread: Floats
    weights: Floats
    bias: float

    def score(self, found: Floats) -> float:
        """Of the statistics of one picture."""
        return float(self.weights @ ((found - self.centre) / self.spread)) + self.bias

    def to_json(self) -> dict[str, Any]:
        """Plain numbers, by name."""
        arrays = {name: getattr(self, name).tolist() for name in ("centre", "spread", "weights")}
        return {"statistics": list(STATISTICS), **arrays, "bias": self.bias}

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Head:
        """The inverse of :meth:`to_json`; ValueError when it is for other statistics."""
        if raw["statistics"] != list(STATISTICS):
            raise ValueError("other statistics")
        centre, spread, weights = (np.asarray(raw[name], np.float64) for name in ("centre", "spread", "weights"))
        if any(array.shape != (len(STATISTICS),) for array in (centre, spread, weights)):
            raise ValueError("numbers missing")
        return cls(centre, spread, weights, float(raw["bias"]))
