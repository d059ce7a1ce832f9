"""What was changed against the registered original, on the wire."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from ledger.schemas.base import Identifier, Wire


class ChangedRegion(Wire):
    """A connected region that differs from the registered original, in pixels of the disputed frame."""

    x: int
    y: int
    w: int
    h: int
    area_percent: float


class Transform(Wire):
    """How the disputed frame lies on the registered one."""

    matrix: tuple[float, float, float, float, float, float] = Field(
        description="a, b, c, d, e, f: the registered point (x, y) is at (ax + by + c, dx + ey + f), in pixels"
    )
    words: list[str] = Field(description="The same for people, as in: resized to 0.75, mirrored")
    shown_percent: float = Field(description="Share of the registered frame that the disputed one shows")


class Change(Wire):
    """What was changed against the registered original; no regions: nothing above the limits stated."""

    original: Identifier
    basis: Literal["tile/1", "trace/1", "original"]
    frame: int = Field(ge=0, description="The registered frame it was compared with, counted from 0")
    width: int
    height: int
    transform: Transform
    changed_percent: float
    regions: list[ChangedRegion]
    mask: str | None = Field(default=None, description="Path of the mask, which the command line writes")
    mask_png: str | None = Field(default=None, description="The mask in base64, when the request asked for pictures")
    limits: str
    figures: dict[str, Any] = Field(default_factory=dict)
