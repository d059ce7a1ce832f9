"""What was changed in a copy of a registered image, as plain values. Coordinates are pixels of the disputed frame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Basis = Literal["tile/1", "trace/1", "original"]
"""What the comparison stands on: exact tiles, the robust fingerprint, or the original itself."""


@dataclass(frozen=True)
class ChangedRegion:
    """A connected region that differs: its box (left, top, width, height) and its share of the frame in percent."""

    x: int
    y: int
    width: int
    height: int
    area_percent: float


@dataclass(frozen=True)
class Transform:
    """How the disputed frame lies on the registered one.

    ``matrix`` is (a, b, c, d, e, f): a point (x, y) of the registered frame, in pixels from its upper left corner,
    is at (a x + b y + c, d x + e y + f) of the disputed one. ``words`` say the same for people ("resized to 0.75",
    "turned by 90 degrees", "mirrored", "inverted", "cropped", "other window"). ``shown_percent`` is the share of the
    registered frame that the disputed one shows.
    """

    matrix: tuple[float, float, float, float, float, float]
    words: tuple[str, ...]
    shown_percent: float


@dataclass(frozen=True)
class Change:
    """The change map of a disputed frame against its registered original.

    ``frame`` is the registered frame it was compared with, ``width`` and ``height`` are the disputed frame's and the
    mask's. ``mask`` is a grey PNG, white where changed. ``changed_percent`` is the white share of it. ``limits`` says
    what this comparison cannot see. ``figures`` are JSON-able facts behind it.
    """

    basis: Basis
    frame: int
    width: int
    height: int
    transform: Transform
    changed_percent: float
    regions: tuple[ChangedRegion, ...]
    mask: bytes
    limits: str
    figures: Mapping[str, Any] = field(default_factory=dict)

    @property
    def altered(self) -> bool:
        """Whether any region differs."""
        return bool(self.regions)
