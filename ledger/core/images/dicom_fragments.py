"""From the fragments of encapsulated pixel data to frames (DICOM PS3.5 annex A.4, PS3.3 C.7.6.3.1.8)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from struct import unpack

from ledger.core.images.dicom_header import Header
from ledger.errors import UnreadableImage


def compressed(header: Header) -> Iterator[bytes]:
    """Each compressed frame in order, from its fragments; UnreadableImage when they cannot be told apart."""
    fragments = header.pixels.fragments
    if fragments is None or len(fragments) < 2:
        raise UnreadableImage("expected fragments of compressed pixel data, found none")
    table, parts = fragments[0], fragments[1:]
    if header.frames == 1:
        yield b"".join(parts)
    elif len(parts) == header.frames:
        yield from map(bytes, parts)
    elif len(table) or 0x7FE00001 in header.by_tag:
        yield from _by_offsets(parts, _offsets(header, table))
    else:
        yield from _by_end_markers(parts)


def _offsets(header: Header, table: memoryview) -> tuple[int, ...]:
    extended = header.by_tag.get(0x7FE00001)
    if extended is not None and extended.value is not None and len(extended.value) == 8 * header.frames:
        return unpack(f"<{header.frames}Q", extended.value)
    if len(table) != 4 * header.frames:
        raise UnreadableImage(f"expected an offset table of {header.frames} frames, found {len(table)} bytes")
    return unpack(f"<{header.frames}I", table)


def _by_offsets(parts: tuple[memoryview, ...], offsets: tuple[int, ...]) -> Iterator[bytes]:
    starts: dict[int, int] = {}
    position = 0
    for index, part in enumerate(parts):
        starts[position] = index
        position += 8 + len(part)
    indices = [starts.get(offset, -1) for offset in offsets] + [len(parts)]
    if indices[0] != 0 or any(first >= second for first, second in pairwise(indices)):
        raise UnreadableImage("expected frames that begin with a fragment, found other offsets")
    for first, second in pairwise(indices):
        yield b"".join(parts[first:second])


def _by_end_markers(parts: tuple[memoryview, ...]) -> Iterator[bytes]:
    """Frames without an offset table: each ends with the fragment that ends with EOI or EOC (FF D9)."""
    gathered = b""
    for part in parts:
        gathered += bytes(part)
        if gathered.rstrip(b"\0").endswith(b"\xff\xd9"):
            yield gathered
            gathered = b""
    if gathered:
        raise UnreadableImage("expected the end of the last frame, found the end of the pixel data")
