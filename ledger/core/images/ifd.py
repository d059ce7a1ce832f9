"""Image file directories of TIFF and EXIF (TIFF 6.0 section 2, Exif 2.32), read strictly and bound by the data."""

from __future__ import annotations

from collections.abc import Iterator
from struct import unpack_from
from typing import NamedTuple

from ledger.core.images.model import Attribute
from ledger.errors import LimitExceeded, UnreadableImage

_TYPES = {
    1: ("BYTE", 1, 1),
    2: ("ASCII", 1, 1),
    3: ("SHORT", 2, 2),
    4: ("LONG", 4, 4),
    5: ("RATIONAL", 8, 4),
    6: ("SBYTE", 1, 1),
    7: ("UNDEFINED", 1, 1),
    8: ("SSHORT", 2, 2),
    9: ("SLONG", 4, 4),
    10: ("SRATIONAL", 8, 4),
    11: ("FLOAT", 4, 4),
    12: ("DOUBLE", 8, 8),
    13: ("IFD", 4, 4),
}
_EXIF, _INTEROP = 0x8769, 0xA005
_POINTERS = {_EXIF: "exif", 0x8825: "gps", _INTEROP: "interop"}
_THUMBNAIL_OFFSET, _THUMBNAIL_LENGTH = 0x0201, 0x0202
# TIFF/EP and Exif gave each of these names to two fields, and a path must name one.
_SHARED_NAMES = frozenset(("FlashEnergy", "SpatialFrequencyResponse", "SubjectLocation", "ExposureIndex", "CFAPattern"))


class Entry(NamedTuple):
    """One field; ``value`` holds little endian words, ``position`` is where its value or offset stands.

    ``end`` is behind the field and behind its value.
    """

    kind: str
    value: bytes
    position: int
    end: int

    def numbers(self) -> tuple[int, ...]:
        """The values of an unsigned BYTE, SHORT, LONG or IFD field; UnreadableImage for another type."""
        form = {"BYTE": "B", "SHORT": "H", "LONG": "I", "IFD": "I"}.get(self.kind)
        if form is None:
            raise UnreadableImage(f"expected whole numbers in a directory, found {self.kind}")
        return unpack_from(f"<{len(self.value) // {'B': 1, 'H': 2, 'I': 4}[form]}{form}", self.value)


Directory = dict[int, Entry]


def order(data: bytes) -> str:
    """The byte order sign for ``struct``; UnreadableImage without a TIFF header."""
    signs = {b"II\x2a\x00": "<", b"MM\x00\x2a": ">"}
    if data[:4] not in signs or len(data) < 8:
        raise UnreadableImage("expected a TIFF header, found something else")
    return signs[data[:4]]


def chain(data: bytes, most: int) -> list[Directory]:
    """All directories that hang on the header, at most ``most`` (LimitExceeded)."""
    sign = order(data)
    offset = unpack_from(sign + "I", data, 4)[0]
    found: list[Directory] = []
    seen: set[int] = set()
    while offset:
        if offset in seen:
            raise UnreadableImage("expected directories one after another, found a circle")
        if len(found) >= most:
            raise LimitExceeded(f"expected at most {most} frames, found more")
        seen.add(offset)
        entries, offset = directory(data, sign, offset)
        found.append(entries)
    return found


def directory(data: bytes, sign: str, offset: int) -> tuple[Directory, int]:
    """The directory at ``offset`` and the offset of the next one, 0 for none."""
    if offset + 2 > len(data):
        raise UnreadableImage("expected an image file directory, found the end of the data")
    count = unpack_from(sign + "H", data, offset)[0]
    end = offset + 2 + 12 * count
    if end + 4 > len(data):
        raise UnreadableImage(f"expected {count} directory entries, found the end of the data")
    entries: Directory = {}
    for position in range(offset + 2, end, 12):
        tag, kind, length = unpack_from(sign + "HHI", data, position)
        if tag in entries:
            raise UnreadableImage(f"expected each directory entry once, found {tag} twice")
        entries[tag] = _entry(data, sign, position, kind, length)
    return entries, unpack_from(sign + "I", data, end)[0]


