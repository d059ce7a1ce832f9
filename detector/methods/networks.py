"""What the methods that run a network share."""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np
import numpy.typing as npt

_NEAR_ZERO = 1e-12


class Network(Protocol):
    """A model that answers batches: ``detector.serving.LiteModel``, or a stand-in in a test."""

    def run(self, batch: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.float32], ...]:
        """Outputs (n, …) for inputs (n, …)."""
        ...


def log_odds(share: float) -> float:
    """ln(share / (1 - share)), kept finite: shares closer than 1e-12 to 0 or 1 count as that close."""
    return math.log(max(share, _NEAR_ZERO)) - math.log(max(1.0 - share, _NEAR_ZERO))
