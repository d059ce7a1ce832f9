"""A DICOM file as elements (PS3.5 and PS3.10), read under limits and without recursion; no value is interpreted.

Own reader, since a file of a stranger must not choose how deep, how often or how far a library reads.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from pydicom.datadict import dictionary_VR

MOST_ELEMENTS = 200_000
MOST_FRAGMENTS = 200_000
"""Pieces of compressed pixel data in the whole file."""
MOST_DEPTH = 32
MOST_INFLATED = 128 << 20
UNDEFINED = 0xFFFFFFFF
PIXELS = 0x7FE00010
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_LONG = frozenset(b"OB OD OF OL OV OW SQ SV UC UN UR UT UV".split())
_IMPLICIT, _DEFLATED, _BIG = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.2"


@dataclass(frozen=True, slots=True)
class Element:
    """``start``: where its tag stands; ``offset``, ``length``: its value (0 bytes long where it holds others);
    ``open``: its length was left undefined; ``sound``: its tag stands above the one before."""

    tag: int
    vr: str
    start: int
    offset: int
    length: int
    depth: int
    open: bool = False
    sound: bool = True


@dataclass
class _Level:
    end: int | None
    item: bool
    explicit: bool
    last: int = -1


@dataclass(frozen=True)
class DicomFile:
    """``data`` is the file (inflated where it was deflated); ``meta`` and ``elements`` in the order of the file.

    ``elements`` holds nested ones too, by ``depth``. ``fragments`` are (offset, length) of compressed pixel data, the
    offset table first. ``stop`` is where reading ended, ``cut`` whether an element claims more than there is.
    """

    data: bytes
    preamble: bytes
    syntax: str
    order: str
    meta: tuple[Element, ...]
    elements: tuple[Element, ...]
    fragments: tuple[tuple[int, int], ...]
    stop: int
    cut: bool
    first: int = 0
    cache: dict[str, object] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def top(self) -> Mapping[int, Element]:
        """The elements that are in no sequence, the first of each tag."""
        found: dict[int, Element] = {}
        for each in self.elements:
            if each.depth == 0:
                found.setdefault(each.tag, each)
        return found

    @cached_property
    def head(self) -> Mapping[int, Element]:
        """The elements of the file meta information."""
        return {each.tag: each for each in self.meta}

    def raw(self, element: Element, most: int = 1 << 16) -> bytes:
        """The first bytes of a value."""
        return self.data[element.offset : element.offset + min(element.length, most)]

    def text(self, tag: int) -> str:
        """The value as text without its padding; empty where it is not there or not a plain value."""
        found = self.head.get(tag) if tag >> 16 == 2 else self.top.get(tag)
        return self.raw(found).decode("latin-1").strip(" \0") if found else ""

    def texts(self, tag: int) -> list[str]:
        """The value's parts; none where it is empty."""
        whole = self.text(tag)
        return [part.strip() for part in whole.split("\\")] if whole else []

    def numbers(self, tag: int) -> list[float]:
        """Decimal strings, integer strings or 16- and 32-bit numbers; none where one of them is no number."""
        found = self.top.get(tag)
        if found is None:
            return []
        size = {"US": 2, "SS": 2, "UL": 4, "SL": 4, "US or SS": 2}.get(found.vr)
        if size is None:
            try:
                return [float(part) for part in self.texts(tag)]
            except ValueError:
                return []
        raw, signed = self.raw(found), found.vr in ("SS", "SL")
        little = self.order == "<"
        return [
            float(int.from_bytes(raw[at : at + size], "little" if little else "big", signed=signed))
            for at in range(0, len(raw) - size + 1, size)
        ]

    def number(self, tag: int) -> float | None:
        """The first number, or None."""
        return next(iter(self.numbers(tag)), None)

    def whole(self, tag: int, default: int = 0) -> int:
        """The first number as a whole one, ``default`` where there is none."""
        found = self.number(tag)
        return int(found) if found is not None and abs(found) < 1 << 40 else default

    def filled(self, tag: int) -> bool:
        """Whether the element is there and holds something: a value, or an item."""
        found = self.top.get(tag)
        if found is None:
            return False
        if found.length or found.vr != "SQ":
            return bool(self.raw(found).strip(b" \0"))
        after = self.elements[self.elements.index(found) + 1 :]
        return bool(after) and after[0].depth > found.depth


def read_dicom(data: bytes) -> DicomFile:
    """The file's elements; ValueError past the limits. What cannot be followed ends the reading: ``cut`` says so."""
    preamble, at = (data[:128], 132) if data[128:132] == b"DICM" else (b"", 0)
    meta, at, cut = _meta(data, at)
    head = {each.tag: data[each.offset : each.offset + each.length] for each in meta}
    syntax = head.get(0x00020010, b"").decode("latin-1").strip(" \0") or _guessed(data, at)
    if syntax == _DEFLATED:
        data, at = data[:at] + _inflated(data[at:]), at
    order = ">" if syntax == _BIG else "<"
    reader = _Reader(data, order)
    elements = tuple(reader.elements(at, syntax != _IMPLICIT))
    stop, cut = reader.at, cut or reader.cut
    return DicomFile(data, preamble, syntax, order, meta, elements, tuple(reader.fragments), stop, cut, at)


def _meta(data: bytes, at: int) -> tuple[tuple[Element, ...], int, bool]:
    reader = _Reader(data, "<", only_group=2)
    return tuple(reader.elements(at, True)), reader.at, reader.cut


