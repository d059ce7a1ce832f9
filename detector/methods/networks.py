"""What the methods that run a network share."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Self

import numpy as np
import numpy.typing as npt

from detector.pictures import usable
from detector.serving import check_manifest, open_model
from detector.types import Applicability

if TYPE_CHECKING:
    from detector.types import Pixels

_NEAR_ZERO = 1e-12


class Network(Protocol):
    """A model that answers batches: ``detector.serving.LiteModel``, or a stand-in in a test."""

    def run(self, batch: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.float32], ...]:
        """Outputs (n, …) for inputs (n, …)."""
        ...


class NetworkMethod:
    """A method that is one network, ``model.tflite`` of its folder, and that any picture can be put to."""

    def __init__(self, model: Network, version: str) -> None:
        self._model, self.version = model, version

    @classmethod
    def load(cls, weights: Path) -> Self:
        """The method with the network of the folder ``weights``; WeightsUnusable when it is not what it should be."""
        manifest = check_manifest(weights)
        return cls(open_model(weights, "model.tflite"), str(manifest["version"]))

    def applicable(self, pixels: Pixels, jpeg: bytes | None) -> Applicability:
        """Any picture of 64 to 8192 pixels a side that is not constant."""
        del jpeg
        return usable(pixels)


def log_odds(share: float) -> float:
    """ln(share / (1 - share)), kept finite: shares closer than 1e-12 to 0 or 1 count as that close."""
    return math.log(max(share, _NEAR_ZERO)) - math.log(max(1.0 - share, _NEAR_ZERO))
