"""What every data set gives: examples that can be read, with what is known about each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from detector.types import Pixels

FORGERIES = ("copy-move", "splicing", "modification", "removal")
HISTORIES = ("A", "B1", "B2", "C")


@dataclass(frozen=True)
class Picture:
    """A decoded picture, and its compressed bytes when the file is a JPEG."""

    pixels: Pixels
    jpeg: bytes | None = None


@dataclass(frozen=True)
class Example:
    """One picture of known truth.

    ``group`` is never divided between two sides of a split (a patient, a volume, a cluster of near-duplicates).
    ``pair`` names the pristine original that this picture and its twin were made from; pristine and forged twins have
    the same. ``mask`` and ``origin`` are PNG files of the picture's size: what was changed, and for a copy-move where
    it was copied from. ``area`` is the changed share, 0 to 1. ``history`` is one of HISTORIES, with the qualities it
    used; None where nothing is known. ``traced``: the pixels carry a lossy save from before (a JPEG now or once), so
    that the picture is no lossless original at its native resolution.
    """

    path: Path
    forged: bool
    source: str
    modality: str
    group: str
    pair: str
    mask: Path | None = None
    origin: Path | None = None
    forgery: str | None = None
    operation: str | None = None
    area: float | None = None
    history: str | None = None
    first_quality: int | None = None
    last_quality: int | None = None
    dhash: int | None = None
    traced: bool = False
