"""A JPEG file as segments (ITU-T T.81, annex B), with what its application segments hold. Nothing is decoded."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

from detector.structure.ifd import Directory, directories

MOST_SEGMENTS = 4_000
MOST_PAYLOADS = 32 << 20
"""Bytes of all segments together that are read; pictures have kilobytes, telephones' depth maps some megabytes."""
MOST_TABLES = 16
"""Tables that are kept: the format has room for four at a time, and scans may bring new ones."""
MOST_XMP = 4 << 20
SOI, EOI, SOS, DQT, COM = 0xD8, 0xD9, 0xDA, 0xDB, 0xFE
APP0, APP1, APP2, APP13, APP14 = 0xE0, 0xE1, 0xE2, 0xED, 0xEE
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC} | {0xF7}
PROGRESSIVE = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
_BARE = frozenset({0x01, *range(0xD0, 0xD8)})
_FILL = re.compile(rb"\xff*")
_NEXT_MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd7\xff]")
_ZIGZAG = tuple(sorted(range(64), key=lambda at: (s := at // 8 + at % 8, at // 8 if s % 2 else at % 8)))
"""Place in the file → place in the table, in natural order."""


@dataclass(frozen=True)
class Segment:
    """One segment: its marker, where it begins, and its bytes without marker and length."""

    marker: int
    offset: int
    payload: bytes


@dataclass(frozen=True)
class FrameHeader:
    """SOF: ``components`` are (identifier, horizontal, vertical sampling, table)."""

    marker: int
    precision: int
    height: int
    width: int
    components: tuple[tuple[int, int, int, int], ...]


@dataclass(frozen=True)
class JpegFile:
    """``end`` is the place after EOI, None where none was found; ``tables`` hold 64 steps in natural order."""

    data: bytes
    segments: tuple[Segment, ...]
    end: int | None
    frame: FrameHeader | None
    tables: Mapping[int, tuple[int, ...]]
    exif: tuple[Directory, ...] = ()
    exif_data: bytes = b""
    texts: Mapping[str, str] = field(default_factory=dict)

    def of(self, marker: int, head: bytes = b"") -> list[Segment]:
        """The segments with this marker that begin with ``head``."""
        return [each for each in self.segments if each.marker == marker and each.payload.startswith(head)]

    @property
    def xmp(self) -> str:
        """All XMP packets as text, up to ``MOST_XMP`` bytes of them."""
        packets = b"".join(each.payload for each in self.of(APP1, b"http://ns.adobe.com/x"))
        return packets[:MOST_XMP].decode("utf-8", "replace")

    def exif_text(self, tag: int) -> str:
        """The first text of ``tag`` in the EXIF directories."""
        return next((d.text(tag) for d in self.exif if d.text(tag)), "")

    def exif_number(self, tag: int) -> int | None:
        """The first number of ``tag`` in the EXIF directories."""
        return next((n for d in self.exif if (n := d.number(tag)) is not None), None)


def read_jpeg(data: bytes) -> JpegFile:
    """The file as segments; ValueError for what is no JPEG, or has more than is inspected.

    What follows a damaged segment is left out.
    """
    if data[:2] != b"\xff\xd8":
        raise ValueError("expected a JPEG file")
    segments = tuple(_segments(data))
    end = next((each.offset + 2 for each in segments if each.marker == EOI), None)
    kept = tuple(each for each in segments if each.marker != EOI)
    exif_data = next((s.payload[6:] for s in kept if s.marker == APP1 and s.payload[:6] == b"Exif\0\0"), b"")
    try:
        exif = directories(exif_data) if exif_data else ()
    except ValueError:
        exif = ()
    return JpegFile(data, kept, end, _frame(kept), _tables(kept), exif, exif_data)


def _segments(data: bytes) -> Iterator[Segment]:
    at, left = 2, MOST_PAYLOADS
    for _ in range(MOST_SEGMENTS):
        at = _after_fill(data, at)
        if at >= len(data) - 1 or data[at] != 0xFF:
            return
        marker = data[at + 1]
        if marker == EOI:
            yield Segment(EOI, at, b"")
            return
        if marker in _BARE:
            at += 2
            continue
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        if length < 2:
            return
        left -= length
        if left < 0:
            break
        yield Segment(marker, at, data[at + 4 : at + 2 + length])
        at += 2 + length
        if marker == SOS:
            found = _NEXT_MARKER.search(data, at)
            if found is None:
                return
            at = found.start()
    # no quiet end: what lies behind the limit would be called missing
    raise ValueError("more segments than are inspected")


def _after_fill(data: bytes, at: int) -> int:
    """Where the marker begins before which any number of bytes 0xFF may stand (B.1.1.2)."""
    found = _FILL.match(data, at)
    return max(at, found.end() - 1) if found else at


def _frame(segments: tuple[Segment, ...]) -> FrameHeader | None:
    head = next((s for s in segments if s.marker in _FRAMES and len(s.payload) >= 6), None)
    if head is None:
        return None
    raw = head.payload
    parts = [raw[6 + 3 * at : 9 + 3 * at] for at in range(min(raw[5], 4))]
    components = tuple((p[0], p[1] >> 4, p[1] & 15, p[2]) for p in parts if len(p) == 3)
    height, width = int.from_bytes(raw[1:3], "big"), int.from_bytes(raw[3:5], "big")
    return FrameHeader(head.marker, raw[0], height, width, components)


def _tables(segments: tuple[Segment, ...]) -> dict[int, tuple[int, ...]]:
    return dict(islice(_defined(segments), MOST_TABLES))


def _defined(segments: tuple[Segment, ...]) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Each table with its number, in the order of the file."""
    for each in segments:
        at = 0
        while each.marker == DQT and at < len(each.payload):
            size, number = 2 if each.payload[at] >> 4 else 1, each.payload[at] & 15
            raw = each.payload[at + 1 : at + 1 + 64 * size]
            if len(raw) < 64 * size:
                break
            steps = [0] * 64
            for place in range(64):
                steps[_ZIGZAG[place]] = int.from_bytes(raw[place * size : (place + 1) * size], "big")
            yield number, tuple(steps)
            at += 1 + 64 * size
