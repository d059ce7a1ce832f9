"""What fingerprints and searches cost."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import cv2
import numpy as np

from ledger.bench.altering.judging import Outcome
from ledger.bench.altering.material import Picture, Registered
from ledger.bench.figures import median, quantile, seconds
from ledger.core.digests import digest_set
from ledger.core.digests.view import luma
from ledger.core.images import Limits, decode
from ledger.core.trace.cells import cells_of
from ledger.core.trace.making import trace_record

_TIMED = 24
_ROUNDS = 3
_MEGA = 1e6
_SIZES = ((0.0, 0.1), (0.1, 0.5), (0.5, 2.0), (2.0, float("inf")))
"""Megapixels of a frame, from and up to."""


def measure(originals: Sequence[int], registered: Registered, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Processor milliseconds and bytes; seconds a megapixel of the searches, by the clock, in the workers."""
    pictures = [registered.pictures[row] for row in originals]
    timed = [found for picture in pictures[:_TIMED] if (found := _fingerprint(picture)) is not None]
    searched = [one.seconds * _MEGA / one.pixels for one in outcomes]
    return {
        "fingerprint_ms_a_megapixel": _spread([trace for _, trace, _ in timed]),
        "traced_less_untraced_ms_a_megapixel": _spread([more for _, _, more in timed]),
        "bytes": _bytes(registered.pictures),
        "search_s_a_megapixel": _spread(searched),
        "search_s": _spread([one.seconds for one in outcomes]),
    }


def _fingerprint(picture: Picture) -> tuple[float, float, float] | None:
    """Megapixels, and processor milliseconds each: of the fingerprint alone on decoded samples, and of a digest set
    with it less one without; of single frames only, the least of three rounds."""
    data = picture.path.read_bytes()
    image = decode(data, Limits())
    if image.frames > 1:
        return None
    grey = luma(next(iter(image.read_frames())), image)

    def alone() -> None:
        cells = cells_of(grey, 0)
        if cells is not None:
            trace_record(1, [cells])

    megapixels = grey.size / _MEGA
    least = [_least(alone), _least(lambda: digest_set(data, traced=True)), _least(lambda: digest_set(data))]
    trace, traced, untraced = (1000 * one / megapixels for one in least)
    return megapixels, trace, traced - untraced


def _least(work: Callable[[], object]) -> float:
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        return min(seconds(work, time.process_time) for _ in range(_ROUNDS))
    finally:
        cv2.setNumThreads(before)


def _bytes(pictures: Sequence[Picture]) -> list[dict[str, Any]]:
    """By size of the frame: bytes of the stored blob and of the codes."""
    rows = []
    for low, high in _SIZES:
        traces = [one.trace for one in pictures if one.trace is not None and low <= one.megapixels < high]
        if traces:
            blobs, codes = (
                [len(part) for part in parts] for parts in zip(*((t.blob, t.codes) for t in traces), strict=True)
            )
            rows.append(
                {
                    "from": low,
                    "to": high if high < 1e9 else None,
                    "images": len(traces),
                    "blob": _range(blobs),
                    "codes": _range(codes),
                }
            )
    return rows


def _range(sizes: Sequence[int]) -> dict[str, float]:
    return {"median": median(sizes), "least": min(sizes), "greatest": max(sizes)}


def _spread(values: Sequence[float]) -> dict[str, float] | None:
    if not values:
        return None
    return {"p50": float(np.median(values)), "p95": quantile(values, 0.95), "count": len(values)}
