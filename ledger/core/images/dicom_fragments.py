"""From the fragments of encapsulated pixel data to frames (DICOM PS3.5 annex A.4, PS3.3 C.7.6.3.1.8)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate, pairwise
from struct import unpack

from ledger.core.images.dicom_header import Header
from ledger.errors import UnreadableImage

_OFFSETS, _LENGTHS = 0x7FE00001, 0x7FE00002


def compressed(header: Header) -> Iterator[bytes]:
    """Each compressed frame in order, from its fragments; UnreadableImage when they cannot be told apart.

    Some viewers find frames by the offset tables and some by counting fragments, so both must give the same frames.
    """
    fragments = header.pixels.fragments
    if fragments is None or len(fragments) < 2:
        raise UnreadableImage("expected fragments of compressed pixel data, found none")
    parts = fragments[1:]
    tables = [table for table in (_basic(fragments[0], header), _extended(header)) if table]
    starts = {tuple(_first_fragments(parts, table)) for table in tables}
    if len(starts) > 1:
        raise UnreadableImage("expected offset tables that agree, found different ones")
    if starts:
        yield from _by_first_fragments(parts, starts.pop(), _extended(header, _LENGTHS))
    elif header.frames == 1:
        yield b"".join(parts)
    elif len(parts) == header.frames:
        yield from map(bytes, parts)
    else:
        yield from _by_end_markers(parts)


def _basic(table: memoryview, header: Header) -> tuple[int, ...]:
    if len(table) not in (0, 4 * header.frames):
        raise UnreadableImage(f"expected an offset table of {header.frames} frames, found {len(table)} bytes")
    return unpack(f"<{len(table) // 4}I", table)


def _extended(header: Header, tag: int = _OFFSETS) -> tuple[int, ...]:
    element = header.by_tag.get(tag)
    value = b"" if element is None or element.value is None else element.value
    if len(value) not in (0, 8 * header.frames):
        raise UnreadableImage(f"expected an extended offset table of {header.frames} frames, found {len(value)} bytes")
    return unpack(f"<{len(value) // 8}Q", value)


def _first_fragments(parts: tuple[memoryview, ...], offsets: tuple[int, ...]) -> list[int]:
    """The number of the fragment with which each frame begins, by the table of their ``offsets``."""
    positions = accumulate((8 + len(part) for part in parts[:-1]), initial=0)
    numbers = {position: number for number, position in enumerate(positions)}
    found = [numbers.get(offset, -1) for offset in offsets]
    if found[0] != 0 or any(first >= second for first, second in pairwise(found)):
        raise UnreadableImage("expected frames that begin with a fragment, one after another, found other offsets")
    return found


def _by_first_fragments(
    parts: tuple[memoryview, ...], numbers: tuple[int, ...], lengths: tuple[int, ...]
) -> Iterator[bytes]:
    for index, (first, second) in enumerate(pairwise((*numbers, len(parts)))):
        frame = b"".join(parts[first:second])
        length = lengths[index] if lengths else len(frame)
        # A frame of odd length is padded with one byte, which the table may leave out.
        if length != len(frame) and (length + 1 != len(frame) or frame[-1:] != b"\0"):
            raise UnreadableImage(f"expected a frame of {length} bytes by the table of lengths, found {len(frame)}")
        yield frame


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
