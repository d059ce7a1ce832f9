"""DICOM elements into normalised attributes, the same ones for every transfer syntax of one data set.

Rules (part of dataset/1, whose layout is in ``ledger.core.digests.dataset``):

- Path: ``(gggg,eeee)``, upper-case hexadecimal; inside item n of a sequence ``(gggg,eeee)[n].(gggg,eeee)``.
- VR: that of the data dictionary (PS3.6), because implicit VR files have no other; ``xs`` for "US or SS" and
  ``ox`` for every choice that includes OW. A VR other than these that the file states (UN aside) is bound as it stands,
  and the value normalised by it, for readers believe it; so is a US or SS against the Pixel Representation of the data
  set around it (PS3.5 annex A.1) where a word has its highest bit set, since only then the two read differently.
- ``UN`` for private and unknown tags whatever the file says: an implicit VR encoding of the same data set has lost the
  VR, so no digest can both survive that encoding and tell US from SS there. file/1 alone binds these VRs.
- Binary values: little endian words, an odd length padded with one zero byte. Text: the stored bytes, each
  backslash-separated component without the padding that PS3.5 section 6.2 calls insignificant.
- ``UN``: little endian bytes, an odd length padded with one zero byte; a value that parses completely as implicit VR
  items is a sequence, because its VR may be lost.
- A sequence is one attribute of VR ``SQ`` whose value is its count of items (4 bytes), and the attributes of its items.
- Left out, and bound by file/1 alone: the preamble, group 0002, group lengths, Data Set Trailing Padding, Length to
  End, whose content no viewer shows; and in the outer data set what only describes the encoding: Planar Configuration,
  the extended offset tables and the pixel data itself (bound by digest, the bits of its words beside the samples by the
  attribute of ``dicom_unused``). YBR_RCT counts as RGB there in JPEG 2000 transfer syntaxes, whose lossless encoders
  must write it.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from struct import pack

from ledger.core.images.dicom_parse import Element, known_vr, number
from ledger.core.images.model import Attribute

_WORDS = {
    **dict.fromkeys(("US", "SS", "OW", "AT", "xs", "ox"), 2),
    **dict.fromkeys(("UL", "SL", "FL", "OF", "OL"), 4),
    **dict.fromkeys(("FD", "OD", "UV", "SV", "OV"), 8),
}
_BINARY = frozenset(_WORDS) | {"OB", "UN"}
_BOTH_ENDS = frozenset(["AE", "CS", "LO", "SH", "PN", "DS", "IS"])
_ONE_VALUE = frozenset(["ST", "LT", "UT", "UR"])
_PIXEL_TAGS = frozenset((0x7FE00008, 0x7FE00009, 0x7FE00010, 0x7FE00001, 0x7FE00002, 0x7FE00003, 0x00280006))
_LEFT_OUT = frozenset((0xFFFCFFFC, 0x00080001))
_PIXEL_REPRESENTATION = 0x00280103
_YBR_RCT, _RGB = (Attribute("(0028,0004)", "PhotometricInterpretation", "CS", value) for value in (b"YBR_RCT", b"RGB"))


def attributes(elements: tuple[Element, ...], *, jpeg_2000: bool) -> tuple[Attribute, ...]:
    """The normalised attributes of a data set, in the order of the file, pixel data left out."""
    outer = tuple(element for element in elements if element.tag not in _PIXEL_TAGS)
    found = _walk(outer, "", signed=False)
    if not jpeg_2000:
        return tuple(found)
    return tuple(_RGB if attribute == _YBR_RCT else attribute for attribute in found)


def _walk(elements: tuple[Element, ...], prefix: str, *, signed: bool) -> Iterator[Attribute]:
    representation = next((number(element) for element in elements if element.tag == _PIXEL_REPRESENTATION), signed)
    signed = bool(representation)
    for element in elements:
        tag = element.tag
        if tag in _LEFT_OUT or not tag & 0xFFFF or tag >> 16 == 2:
            continue
        label, name, vr = _described(tag)
        path = prefix + label
        if element.items is not None:
            yield Attribute(path, name, "SQ", pack("<I", len(element.items)))
            for index, item in enumerate(element.items):
                yield from _walk(item, f"{path}[{index}].", signed=signed)
            continue
        raw = _little(element, vr)
        vr = _bound(element, vr, raw, signed=signed)
        yield Attribute(path, name, vr, _normalised(element, vr, raw))


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


def _bound(element: Element, vr: str, raw: bytes, *, signed: bool) -> str:
    """The VR that is bound: the normalised one of the dictionary, or the written one where it reads differently."""
    written = element.vr
    if written is None or written == vr or "UN" in (written, vr):
        return vr
    allowed = str(known_vr(element.tag)).split(" or ")
    if written not in allowed:
        return written
    misread = written in ("US", "SS") and "SS" in allowed and signed != (written == "SS")
    return written if misread and any(octet & 0x80 for octet in raw[1::2]) else vr


def _normalised(element: Element, vr: str, raw: bytes) -> bytes:
    if element.fragments is not None:
        return b"".join(element.fragments[1:])
    if vr in _BINARY:
        return raw + b"\0" if len(raw) % 2 else raw
    if vr in _ONE_VALUE:
        return raw.rstrip(b"\0 ")
    if b"\\" not in raw:
        return raw.rstrip(b"\0 ").lstrip(b" ") if vr in _BOTH_ENDS else raw.rstrip(b"\0 ")
    parts = [part.rstrip(b"\0 ") for part in raw.split(b"\\")]
    return b"\\".join(part.lstrip(b" ") for part in parts) if vr in _BOTH_ENDS else b"\\".join(parts)


def _little(element: Element, vr: str) -> bytes:
    raw = bytes(element.value or b"")
    size = _WORDS.get(element.vr or vr, 1)
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
