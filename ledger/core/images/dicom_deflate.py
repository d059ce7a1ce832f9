"""Deflated data sets (DICOM PS3.5 annex A.5), within bounds."""

from __future__ import annotations

import zlib

from ledger.core.images.model import Limits
from ledger.errors import LimitExceeded, UnreadableImage

BEGINNING = 1 << 20
"""Bytes that are inflated to learn which object it is."""
_FREE, _MOST_TIMES = 1 << 26, 200
"""A data set may inflate to 64 MB, and a large one to so many times its size: deflate reaches a thousand times where
there is nothing but one value."""


def beginning(body: memoryview) -> bytes:
    """At most the first BEGINNING bytes of the data set. UnreadableImage for broken data."""
    return _some(zlib.decompressobj(-zlib.MAX_WBITS), body, BEGINNING)


def inflate(body: memoryview, limits: Limits) -> tuple[bytes, bytes]:
    """The whole data set, and what stands behind it without the byte that makes its length even.

    LimitExceeded when it is too large, UnreadableImage for broken or truncated data.
    """
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    most = min(limits.max_bytes, max(_FREE, _MOST_TIMES * len(body)))
    found = _some(inflater, body, most)
    if not inflater.eof and inflater.unconsumed_tail:
        raise LimitExceeded(f"expected at most {most} bytes, found more in the inflated data set")
    if not inflater.eof:
        raise UnreadableImage("expected a complete deflated data set, found a truncated one")
    trailing = inflater.unused_data
    return found, b"" if trailing == b"\0" else trailing


def _some(inflater: zlib._Decompress, body: memoryview, most: int) -> bytes:
    try:
        return inflater.decompress(body, most)
    except zlib.error:
        raise UnreadableImage("expected a deflated data set, found broken data") from None
