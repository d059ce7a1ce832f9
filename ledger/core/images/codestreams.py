"""Reading the outside of compressed frames: JPEG, JPEG-LS and JPEG 2000 headers, without decoding.

Sources: ITU-T T.81 annex B (markers), T.87 annex C (JPEG-LS), T.800 annex A (JPEG 2000 SIZ).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from struct import unpack_from
from typing import NamedTuple

from ledger.errors import UnreadableImage

_JFIF = b"\xff\xe0\x00\x07JFIF\0"
SOI, EOI, SOS, COM, APP0, APP1, APP2, APP14 = 0xD8, 0xD9, 0xDA, 0xFE, 0xE0, 0xE1, 0xE2, 0xEE
_STANDALONE = frozenset((0x01, SOI, EOI, *range(0xD0, 0xD8)))
_FRAME_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC} | {0xF7}
_ENTROPY_END = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")
_JLS_ENTROPY_END = re.compile(rb"\xff[\x80-\xcf\xd8-\xfe]")


class Segment(NamedTuple):
    """One marker segment: ``data[start:end]`` is the marker with its payload and, for SOS, the coded data."""

    marker: int
    payload: bytes
    start: int
    end: int


class Shape(NamedTuple):
    """What a codestream's own header declares; ``precision`` in bits a sample."""

    rows: int
    columns: int
    samples: int
    precision: int


def segments(data: bytes) -> Iterator[Segment]:
    """The segments of a JPEG or JPEG-LS stream from SOI to EOI; UnreadableImage when it is cut or malformed."""
    if data[:2] != b"\xff\xd8":
        raise UnreadableImage("expected the start of a JPEG stream, found something else")
    pos, entropy_end = 0, _ENTROPY_END
    while True:
        start, marker = pos, _marker(data, pos)
        pos += 2
        while marker == 0xFF:  # fill bytes before a marker, T.81 B.1.1.2
            start, pos = start + 1, pos + 1
            marker = data[pos - 1] if pos <= len(data) else -1
        payload = b""
        if marker not in _STANDALONE:
            if pos + 2 > len(data):
                raise UnreadableImage("expected a JPEG segment, found the end of the data")
            length = unpack_from(">H", data, pos)[0]
            if length < 2 or pos + length > len(data):
                raise UnreadableImage(f"expected a JPEG segment of {length} bytes, found {len(data) - pos}")
            payload = data[pos + 2 : pos + length]
            pos += length
        if marker == 0xF7:
            entropy_end = _JLS_ENTROPY_END
        if marker == SOS:
            found = entropy_end.search(data, pos)
            if found is None:
                raise UnreadableImage("expected the end of the JPEG stream, found the end of the data")
            pos = found.start()
        yield Segment(marker, payload, start, pos)
        if marker == EOI:
            return


def _marker(data: bytes, pos: int) -> int:
    if pos + 2 > len(data) or data[pos] != 0xFF:
        raise UnreadableImage("expected a JPEG marker, found other data or the end")
    return data[pos + 1]


def jpeg_shape(found: list[Segment]) -> tuple[int, Shape]:
    """The frame marker (0xC0 baseline, 0xF7 JPEG-LS …) and the shape that it declares."""
    for segment in found:
        if segment.marker in _FRAME_MARKERS:
            if len(segment.payload) < 6:
                break
            precision, rows, columns, samples = unpack_from(">BHHB", segment.payload)
            return segment.marker, Shape(rows, columns, samples, precision)
    raise UnreadableImage("expected a JPEG frame header, found none")


def stripped(data: bytes, found: list[Segment], *, labelled_rgb: bool = False) -> bytes:
    """The stream from SOI to EOI without application data and comments, except what decides its colours.

    That is Adobe's colour transform (APP14) and, of a JFIF segment (APP0), its name alone where
    without it the three components could be taken for RGB: with a transform, with identifiers other than 1, 2, 3, or
    ``labelled_rgb`` by a DICOM header. So a frame has one form as a file and inside DICOM, and all that decoders need.
    """
    jfif = next((s for s in found if s.marker == APP0 and s.payload.startswith(b"JFIF")), None)
    kept = []
    for segment in found:
        if segment is jfif and _jfif_decides(found, labelled_rgb):
            kept.append(_JFIF)
        elif not (APP0 <= segment.marker < 0xF0 or segment.marker == COM) or _is_adobe(segment):
            kept.append(data[segment.start : segment.end])
    return b"".join(kept)


def _jfif_decides(found: list[Segment], labelled_rgb: bool) -> bool:
    frame = next((s.payload for s in found if s.marker in _FRAME_MARKERS), b"")
    identifiers = frame[6::3]
    return len(identifiers) == 3 and (labelled_rgb or identifiers != b"\1\2\3" or any(map(_is_adobe, found)))


def _is_adobe(segment: Segment) -> bool:
    return segment.marker == APP14 and segment.payload.startswith(b"Adobe")


def j2k_shape(data: bytes) -> Shape:
    """The shape that a JPEG 2000 codestream declares in its SIZ segment; the components must have one precision.

    A JP2 file in place of the bare codestream (a known fault of encoders) is read as the codestream it holds.
    """
    data = _bare_j2k(data)
    if data[:4] != b"\xff\x4f\xff\x51" or len(data) < 42:
        raise UnreadableImage("expected a JPEG 2000 codestream, found something else")
    right, bottom, left, top = unpack_from(">4I", data, 8)
    samples = unpack_from(">H", data, 40)[0]
    if len(data) < 42 + 3 * samples or not samples:
        raise UnreadableImage("expected the components of a JPEG 2000 codestream, found the end of the data")
    components = {data[42 + 3 * index : 45 + 3 * index] for index in range(samples)}
    if len(components) != 1 or next(iter(components))[1:] != b"\x01\x01":
        raise UnreadableImage("expected components of one precision and size, found different ones")
    return Shape(bottom - top, right - left, samples, (data[42] & 0x7F) + 1)


def _bare_j2k(data: bytes) -> bytes:
    if data[4:12] != b"jP  \r\n\x87\n":
        return data
    pos = 0
    while pos + 8 <= len(data):
        length, kind = unpack_from(">I4s", data, pos)
        if kind == b"jp2c":
            return data[pos + 8 :]
        if length < 8:
            break
        pos += length
    raise UnreadableImage("expected a codestream in the JP2 file, found none")