def _guessed(data: bytes, at: int) -> str:
    """The transfer syntax of a data set that does not say it."""
    vr = data[at + 4 : at + 6]
    if not (vr.isalpha() and vr.isupper()):
        return _IMPLICIT
    return _BIG if data[at : at + 1] == b"\0" and data[at + 1 : at + 2] else "1.2.840.10008.1.2.1"


def _inflated(packed: bytes) -> bytes:
    opened = zlib.decompressobj(-zlib.MAX_WBITS)
    plain = opened.decompress(packed, MOST_INFLATED)
    if opened.unconsumed_tail:
        raise ValueError("larger than what is inspected")
    return plain


class _Reader:
    """Walks elements one after the other, nested ones too, with a stack of its own."""

    def __init__(self, data: bytes, order: str, only_group: int | None = None) -> None:
        self._data, self._order, self._only = data, order, only_group
        self._little = order == "<"
        self.at, self.cut = 0, False
        self.fragments: list[tuple[int, int]] = []

    def elements(self, at: int, explicit: bool) -> Iterator[Element]:
        """Each element; sequences before what they hold. ``at`` and ``cut`` tell how far it came."""
        self.at = at
        levels = [_Level(None, True, explicit)]
        for _ in range(MOST_ELEMENTS):
            while len(levels) > 1 and levels[-1].end is not None and self.at >= levels[-1].end:
                levels.pop()
            if self.at + 8 > len(self._data):
                return
            tag = self._int(self.at, 2) << 16 | self._int(self.at + 2, 2)
            if self._only is not None and tag >> 16 != self._only:
                return
            if tag >> 16 == 0xFFFE:
                if not self._delimiter(tag, levels):
                    return
                continue
            made = self._element(tag, levels)
            if made is None:
                return
            yield made
        raise ValueError("more elements than are inspected")

    def _delimiter(self, tag: int, levels: list[_Level]) -> bool:
        """Items and their ends; false where one stands in no sequence."""
        if len(levels) == 1:
            return False
        length = self._int(self.at + 4, 4)
        self.at += 8
        if tag == _ITEM:
            levels.append(_Level(None if length == UNDEFINED else self.at + length, True, levels[-1].explicit))
        elif tag == _ITEM_END and levels[-1].item:
            levels.pop()
        elif tag == _SEQUENCE_END:
            while len(levels) > 1 and levels.pop().item:
                pass
        if len(levels) > 2 * MOST_DEPTH:
            raise ValueError("deeper than what is inspected")
        return True

    def _element(self, tag: int, levels: list[_Level]) -> Element | None:
        level, start = levels[-1], self.at
        vr, length, offset = self._header(tag, level.explicit)
        depth, sound = (len(levels) - 1) // 2, tag > level.last
        level.last = max(tag, level.last)
        holds = vr == "SQ" or (length == UNDEFINED and tag != PIXELS)
        if length != UNDEFINED and offset + length > len(self._data):
            self.cut, self.at = True, len(self._data)
            return (
                Element(tag, vr, start, offset, len(self._data) - offset, depth, False, sound)
                if offset < self.at
                else None
            )
        self.at = offset
        if holds:
            # PS3.5 6.2.2: what is of unknown kind and open length is kept implicitly
            levels.append(
                _Level(None if length == UNDEFINED else offset + length, False, level.explicit and vr != "UN")
            )
            return Element(tag, "SQ", start, offset, 0, depth, length == UNDEFINED, sound)
        if length == UNDEFINED:
            self._fragments()
            return Element(tag, vr, start, offset, self.at - offset, depth, True, sound)
        self.at = offset + length
        return Element(tag, vr, start, offset, length, depth, False, sound)

    def _header(self, tag: int, explicit: bool) -> tuple[str, int, int]:
        """Value representation, length, and where the value begins."""
        raw = self._data[self.at + 4 : self.at + 6]
        if explicit and raw.isalpha() and raw.isupper():
            if raw in _LONG:
                return raw.decode(), self._int(self.at + 8, 4), self.at + 12
            return raw.decode(), self._int(self.at + 6, 2), self.at + 8
        return _known(tag), self._int(self.at + 4, 4), self.at + 8

    def _fragments(self) -> None:
        """Items of compressed pixel data up to their end (PS3.5, annex A.4)."""
        while len(self.fragments) < MOST_FRAGMENTS:
            if self.at + 8 > len(self._data):
                self.cut = True
                return
            tag = self._int(self.at, 2) << 16 | self._int(self.at + 2, 2)
            length = self._int(self.at + 4, 4)
            self.at += 8
            if tag != _ITEM or self.at + length > len(self._data):
                self.cut = self.cut or tag != _SEQUENCE_END
                return
            self.fragments.append((self.at, length))
            self.at += length
        raise ValueError("more fragments than are inspected")

    def _int(self, at: int, size: int) -> int:
        return int.from_bytes(self._data[at : at + size], "little" if self._little else "big")


def _known(tag: int) -> str:
    """The value representation that PS3.6 gives the tag; UN where it does not know it."""
    if tag >> 16 & 1:
        return "LO" if 0x10 <= tag & 0xFFFF <= 0xFF else "UN"
    try:
        return "UL" if not tag & 0xFFFF else dictionary_VR(tag)
    except KeyError:
        return "UN"
