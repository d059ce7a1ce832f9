r"""tile/1: blocks of 32 × 32 pixels, so that a change has a place.

Layout::

    tile/1 = SHA-256("medseal/tile/1\n" ‖ u32 frames ‖ shape ‖ u16 32 ‖ root of the leaves)
    leaf   = SHA-256(00 ‖ "medseal/tile/1\n" ‖ u32 frame ‖ u32 tile row ‖ u32 tile column
                     ‖ u16 tile height ‖ u16 tile width ‖ u8 samples a pixel ‖ u8 bytes a sample ‖ samples)

Leaves run by frame, tile row, tile column, counted from 0. Tiles at the right and lower edge are smaller where the
frame is no multiple of 32. ``shape`` and ``samples`` are those of pixel/1, the samples of a tile row by row.
"""

from __future__ import annotations

from hashlib import sha256
from struct import Struct, pack
from typing import TYPE_CHECKING

import numpy as np

from ledger.core.digests.model import TileDigests
from ledger.core.digests.pixel import shape_bytes
from ledger.core.images import Layout
from ledger.core.merkle import root

if TYPE_CHECKING:
    from hashlib import _Hash as HASH

    from ledger.core.images.model import Frame

DOMAIN = b"medseal/tile/1\n"
SIZE = 32
_HEAD = Struct("<IIIHHBB").pack


def tile_leaves(frame: Frame, index: int, layout: Layout, first: tuple[int, int] = (0, 0)) -> bytes:
    """The leaf hashes of frame ``index``, joined; ``first`` is the tile row and column where ``frame`` begins in it."""
    top, left = first
    tops = range(0, frame.shape[0], SIZE)
    return b"".join(_band(frame[y : y + SIZE], index, top + y // SIZE, left, layout) for y in tops)


def _band(band: Frame, frame: int, row: int, left: int, layout: Layout) -> bytes:
    height, columns = band.shape[:2]
    whole = columns // SIZE
    # One copy puts the samples of each tile next to each other; the hashes then read slices of it.
    blocks = band[:, : whole * SIZE].reshape(height, whole, SIZE * layout.samples).swapaxes(0, 1)
    octets = np.ascontiguousarray(blocks).data.cast("B") if whole else memoryview(b"")
    size = height * SIZE * layout.samples * layout.width
    found = []
    for column in range(whole):
        leaf = _leaf(frame, row, left + column, height, SIZE, layout)
        leaf.update(octets[column * size : (column + 1) * size])
        found.append(leaf.digest())
    if columns % SIZE:
        leaf = _leaf(frame, row, left + whole, height, columns % SIZE, layout)
        leaf.update(np.ascontiguousarray(band[:, whole * SIZE :]).tobytes())
        found.append(leaf.digest())
    return b"".join(found)


def _leaf(frame: int, row: int, column: int, height: int, width: int, layout: Layout) -> HASH:
    return sha256(b"\0" + DOMAIN + _HEAD(frame, row, column, height, width, layout.samples, layout.width))


def tile_digests(leaves: bytes, frames: int, layout: Layout) -> TileDigests:
    """The leaf hashes of all frames with the grid they belong to."""
    kind = f"{layout.kind}/{layout.samples}/{layout.width}"
    return TileDigests(SIZE, frames, layout.rows, layout.columns, kind, leaves)


def tile_digest(leaves: bytes, frames: int, layout: Layout) -> bytes:
    """tile/1 over the joined leaf hashes of all frames."""
    return tile_digest_of(root([leaves[start : start + 32] for start in range(0, len(leaves), 32)]), frames, layout)


def tile_digest_of(tree: bytes, frames: int, layout: Layout) -> bytes:
    """tile/1 from ``tree``, the root of the leaves of all frames."""
    return sha256(DOMAIN + pack("<I", frames) + shape_bytes(layout) + pack("<H", SIZE) + tree).digest()
