"""Making the fingerprint of an image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ledger.core.model import TraceRecord
from ledger.core.trace.blob import MOST_FRAMES, Trace, pack_trace
from ledger.core.trace.codes import registered_codes

if TYPE_CHECKING:
    from ledger.core.trace.cells import Cells


def traced_frames(frames: int) -> frozenset[int]:
    """The numbers of the frames that are traced: at most three, evenly spread, the middle one among them."""
    count = min(frames, MOST_FRAMES if frames >= MOST_FRAMES else 1)
    return frozenset((2 * index + 1) * frames // (2 * count) for index in range(count))


def trace_record(frames: int, cells: Sequence[Cells]) -> TraceRecord:
    """The fingerprint of an image of ``frames`` frames with its search codes."""
    blob = pack_trace(Trace(frames, tuple(cells)))
    return TraceRecord(blob, b"".join(registered_codes(each, place) for place, each in enumerate(cells)))
