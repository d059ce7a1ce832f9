r"""pixel/1 and codestream/1: the samples, and the compressed frames.

Layout of pixel/1::

    pixel/1 = SHA-256("medseal/pixel/1\n" ‖ u32 frames ‖ root of the leaves)
    leaf    = SHA-256(00 ‖ "medseal/pixel/1\n" ‖ shape ‖ samples)
    shape   = u32 rows ‖ u32 columns ‖ u8 samples a pixel ‖ u8 bytes a sample ‖ u8 length ‖ photometric class in ASCII

``samples``: row by row, the samples of a pixel next to each other, each a little endian word of 1, 2 or 4 bytes: the
stored value, in two's complement and sign-extended from Bits Stored when signed, with the bits above Bits Stored
cleared when unsigned. Samples of fewer than 8 bits take one byte each. Bits Stored and sign are not in the shape: a
16-bit PNG cannot carry them; dataset/1 binds them.

Photometric classes: ``monochrome`` (MONOCHROME2, grey PNG, JPEG and TIFF), ``monochrome-inverted`` (MONOCHROME1, TIFF
"white is zero"), ``monochrome-alpha``, ``rgb`` (also YBR_RCT and YBR_ICT, undone by the JPEG 2000 decoder, and all
colour JPEG, undone by the JPEG decoder), ``rgba``, ``palette`` (indices; dataset/1 binds the colours), ``ybr``
(YBR_FULL stored plainly or by a lossless codec), ``ybr-422`` (YBR_FULL_422: each colour difference twice), ``cmyk``.

codestream/1 exists exactly for lossy data: its presence among the digests is the mark "lossy", and such data is
identified by codestream/1, because decoders differ; all other data by pixel/1.

Layout of codestream/1::

    codestream/1 = SHA-256("medseal/codestream/1\n" ‖ u32 frames ‖ root of the leaves)
    leaf         = SHA-256(00 ‖ "medseal/codestream/1\n" ‖ frame)

``frame``: for JPEG (T.81) the bytes from SOI to EOI without the segments APP0 to APP15 and COM, except an APP14 that
begins with "Adobe", and, where it decides the colours, the first APP0 that begins with "JFIF" as ``FF E0 00 07`` and
"JFIF\0": among three components with such an APP14, or not numbered 1, 2, 3, or in DICOM with the photometric
interpretation RGB; fill bytes before a marker are dropped; for JPEG-LS and JPEG 2000 the bytes up to their end marker
without zeros after it. A JPEG file and a DICOM frame that carries it agree. For a TIFF page of JPEG strips or tiles::

    frame = "tiff" ‖ u32 width ‖ u32 length ‖ u32 width and u32 length of a tile or strip ‖ u32 samples a pixel
            ‖ u32 planar configuration ‖ u32 photometric interpretation ‖ part(JPEGTables or nothing) ‖ part …
    part  = u32 length ‖ bytes, of each strip or tile in the order of their offsets' list

A strip is as wide as the page and at most as long.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from struct import pack
from typing import TYPE_CHECKING

from ledger.core.images import Layout
from ledger.core.merkle import root

if TYPE_CHECKING:
    from ledger.core.images.model import Frame

PIXEL_DOMAIN = b"medseal/pixel/1\n"
CODESTREAM_DOMAIN = b"medseal/codestream/1\n"


def shape_bytes(layout: Layout) -> bytes:
    """``shape`` of the layout above."""
    kind = layout.kind.encode()
    return pack("<IIBBB", layout.rows, layout.columns, layout.samples, layout.width, len(kind)) + kind


def pixel_leaf(frame: Frame, layout: Layout) -> bytes:
    """The leaf hash of one frame (C-contiguous, little endian)."""
    leaf = sha256(b"\0" + PIXEL_DOMAIN + shape_bytes(layout))
    leaf.update(frame.data.cast("B"))
    return leaf.digest()


def pixel_digest(leaves: list[bytes]) -> bytes:
    """pixel/1 over the leaf hashes of all frames."""
    return sha256(PIXEL_DOMAIN + pack("<I", len(leaves)) + root(leaves)).digest()


def codestream_digest(frames: Iterable[bytes]) -> bytes:
    """codestream/1 over the compressed frames."""
    leaves = [sha256(b"\0" + CODESTREAM_DOMAIN + frame).digest() for frame in frames]
    return sha256(CODESTREAM_DOMAIN + pack("<I", len(leaves)) + root(leaves)).digest()
