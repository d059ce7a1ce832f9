r"""The stored form of trace/1.

Layout, little endian::

    blob  = u32 frames of the image ‖ u8 traced frames ‖ frame …
    frame = u32 number ‖ u32 height ‖ u32 width ‖ u16 block ‖ u8 shift ‖ i64 least ‖ u32 length ‖ deflated

``deflated`` is zlib over three planes: low bytes and then high bytes of the zigzag-coded differences of the steps
(along each row from the cell to the left, down the first column from the cell above), then the levels of the patches.

    trace/1 = SHA-256("medseal/trace/1\n" ‖ blob)
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from hashlib import sha256
from struct import Struct, error

import numpy as np

from ledger.core.trace.cells import CELLS, LEAST_EDGE, PATCH, Cells
from ledger.errors import InvalidDigest

DOMAIN = b"medseal/trace/1\n"
MOST_FRAMES = 3
"""So many frames of an image are traced, evenly spread; the middle one is always among an odd number."""
MOST_BYTES = 1 << 18
_HEAD = Struct("<IB")
_FRAME = Struct("<IIIHBqI")


@dataclass(frozen=True)
class Trace:
    """The traced frames of an image that has ``frames`` of them."""

    frames: int
    cells: tuple[Cells, ...]


def trace_digest(blob: bytes) -> str:
    """trace/1 of a stored blob, ``sha256:`` and 64 hexadecimal digits."""
    return "sha256:" + sha256(DOMAIN + blob).hexdigest()


def pack_trace(trace: Trace) -> bytes:
    """The blob of ``trace``."""
    parts = [_HEAD.pack(trace.frames, len(trace.cells))]
    for cells in trace.cells:
        body = _deflated(cells)
        facts = (cells.number, cells.height, cells.width, cells.block, cells.shift, cells.least, len(body))
        parts += (_FRAME.pack(*facts), body)
    return b"".join(parts)


def unpack_trace(blob: bytes) -> Trace:
    """What :func:`pack_trace` wrote; InvalidDigest for anything else."""
    try:
        if len(blob) > MOST_BYTES:
            raise ValueError("size")
        frames, count = _HEAD.unpack_from(blob)
        at, found = _HEAD.size, []
        for _ in range(count):
            *facts, length = _FRAME.unpack_from(blob, at)
            at += _FRAME.size
            found.append(_cells(facts, blob[at : at + length]))
            at += length
        if at != len(blob) or not found or any(cells.number >= frames for cells in found):
            raise ValueError("frames")
    except (zlib.error, error, ValueError):
        raise InvalidDigest("expected a stored fingerprint (trace/1), found broken data") from None
    return Trace(frames, tuple(found))


def _deflated(cells: Cells) -> bytes:
    differences = np.diff(cells.steps, axis=1, prepend=0)
    differences[:, 0] = np.diff(cells.steps[:, 0], prepend=0)
    words = ((differences << 1) ^ (differences >> 31)).astype("<u2")
    planes = words.view(np.uint8).reshape(-1, 2)
    return zlib.compress(planes[:, 0].tobytes() + planes[:, 1].tobytes() + cells.texture.tobytes(), 6)


def _cells(facts: list[int], body: bytes) -> Cells:
    number, height, width, block, shift, least = facts
    rows, columns = height // block if block else 0, width // block if block else 0
    if not LEAST_EDGE <= min(rows, columns) <= max(rows, columns) <= CELLS or shift > 60:
        raise ValueError("shape")
    patches = (rows // PATCH, columns // PATCH)
    planes = np.frombuffer(_inflated(body, 2 * rows * columns + patches[0] * patches[1]), np.uint8)
    octets, texture = planes[: 2 * rows * columns], planes[2 * rows * columns :].reshape(patches)
    low, high = octets.reshape(2, rows, columns).astype(np.int32)
    words = low | high << 8
    differences = (words >> 1) ^ -(words & 1)
    differences[:, 0] = np.cumsum(differences[:, 0])
    steps = np.cumsum(differences, axis=1, dtype=np.int32)
    return Cells(number, height, width, block, shift, least, steps, texture)


def _inflated(body: bytes, size: int) -> bytes:
    """Exactly ``size`` bytes; ValueError for any other number of them."""
    inflater = zlib.decompressobj()
    data = inflater.decompress(body, size + 1)
    if len(data) != size or not inflater.eof or inflater.unused_data:
        raise ValueError("cells")
    return data
