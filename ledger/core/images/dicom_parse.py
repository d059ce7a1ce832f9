"""DICOM Part 10 bytes into elements, strictly: every length is checked and nothing is converted.

One fault of encoders is read past: a data set with value representations although the transfer syntax says that it has
none, or the other way round. The first element shows which it is.

Sources: DICOM PS3.5 section 7 (data set encoding), PS3.10 section 7 (file format), CP-246 (UN of undefined length).
"""

from __future__ import annotations

from functools import lru_cache
from struct import Struct, unpack_from
from typing import NamedTuple

from ledger.core.images.dicom_deflate import beginning, inflate
from ledger.core.images.model import Limits
from ledger.errors import LimitExceeded, UnreadableImage, UnsupportedImage

IMPLICIT_LITTLE = "1.2.840.10008.1.2"
EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"
DEFLATED = "1.2.840.10008.1.2.1.99"
EXPLICIT_BIG = "1.2.840.10008.1.2.2"

PIXEL_DATA = 0x7FE00010
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_UNDEFINED = 0xFFFFFFFF
_LONG = frozenset(["OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"])
_SHORT = frozenset(
    ("AE", "AS", "AT", "CS", "DA", "DS", "DT", "FD", "FL", "IS", "LO", "LT", "PN", "SH", "SL", "SS", "ST", "TM")
) | {"UI", "UL", "US"}
MAX_DEPTH = 32
MAX_ELEMENTS = 2_000_000


class Element(NamedTuple):
    """One element as it stands in the file. Exactly one of ``value``, ``items`` and ``fragments`` is not None."""

    tag: int
    vr: str | None
    little: bool
    value: memoryview | None
    items: tuple[tuple[Element, ...], ...] | None = None
    fragments: tuple[memoryview, ...] | None = None


class File(NamedTuple):
    """A Part 10 file: its transfer syntax UID and the elements of its outer data set in file order.

    ``trailing`` holds the bytes behind the end of a deflated data set.
    """

    transfer_syntax: str
    elements: tuple[Element, ...]
    trailing: bytes


def parse(data: bytes, limits: Limits) -> File:
    """The data set of a Part 10 file, sequences parsed, file meta information left out.

    UnreadableImage for lengths that leave the file, duplicate elements and wrong nesting.
    """
    syntax, body, trailing = _body(data, limits)
    reader = _Reader(body, little=syntax != EXPLICIT_BIG)
    elements, _ = reader.data_set(0, len(body), _explicit(body, syntax), 0, open_ended=False)
    return File(syntax, elements, trailing)


def leading(data: bytes, last: int) -> dict[int, Element]:
    """The elements up to tag ``last`` of a Part 10 file's outer data set; what comes later is not looked at.

    Of a deflated data set they must stand in its beginning (:data:`ledger.core.images.dicom_deflate.BEGINNING`).
    """
    syntax, body = _compressed(data)
    if syntax == DEFLATED:
        body = memoryview(beginning(body))
    reader = _Reader(body, little=syntax != EXPLICIT_BIG)
    explicit, pos, found = _explicit(body, syntax), 0, dict[int, Element]()
    while pos < len(body):
        if pos + 4 <= len(body):
            group, number = reader.tag(body, pos)
            if group << 16 | number > last:
                break
        element, pos = reader.element(pos, len(body), explicit, 0)
        found[element.tag] = element
    return found


def _body(data: bytes, limits: Limits) -> tuple[str, memoryview, bytes]:
    """The transfer syntax, the data set without compression, and what stands behind a deflated one."""
    syntax, body = _compressed(data)
    if syntax != DEFLATED:
        return syntax, body, b""
    inflated, trailing = inflate(body, limits)
    return syntax, memoryview(inflated), trailing


def _compressed(data: bytes) -> tuple[str, memoryview]:
    """The transfer syntax, and what stands behind the file meta information."""
    meta_end, syntax = _file_meta(memoryview(data))
    return syntax, memoryview(data)[meta_end:]


