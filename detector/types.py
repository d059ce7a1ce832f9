"""What a method gets and what it answers: one shape for all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Pixels = npt.NDArray[np.uint8] | npt.NDArray[np.uint16]
    """(rows, columns) or (rows, columns, 1, 3 or 4) unsigned samples: grey, RGB or RGBA; 8 or 16 bit."""
    HeatMap = npt.NDArray[np.float32]
    """(rows, columns), 0 to 1; higher is more suspicious."""
    Mask = npt.NDArray[np.bool_]


class Band(StrEnum):
    """What the calibrated probability may be called. *no-trace* is never *authentic*."""

    ALTERED = "altered"
    INCONCLUSIVE = "inconclusive"
    NO_TRACE = "no-trace"


class Regime(StrEnum):
    """What can be read from a file about its save history; scores are calibrated within one of these."""

    JPEG_DOUBLE = "jpeg-double"
    JPEG = "jpeg"
    LOSSLESS_JPEG_TRACE = "lossless-jpeg-trace"
    LOSSLESS = "lossless"
    LOSSLESS_DEEP = "lossless-deep"
    """Lossless, in words of 16 bits with values above 255: the grain is there in full, and scores lie otherwise."""
    LOSSY = "lossy"
    """Compressed with loss, and not as the JPEG at hand: no method is calibrated on it, every answer inconclusive."""


PART_OF: Mapping[str, str] = {Regime.LOSSLESS_DEEP: Regime.LOSSLESS}
"""What a regime was told apart from: where nothing was measured on it alone, that of the wider one holds."""


@dataclass(frozen=True)
class Region:
    """A rectangle in pixels: left, top, width, height."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True)
class Finding:
    """One reason in words. ``code`` is stable; ``meaning`` says what it shows, ``limits`` what it cannot show."""

    code: str
    text: str
    meaning: str
    limits: str
    region: Region | None = None


@dataclass(frozen=True)
class Applicability:
    """Whether a method can say anything about this picture, and why (not)."""

    applicable: bool
    reason: str


@dataclass(frozen=True)
class Evidence:
    """What a method found, before calibration.

    ``score`` is raw: any real number, higher is more suspicious. ``heatmap`` has the picture's rows and columns.
    ``figures`` are named numbers of the method's own.
    """

    score: float
    heatmap: HeatMap
    findings: tuple[Finding, ...] = ()
    figures: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Detection:
    """The answer of one method about one picture.

    Not applicable: ``applicable`` is false, ``reason`` says why, ``band`` is *inconclusive* and the measured fields
    are None. Otherwise all but ``area_interval`` and the likelihood ratio are set; ``area_percent`` is the share of
    ``mask`` in the picture, ``area_interval`` the 90 % interval of the true share as measured on held-out forgeries
    (None where the mask's share is beyond what was measured); ``probability`` is calibrated in ``regime``.
    ``likelihood_ratio`` is how many times as probable the evidence is of a forged picture as of a pristine one, held
    within ``likelihood_bounds``, what held-out pictures support (:mod:`detector.likelihood`); both are None for one of
    several frames, and where too few pictures were calibrated on.
    ``rates`` are the error rates of this method in this regime, from the calibration (see ``detector.calibrate``).
    """

    method: str
    version: str
    applicable: bool
    reason: str
    regime: Regime
    band: Band
    seconds: float
    score: float | None = None
    probability: float | None = None
    likelihood_ratio: float | None = None
    likelihood_bounds: tuple[float, float] | None = None
    heatmap: HeatMap | None = None
    mask: Mask | None = None
    area_percent: float | None = None
    area_interval: tuple[float, float] | None = None
    findings: tuple[Finding, ...] = ()
    figures: Mapping[str, float] = field(default_factory=dict)
    rates: Mapping[str, float | int | str] = field(default_factory=dict)


class Method(Protocol):
    """One detector of one publication. Made by ``load(weights)``; ``weights`` is the method's own folder."""

    name: str
    version: str

    def applicable(self, pixels: Pixels, jpeg: bytes | None) -> Applicability:
        """Whether :meth:`examine` can be asked; cheap, never raises for an array of the allowed shapes."""
        ...

    def examine(self, pixels: Pixels, *, jpeg: bytes | None = None) -> Evidence:
        """The evidence in ``pixels``; ``jpeg`` is the compressed file when the picture came as one.

        Any size from 64×64 to 8192×8192. The same picture gives the same evidence.
        """
        ...