def _entry(data: bytes, sign: str, position: int, kind: int, count: int) -> Entry:
    if kind not in _TYPES:
        raise UnreadableImage(f"expected a known field type, found {kind}")
    name, size, word = _TYPES[kind]
    start = position + 8 if size * count <= 4 else unpack_from(sign + "I", data, position + 8)[0]
    if start + size * count > len(data):
        raise UnreadableImage(f"expected {size * count} bytes in a directory entry, found the end of the data")
    value = data[start : start + size * count]
    if sign == ">" and word > 1:
        out = bytearray(value)
        for index in range(word):
            out[index::word] = value[word - 1 - index :: word]
        value = bytes(out)
    return Entry(name, value, position + 8, max(position + 12, start + size * count))


def described(entries: Directory, prefix: str, left_out: frozenset[int] = frozenset()) -> list[Attribute]:
    """The fields as attributes ``prefix:Name``, without those of ``left_out``."""
    from PIL.ExifTags import GPSTAGS, TAGS

    names = GPSTAGS if prefix == "gps" else TAGS
    found = []
    for tag, entry in sorted(entries.items()):
        if tag not in left_out:
            name = str(names.get(tag, f"0x{tag:04x}"))
            if name in _SHARED_NAMES:
                name = f"{name}-0x{tag:04x}"
            value = entry.value.rstrip(b"\0") if entry.kind == "ASCII" else entry.value
            found.append(Attribute(f"{prefix}:{name}", name, entry.kind, value))
    return found


def exif_attributes(data: bytes) -> list[Attribute]:
    """The attributes of an EXIF block; one attribute ``exif:raw`` when it is malformed."""
    try:
        return _exif(data)
    except UnreadableImage:
        return [Attribute("exif:raw", "Exif", "UNDEFINED", data)]


def _exif(data: bytes) -> list[Attribute]:
    sign = order(data)
    directories = chain(data, 16)
    found: list[Attribute] = []
    for index, entries in enumerate(directories):
        found += nested(data, sign, entries, "exif" if index == 0 else f"exif:ifd{index}")
        thumbnail = _thumbnail(data, entries)
        if thumbnail:
            found.append(Attribute(f"exif:ifd{index}:thumbnail", "Thumbnail", "UNDEFINED", thumbnail))
    paths = [attribute.path for attribute in found]
    if len(set(paths)) != len(paths):
        raise UnreadableImage("expected each EXIF field once, found one twice")
    return found


def nested(
    data: bytes, sign: str, entries: Directory, prefix: str, left_out: frozenset[int] = frozenset()
) -> list[Attribute]:
    """The fields of a directory and of the EXIF, GPS and interoperability directories that it points to."""
    pointers = frozenset(_POINTERS)
    found = described(entries, prefix, left_out | pointers | {_THUMBNAIL_OFFSET})
    for name, inner in _inner(data, sign, entries):
        found += described(inner, name, pointers)
    return found


def _inner(data: bytes, sign: str, entries: Directory) -> Iterator[tuple[str, Directory]]:
    for tag, name in _POINTERS.items():
        if tag in entries:
            inner, _ = directory(data, sign, entries[tag].numbers()[0])
            yield name, inner
            if tag == _EXIF and _INTEROP in inner:
                yield "interop", directory(data, sign, inner[_INTEROP].numbers()[0])[0]


def extent(data: bytes, sign: str, entries: Directory) -> int:
    """The end of the last byte that this directory and those that :func:`nested` reads in it consist of."""
    read = (entries, *(inner for _, inner in _inner(data, sign, entries)))
    # Behind the 12 bytes of the last field stands the offset of the next directory.
    return max((max(entry.end, entry.position + 8) for found in read for entry in found.values()), default=0)


def _thumbnail(data: bytes, entries: Directory) -> bytes:
    if _THUMBNAIL_OFFSET not in entries or _THUMBNAIL_LENGTH not in entries:
        return b""
    start = entries[_THUMBNAIL_OFFSET].numbers()[0]
    length = entries[_THUMBNAIL_LENGTH].numbers()[0]
    if start + length > len(data):
        raise UnreadableImage(f"expected a thumbnail of {length} bytes, found the end of the data")
    return data[start : start + length]
