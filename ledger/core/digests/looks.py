"""The fingerprint of an image apart from its other digests: it is made from a few frames and from nothing else.

It takes as long as the others together, so whoever has a second processor may have it made there (:data:`Look`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ledger.core.model import TraceRecord

if TYPE_CHECKING:
    import numpy.typing as npt

LARGEST_PLANE = 1 << 22
"""Planes of more pixels are not kept nor handed on: they are looked at where they are, frame by frame."""


@dataclass(frozen=True)
class Planes:
    """The traced frames of an image that has ``frames`` of them: number and luma (rows, columns) of each, in order."""

    frames: int
    planes: tuple[tuple[int, npt.NDArray[Any]], ...]


Look = Callable[[Planes], Callable[[], TraceRecord | None]]
"""Begins to look; what it answers waits for the fingerprint (None: there is none), and is to be called once whatever
happens meanwhile."""


def trace_of(planes: Planes) -> TraceRecord | None:
    """The same as one after another from the frames."""
    from ledger.core.trace.cells import cells_of
    from ledger.core.trace.making import trace_record

    cells = [found for number, plane in planes.planes if (found := cells_of(plane, number)) is not None]
    return trace_record(planes.frames, cells) if cells else None