def _explicit(body: memoryview, syntax: str) -> bool:
    """Whether the elements have value representations: two letters that would make an implicit length of 16 kB."""
    if len(body) < 8:
        return syntax != IMPLICIT_LITTLE
    return bytes(body[4:6]).decode("latin-1") in _SHORT | _LONG


@lru_cache(maxsize=16384)
def known_vr(tag: int) -> str | None:
    """The VR of the data dictionary (PS3.6), None for private and unknown tags."""
    from pydicom.datadict import dictionary_VR

    if tag >> 16 & 1:
        return None
    try:
        return str(dictionary_VR(tag))
    except KeyError:
        return None


def _file_meta(data: memoryview) -> tuple[int, str]:
    reader = _Reader(data, little=True)
    pos, syntax = 132, ""
    while pos + 8 <= len(data) and data[pos] == 2 and data[pos + 1] == 0:
        element, pos = reader.element(pos, len(data), True, 0)
        if element.tag == 0x00020010 and element.value is not None:
            syntax = bytes(element.value).rstrip(b"\0 ").decode("ascii", "replace")
    if not syntax:
        raise UnreadableImage("expected a transfer syntax in the file meta information, found none")
    return pos, syntax


class _Reader:
    def __init__(self, data: memoryview, little: bool) -> None:
        self.data = data
        self.little = little
        self.count = 0
        order = "<" if little else ">"
        self.tag = Struct(order + "HH").unpack_from
        self.short = Struct(order + "H").unpack_from
        self.long = Struct(order + "I").unpack_from

    def data_set(
        self, pos: int, end: int, explicit: bool, depth: int, *, open_ended: bool
    ) -> tuple[tuple[Element, ...], int]:
        """The elements from ``pos`` up to ``end``, or up to the item's delimiter when it is ``open_ended``."""
        found: list[Element] = []
        seen: set[int] = set()
        while pos < end:
            element, pos = self.element(pos, end, explicit, depth)
            if element.tag == _ITEM_END:
                if not open_ended:
                    raise UnreadableImage("expected an element, found the end of an item that has a length")
                return tuple(found), pos
            if element.tag in seen:
                raise UnreadableImage(f"expected each element once, found ({_name(element.tag)}) twice")
            seen.add(element.tag)
            found.append(element)
        if open_ended:
            raise UnreadableImage("expected the end of an item, found the end of the data")
        return tuple(found), pos

    def element(self, pos: int, end: int, explicit: bool, depth: int) -> tuple[Element, int]:
        """The element at ``pos`` and the position after it."""
        tag, vr, length, pos = self._header(pos, end, explicit)
        if tag == _ITEM_END:
            return Element(tag, None, self.little, self.data[pos:pos]), pos
        if length == _UNDEFINED:
            return self._undefined(tag, vr, pos, end, explicit, depth)
        if length > end - pos:
            raise UnreadableImage(f"expected {length} bytes in ({_name(tag)}), found {end - pos}")
        stop = pos + length
        if vr == "SQ" or (vr in (None, "UN") and known_vr(tag) == "SQ"):
            inner = self if vr != "UN" else self._implicit()
            items, _ = inner._items(pos, stop, explicit and vr != "UN", depth, open_ended=False)
            return Element(tag, vr, self.little, None, items), stop
        value = self.data[pos:stop]
        if vr in (None, "UN") and bytes(value[:4]) == b"\xfe\xff\x00\xe0":
            items_or_none = self._hidden_sequence(pos, stop, depth)
            if items_or_none is not None:
                return Element(tag, vr, self.little, None, items_or_none), stop
        return Element(tag, vr, self.little, value), stop

    def _header(self, pos: int, end: int, explicit: bool) -> tuple[int, str | None, int, int]:
        self.count += 1
        if self.count > MAX_ELEMENTS:
            raise LimitExceeded(f"expected at most {MAX_ELEMENTS} elements, found more")
        if pos + 8 > end:
            raise UnreadableImage(f"expected an element of at least 8 bytes, found {end - pos}")
        group, number = self.tag(self.data, pos)
        tag = group << 16 | number
        if not explicit or group == 0xFFFE:
            return tag, None, self.long(self.data, pos + 4)[0], pos + 8
        vr = bytes(self.data[pos + 4 : pos + 6]).decode("latin-1")
        if vr in _SHORT:
            return tag, vr, self.short(self.data, pos + 6)[0], pos + 8
        if vr not in _LONG:
            raise UnreadableImage(
                f"expected a value representation in ({_name(tag)}), found {vr.encode('latin-1').hex()}"
            )
        if pos + 12 > end:
            raise UnreadableImage(f"expected an element of at least 12 bytes, found {end - pos}")
        return tag, vr, self.long(self.data, pos + 8)[0], pos + 12

    def _undefined(
        self, tag: int, vr: str | None, pos: int, end: int, explicit: bool, depth: int
    ) -> tuple[Element, int]:
        if tag == PIXEL_DATA and vr in ("OB", "OW", None):
            fragments, pos = self._fragments(pos, end)
            return Element(tag, vr, self.little, None, None, fragments), pos
        if vr not in ("SQ", "UN", None):
            raise UnreadableImage(f"expected a length in ({_name(tag)}), found an undefined one")
        inner = self if vr != "UN" else self._implicit()
        items, pos = inner._items(pos, end, explicit and vr != "UN", depth, open_ended=True)
        return Element(tag, vr, self.little, None, items), pos

    def _items(
        self, pos: int, end: int, explicit: bool, depth: int, *, open_ended: bool
    ) -> tuple[tuple[tuple[Element, ...], ...], int]:
        if depth >= MAX_DEPTH:
            raise LimitExceeded(f"expected at most {MAX_DEPTH} nested sequences, found more")
        items: list[tuple[Element, ...]] = []
        while pos < end or open_ended:
            tag, _, length, pos = self._header(pos, end, False)
            if open_ended and tag == _SEQUENCE_END:
                return tuple(items), pos
            if tag != _ITEM:
                raise UnreadableImage(f"expected an item of a sequence, found ({_name(tag)})")
            defined = length != _UNDEFINED
            if defined and length > end - pos:
                raise UnreadableImage(f"expected an item of {length} bytes, found {end - pos}")
            stop = pos + length if defined else end
            item, pos = self.data_set(pos, stop, explicit, depth + 1, open_ended=not defined)
            items.append(item)
        return tuple(items), pos

    def _fragments(self, pos: int, end: int) -> tuple[tuple[memoryview, ...], int]:
        fragments: list[memoryview] = []
        while True:
            tag, _, length, pos = self._header(pos, end, False)
            if tag == _SEQUENCE_END:
                return tuple(fragments), pos
            if tag != _ITEM or length > end - pos:
                raise UnreadableImage(f"expected a fragment of the pixel data, found ({_name(tag)})")
            fragments.append(self.data[pos : pos + length])
            pos += length

    def _hidden_sequence(self, pos: int, stop: int, depth: int) -> tuple[tuple[Element, ...], ...] | None:
        """The items of a sequence whose VR was lost, None when the value is something else."""
        try:
            return self._implicit()._items(pos, stop, False, depth, open_ended=False)[0]
        except UnreadableImage:
            return None

    def _implicit(self) -> _Reader:
        if self.little:
            return self
        other = _Reader(self.data, little=True)
        other.count = self.count
        return other


def _name(tag: int) -> str:
    return f"{tag >> 16:04X},{tag & 0xFFFF:04X}"


def number(element: Element | None) -> int | None:
    """The first value of a US element, None without one."""
    if element is None or element.value is None or len(element.value) < 2:
        return None
    return int(unpack_from("<H" if element.little else ">H", element.value)[0])


def text(element: Element | None) -> str:
    """The value of a text element without padding, empty without one."""
    if element is None or element.value is None:
        return ""
    return bytes(element.value).strip(b"\0 ").decode("latin-1")


def require_supported(syntax: str, supported: frozenset[str]) -> None:
    """Nothing happens for a transfer syntax that is read; UnsupportedImage otherwise."""
    if syntax not in supported:
        shown = syntax if len(syntax) <= 64 and syntax.replace(".", "").isdigit() else "no UID"
        raise UnsupportedImage(f"expected a transfer syntax that is read, found {shown}")
