"""What must hold of a JPEG lossless or JPEG-LS frame before GDCM sees it.

GDCM ends the whole process, instead of reporting an error, on some malformed headers: an unknown colour transform, two
frame headers, scans of components that do not exist, tables that overflow. So the header is checked to the letter
(ITU-T T.81 annex B and H, T.87 annex C) and everything that the samples do not need is taken out.
"""

from __future__ import annotations

from ledger.core.images import codestreams as streams
from ledger.core.images.codestreams import Segment
from ledger.errors import UnreadableImage, UnsupportedImage

LOSSLESS, JPEG_LS = 0xC3, 0xF7
_DHT, _DRI, _LSE = 0xC4, 0xDD, 0xF8
_ALLOWED = {LOSSLESS: frozenset((LOSSLESS, _DHT, _DRI)), JPEG_LS: frozenset((JPEG_LS, _DRI, _LSE))}
# Says "no colour transform" (Adobe technical note 5116): GDCM then hands out the components as they are stored.
_PLAIN_COLOUR = b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00"


def prepared(data: bytes, frame_marker: int) -> bytes:
    """The frame without application data and comments, safe to decode; UnreadableImage when its header is malformed."""
    found = list(streams.segments(data))
    kept = [s for s in found if not (streams.APP0 <= s.marker < 0xF0 or s.marker == streams.COM)]
    frames = [s for s in kept if s.marker == frame_marker]
    if len(frames) != 1 or kept[1:2] == [] or kept[0].marker != streams.SOI:
        raise UnreadableImage(f"expected one frame header, found {len(frames)}")
    identifiers = _components(frames[0])
    _check_scans(kept, frames[0], identifiers)
    body = b"".join(data[s.start : s.end] for s in kept[1:])
    plain = _PLAIN_COLOUR if frame_marker == LOSSLESS and len(identifiers) == 3 else b""
    return b"\xff\xd8" + plain + body


def _components(frame: Segment) -> list[int]:
    payload = frame.payload
    if len(payload) < 6 or len(payload) != 6 + 3 * payload[5]:
        raise UnreadableImage("expected a frame header with all its components, found a shorter one")
    identifiers = list(payload[6::3])
    if len(set(identifiers)) != len(identifiers) or any(factor != 0x11 for factor in payload[7::3]):
        raise UnsupportedImage("expected different components without subsampling, found others")
    if not 2 <= payload[0] <= 16:
        raise UnreadableImage(f"expected 2 to 16 bits a sample, found {payload[0]}")
    return identifiers


def _check_scans(kept: list[Segment], frame: Segment, identifiers: list[int]) -> None:
    tables: set[int] = set()
    scanned: list[int] = []
    header_seen = False
    for segment in kept[1:-1]:
        if segment.marker == streams.SOS:
            if not header_seen:
                raise UnreadableImage("expected the frame header before the first scan, found none")
            scanned += _scan(segment, frame.marker, tables)
        elif segment.marker not in _ALLOWED[frame.marker]:
            raise UnreadableImage(f"expected segments of a lossless frame, found marker {segment.marker:#x}")
        elif segment.marker == _DHT:
            tables |= _huffman_tables(segment.payload)
        elif segment.marker == _DRI and len(segment.payload) != 2:
            raise UnreadableImage("expected a restart interval of two bytes, found another length")
        header_seen = header_seen or segment is frame
    if scanned != identifiers:
        raise UnreadableImage("expected each component in one scan, in order, found others")


def _scan(segment: Segment, marker: int, tables: set[int]) -> list[int]:
    payload = segment.payload
    count = payload[0] if payload else 0
    if not count or len(payload) != 4 + 2 * count:
        raise UnreadableImage("expected a scan header with all its components, found another length")
    selectors = payload[2 : 1 + 2 * count : 2]
    first, second, third = payload[-3:]
    if marker == LOSSLESS:
        sound = 1 <= first <= 7 and second == 0 and third < 16 and {s >> 4 for s in selectors} <= tables
    else:
        sound = second <= 2 and third < 16 and not any(selectors) and (second > 0) == (count > 1)
    if not sound:
        raise UnreadableImage("expected a sound scan header of a lossless frame, found another one")
    return list(payload[1 : 1 + 2 * count : 2])


def _huffman_tables(payload: bytes) -> set[int]:
    """The numbers of the DC tables that a DHT segment defines; lossless frames have no others."""
    found: set[int] = set()
    pos = 0
    while pos < len(payload):
        counts = payload[pos + 1 : pos + 17]
        total = sum(counts)
        values = payload[pos + 17 : pos + 17 + total]
        room = 1
        for count in counts:
            room = 2 * room - count
            if room < 0:
                raise UnreadableImage("expected a Huffman table whose codes fit, found another one")
        if len(counts) != 16 or payload[pos] > 3 or len(values) != total or not total or max(values) > 16:
            raise UnreadableImage("expected a Huffman table of a lossless frame, found another one")
        found.add(payload[pos])
        pos += 17 + total
    return found
