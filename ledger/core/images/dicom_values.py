"""DICOM elements into normalised attributes, the same ones for every transfer syntax of one data set.

Rules (part of dataset/1, whose layout is in ``ledger.core.digests.dataset``):

- Path: ``(gggg,eeee)``, upper-case hexadecimal; inside item n of a sequence ``(gggg,eeee)[n].(gggg,eeee)``.
- VR: that of the data dictionary (PS3.6), because implicit VR files have no other; ``xs`` for "US or SS" and
  ``ox`` for every choice that includes OW; ``UN`` for private and unknown tags whatever the file says.
- Binary values: little endian words, an odd length padded with one zero byte. Text: the stored bytes, each
  backslash-separated component without the padding that PS3.5 section 6.2 calls insignificant.
- ``UN``: little endian bytes, of an even length less one trailing 00 or 20 byte; a value that parses completely as
  implicit VR items is a sequence, because its VR may be lost.
- A sequence is one attribute of VR ``SQ`` whose value is its count of items (4 bytes), and the attributes of its items.
- Left out: group 0002, group lengths, Data Set Trailing Padding, Length to End; and in the outer data set what only
  describes the encoding: Planar Configuration, the extended offset tables and the pixel data itself (bound by digest).
  YBR_RCT counts as RGB there, since a lossless JPEG 2000 encoder must write it.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from struct import pack

from ledger.core.images.dicom_parse import Element, known_vr
from ledger.core.images.model import Attribute

_WORDS = {
    **dict.fromkeys(("US", "SS", "OW", "AT", "xs", "ox"), 2),
    **dict.fromkeys(("UL", "SL", "FL", "OF", "OL"), 4),
    **dict.fromkeys(("FD", "OD", "UV", "SV", "OV"), 8),
}
_BINARY = frozenset(_WORDS) | {"OB"}
_BOTH_ENDS = frozenset(["AE", "CS", "LO", "SH", "PN", "DS", "IS"])
_ONE_VALUE = frozenset(["ST", "LT", "UT", "UR"])
_PIXEL_TAGS = frozenset((0x7FE00008, 0x7FE00009, 0x7FE00010, 0x7FE00001, 0x7FE00002, 0x7FE00003, 0x00280006))
_LEFT_OUT = frozenset((0xFFFCFFFC, 0x00080001))
_PHOTOMETRIC = 0x00280004


def attributes(elements: tuple[Element, ...]) -> tuple[Attribute, ...]:
    """The normalised attributes of a data set, in the order of the file, pixel data left out."""
    outer = (element for element in elements if element.tag not in _PIXEL_TAGS)
    return tuple(_walk(outer, ""))


def _walk(elements: Iterator[Element] | tuple[Element, ...], prefix: str) -> Iterator[Attribute]:
    for element in elements:
        tag = element.tag
        if tag in _LEFT_OUT or not tag & 0xFFFF or tag >> 16 == 2:
            continue
        label, name, vr = _described(tag)
        path = prefix + label
        if element.items is not None:
            yield Attribute(path, name, "SQ", pack("<I", len(element.items)))
            for index, item in enumerate(element.items):
                yield from _walk(item, f"{path}[{index}].")
            continue
        value = _normalised(element, vr)
        if tag == _PHOTOMETRIC and not prefix and value == b"YBR_RCT":
            value = b"RGB"
        yield Attribute(path, name, vr, value)


@lru_cache(maxsize=16384)
def _described(tag: int) -> tuple[str, str, str]:
    from pydicom.datadict import keyword_for_tag

    label = f"({tag >> 16:04X},{tag & 0xFFFF:04X})"
    known = known_vr(tag)
    if known is None:
        return label, "private" if tag >> 16 & 1 else "unknown", "UN"
    vr = known
    if " or " in known:
        vr = "ox" if "OW" in known else "xs"
    return label, keyword_for_tag(tag) or label, vr


def _normalised(element: Element, vr: str) -> bytes:
    if element.fragments is not None:
        return b"".join(element.fragments[1:])
    stored = element.vr if element.vr not in (None, "UN") else vr
    raw = _little(element, stored or vr)
    if vr == "UN":
        return raw[:-1] if len(raw) % 2 == 0 and raw[-1:] in (b"\0", b" ") else raw
    if vr in _BINARY:
        return raw + b"\0" if len(raw) % 2 else raw
    if vr in _ONE_VALUE:
        return raw.rstrip(b"\0 ")
    parts = [part.rstrip(b"\0 ") for part in raw.split(b"\\")]
    return b"\\".join(part.lstrip(b" ") for part in parts) if vr in _BOTH_ENDS else b"\\".join(parts)


def _little(element: Element, vr: str) -> bytes:
    raw = bytes(element.value or b"")
    size = _WORDS.get(vr, 1)
    if element.little or size == 1 or element.vr == "UN":
        return raw
    return swapped(raw, size)


def swapped(raw: bytes, size: int) -> bytes:
    """``raw`` with the bytes of each whole word of ``size`` reversed; an incomplete last word stays."""
    whole = len(raw) - len(raw) % size
    out = bytearray(raw)
    for offset in range(size):
        out[offset:whole:size] = raw[size - 1 - offset : whole : size]
    return bytes(out)
