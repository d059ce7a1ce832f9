"""PNG (ISO/IEC 15948): chunks read strictly, pixels by Pillow, 16-bit colour by OpenCV.

An attribute's path is ``png:`` and the type of its chunk, for text and profiles ``:`` and the keyword (``%`` as %25,
``[`` as %5B), then ``@PLTE`` and ``@IDAT`` when the chunk stands behind these and is no text or time (``@iCCP`` for
sRGB), then a number in brackets from the second of a kind on. EXIF before the samples has paths of its own.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from functools import partial
from io import BytesIO
from struct import pack, unpack, unpack_from
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ledger.core.images.ifd import exif_attributes
from ledger.core.images.jpeg import samples_of
from ledger.core.images.model import (
    MONOCHROME,
    MONOCHROME_ALPHA,
    PALETTE,
    RGB,
    RGBA,
    Attribute,
    DecodedImage,
    Layout,
    Limits,
)
from ledger.core.images.sniffing import PNG
from ledger.errors import LimitExceeded, UnreadableImage, UnsupportedImage

if TYPE_CHECKING:
    from ledger.core.images.model import Frame

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_COLOURS = {0: (MONOCHROME, 1), 2: (RGB, 3), 3: (PALETTE, 1), 4: (MONOCHROME_ALPHA, 2), 6: (RGBA, 4)}
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_MAX_CHUNKS = 1_000_000
_ANYWHERE = frozenset(("tEXt", "zTXt", "iTXt", "tIME"))


class Chunk(NamedTuple):
    """One chunk (PNG 5.3): its four-letter type and its data; the checksum was right."""

    kind: str
    body: bytes


def read(data: bytes, limits: Limits) -> DecodedImage:
    """The image of a PNG file; of an animated one the default image, with the other frames bound as attributes."""
    chunks, trailing = _chunks(data)
    if chunks[0].kind != "IHDR" or len(chunks[0].body) != 13:
        raise UnreadableImage("expected a PNG header, found another chunk")
    columns, rows, bits, colour, *methods = unpack(">IIBBBBB", chunks[0].body)
    if bits not in _DEPTHS.get(colour, ()) or methods[:2] != [0, 0] or methods[2] > 1:
        raise UnsupportedImage(f"expected a PNG colour type and depth, found {colour} with {bits} bits")
    kind, samples = _COLOURS[colour]
    layout = Layout(rows, columns, samples, 2 if bits == 16 else 1, kind)
    limits.check(layout, 1)
    palette = next((chunk.body for chunk in chunks if chunk.kind == "PLTE"), b"")
    if colour == 3 and (not palette or len(palette) % 3):
        raise UnreadableImage("expected a palette of whole colours, found none")
    bare = _bare(chunks)
    return DecodedImage(
        media_type=PNG,
        layout=layout,
        frames=1,
        bits=bits,
        signed=False,
        decoder=_decoder(layout),
        read_attributes=partial(tuple, tuple(_attributes(chunks, trailing, limits))),
        read_frames=partial(_frames, bare, layout, bits),
        palette=np.frombuffer(palette, np.uint8).reshape(-1, 3) if colour == 3 else None,
    )


def _chunks(data: bytes) -> tuple[list[Chunk], bytes]:
    chunks: list[Chunk] = []
    pos = len(_SIGNATURE)
    while not chunks or chunks[-1].kind != "IEND":
        if pos + 12 > len(data):
            raise UnreadableImage("expected another PNG chunk, found the end of the file")
        length, kind = unpack_from(">I4s", data, pos)
        if pos + 12 + length > len(data):
            raise UnreadableImage(f"expected a PNG chunk of {length} bytes, found {len(data) - pos - 12}")
        if not kind.isalpha():
            raise UnreadableImage(f"expected a PNG chunk type, found {kind.hex()}")
        body = data[pos + 8 : pos + 8 + length]
        found = unpack_from(">I", data, pos + 8 + length)[0]
        if zlib.crc32(body, zlib.crc32(kind)) != found:
            raise UnreadableImage(f"expected a PNG chunk with a right checksum, found a wrong one ({kind.decode()})")
        chunks.append(Chunk(kind.decode(), body))
        if len(chunks) > _MAX_CHUNKS:
            raise LimitExceeded(f"expected at most {_MAX_CHUNKS} PNG chunks, found more")
        pos += 12 + length
    return chunks, data[pos:]


def _bare(chunks: list[Chunk]) -> bytes:
    # Decoders see what makes the samples and nothing else: no text to inflate, no transparency or gamma to apply.
    kept = (chunk for chunk in chunks if chunk.kind in ("IHDR", "PLTE", "IDAT", "IEND"))
    return _SIGNATURE + b"".join(
        pack(">I", len(body)) + (head := kind.encode()) + body + pack(">I", zlib.crc32(body, zlib.crc32(head)))
        for kind, body in kept
    )


def _decoder(layout: Layout) -> str:
    if _by_opencv(layout):
        import cv2

        return f"opencv {cv2.__version__}"
    import PIL

    return f"pillow {PIL.__version__}"


def _by_opencv(layout: Layout) -> bool:
    return layout.width == 2 and layout.samples > 1


def _frames(data: bytes, layout: Layout, bits: int) -> Iterator[Frame]:
    if _by_opencv(layout):
        yield _opencv_frame(data, layout)
        return
    from PIL.PngImagePlugin import PngImageFile

    frame = samples_of(PngImageFile(BytesIO(data)), layout)
    if layout.kind == MONOCHROME and bits in (2, 4):
        # Pillow spreads 2 and 4 bits over 0 to 255; the division is exact.
        frame = frame // np.uint8(255 // ((1 << bits) - 1))
    yield frame.astype(f"<u{layout.width}", copy=False)


def _opencv_frame(data: bytes, layout: Layout) -> Frame:
    import cv2

    found = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if found is None or found.dtype != np.uint16 or found.ndim != 3:
        raise UnreadableImage("expected 16-bit colour samples, found broken data")
    # OpenCV answers blue, green, red, and spreads grey with alpha over four channels.
    channels = {2: [0, 3], 3: [2, 1, 0], 4: [2, 1, 0, 3]}[layout.samples]
    return np.ascontiguousarray(found[:, :, channels]).astype("<u2", copy=False)


def _attributes(chunks: list[Chunk], trailing: bytes, limits: Limits) -> Iterator[Attribute]:
    counts: dict[str, int] = {}
    passed: set[str] = set()
    room = limits.max_bytes
    yield Attribute("png:IHDR", "bit depth and colour type", "BYTE", chunks[0].body[8:10])
    for chunk in chunks[1:]:
        if chunk.kind == "eXIf" and not passed & {"eXIf", "IDAT"}:
            yield from exif_attributes(chunk.body)
        elif chunk.kind not in ("IDAT", "IEND"):
            path, value = _described(chunk, room)
            path += _place(chunk.kind, passed)
            room -= len(value)
            index = counts[path] = counts.get(path, -1) + 1
            yield Attribute(path + (f"[{index}]" if index else ""), chunk.kind, "UNDEFINED", value)
        passed.add(chunk.kind)
    if trailing:
        yield Attribute("png:trailing", "trailing data", "UNDEFINED", trailing)


def _place(kind: str, passed: set[str]) -> str:
    """Behind which of the chunks that decide its effect a chunk stands: a transparency behind the samples has none."""
    if kind in _ANYWHERE:
        return ""
    before = ("PLTE", "IDAT", "iCCP") if kind == "sRGB" else ("PLTE", "IDAT")
    return "".join(f"@{other}" for other in before if other in passed and other != kind)


def _described(chunk: Chunk, room: int) -> tuple[str, bytes]:
    """Path and value of a chunk; compressed text and profiles are inflated, so that recompressing changes nothing."""
    kind, body = chunk
    if kind not in ("tEXt", "zTXt", "iTXt", "iCCP"):
        return f"png:{kind}", body
    keyword, _, rest = body.partition(b"\0")
    # The brackets count equal paths, so a keyword must not bring its own.
    label = f"png:{kind}:" + keyword.decode("latin-1").replace("%", "%25").replace("[", "%5B")
    if kind == "tEXt":
        return label, rest
    if kind in ("zTXt", "iCCP"):
        return label, _inflated(rest[1:], room)
    language, _, after = rest[2:].partition(b"\0")
    translated, _, text = after.partition(b"\0")
    text = _inflated(text, room) if rest[:1] == b"\x01" else text
    return label, b"\0".join((language, translated, text))


def _inflated(body: bytes, room: int) -> bytes:
    inflater = zlib.decompressobj()
    try:
        found = inflater.decompress(body, max(1, room))
    except zlib.error:
        raise UnreadableImage("expected compressed PNG text, found broken data") from None
    if not inflater.eof:
        if inflater.unconsumed_tail:
            raise LimitExceeded(f"expected at most {room} bytes of inflated PNG text, found more")
        raise UnreadableImage("expected complete compressed PNG text, found truncated data")
    return found
