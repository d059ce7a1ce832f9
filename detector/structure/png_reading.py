"""A PNG file as chunks (W3C PNG, third edition), its texts read under limits. Nothing is decoded."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

HEAD = b"\x89PNG\r\n\x1a\n"
MOST_CHUNKS = 100_000
MOST_TEXT = 1 << 18
"""Characters of one text after it was decompressed, at most."""
MOST_TEXTS = 100
_CHECKED = 16 << 20  # bytes of one chunk whose checksum is computed


@dataclass(frozen=True)
class Chunk:
    """One chunk; ``sound``: its checksum is right (or it is too large to be asked)."""

    name: str
    offset: int
    length: int
    sound: bool


@dataclass(frozen=True)
class PngFile:
    """``end`` is the place after IEND, None where there is none. Colour type 4 and 6 have alpha."""

    data: bytes
    chunks: tuple[Chunk, ...]
    end: int | None
    width: int
    height: int
    depth: int
    colour_type: int
    texts: Mapping[str, str]

    @property
    def names(self) -> list[str]:
        """The names of the chunks in their order."""
        return [each.name for each in self.chunks]

    def body(self, name: str) -> bytes:
        """What the first chunk of that name holds; nothing where there is none."""
        found = next((each for each in self.chunks if each.name == name), None)
        return self.data[found.offset + 8 : found.offset + 8 + found.length] if found else b""


def read_png(data: bytes) -> PngFile:
    """The file as chunks; ValueError where it does not begin with IHDR."""
    chunks = tuple(_chunks(data))
    if not data.startswith(HEAD) or not chunks or chunks[0].name != "IHDR" or chunks[0].length != 13:
        raise ValueError("expected a PNG file that begins with IHDR")
    last = chunks[-1]
    end = last.offset + 12 if last.name == "IEND" else None
    width, height = int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
    return PngFile(data, chunks, end, width, height, data[24], data[25], _texts(data, chunks))


def _chunks(data: bytes) -> Iterator[Chunk]:
    at = len(HEAD)
    for _ in range(MOST_CHUNKS):
        length, name = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        if len(name) < 4 or at + 12 + length > len(data):
            return
        body = memoryview(data)[at + 4 : at + 8 + length]
        sum_said = int.from_bytes(data[at + 8 + length : at + 12 + length], "big")
        yield Chunk(name.decode("latin-1"), at, length, length > _CHECKED or zlib.crc32(body) == sum_said)
        if name == b"IEND":
            return
        at += 12 + length


def _texts(data: bytes, chunks: tuple[Chunk, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for each in [c for c in chunks if c.name in ("tEXt", "zTXt", "iTXt")][:MOST_TEXTS]:
        key, _, rest = data[each.offset + 8 : each.offset + 8 + each.length].partition(b"\0")
        found[key[:79].decode("latin-1")] = _text(each.name, rest)
    return found


def _text(name: str, rest: bytes) -> str:
    if name == "tEXt":
        return rest[:MOST_TEXT].decode("latin-1")
    if name == "zTXt":
        return _inflated(rest[1:]).decode("latin-1")
    packed, rest = rest[:1] == b"\1", rest[2:].partition(b"\0")[2].partition(b"\0")[2]
    return (_inflated(rest) if packed else rest[:MOST_TEXT]).decode("utf-8", "replace")


def _inflated(packed: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(packed, MOST_TEXT)
    except zlib.error:
        return b""
