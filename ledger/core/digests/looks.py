"""What is seen of an image: view/1 and the fingerprint, both made from a few frames and from nothing else.

They take as long as all other digests together, so whoever has a second processor may make them there (:data:`Look`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ledger.core.model import TraceRecord

if TYPE_CHECKING:
    import numpy.typing as npt

    from ledger.core.digests.model import Fact

LARGEST_PLANE = 1 << 22
"""Planes of more pixels are not kept nor handed on: they are looked at where they are, frame by frame."""


@dataclass(frozen=True)
class Planes:
    """The traced frames of an image that has ``frames`` of them: number and luma (rows, columns) of each, in order,
    the middle frame among them. ``inverted``: white is zero."""

    frames: int
    inverted: bool
    planes: tuple[tuple[int, npt.NDArray[Any]], ...]


@dataclass(frozen=True)
class Looks:
    """view/1 or None, with its facts; the fingerprint or None."""

    view: str | None
    facts: dict[str, Fact]
    trace: TraceRecord | None


Look = Callable[[Planes], Callable[[], Looks]]
"""Begins to look; what it answers waits for the result, and is to be called once whatever happens meanwhile."""


def looks_of(planes: Planes) -> Looks:
    """The same as one after another from the frames."""
    from ledger.core.digests.view import view_of_plane
    from ledger.core.trace.cells import cells_of
    from ledger.core.trace.making import trace_record

    middle = dict(planes.planes)[planes.frames // 2]
    view, facts = view_of_plane(middle, inverted=planes.inverted)
    cells = [found for number, plane in planes.planes if (found := cells_of(plane, number)) is not None]
    return Looks(view, facts, trace_record(planes.frames, cells) if cells else None)
