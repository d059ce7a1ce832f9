"""The Image Pixel module of a DICOM file (PS3.3 C.7.6.3), checked as far as it can be without decoding."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ledger.core.images.dicom_parse import PIXEL_DATA, Element, number, text
from ledger.core.images.model import MONOCHROME, MONOCHROME_INVERTED, PALETTE, RGB, YBR, YBR_422, Layout
from ledger.errors import UnreadableImage, UnsupportedImage

if TYPE_CHECKING:
    from ledger.core.images.model import Frame

_KINDS = {
    "MONOCHROME1": MONOCHROME_INVERTED,
    "MONOCHROME2": MONOCHROME,
    "PALETTE COLOR": PALETTE,
    "RGB": RGB,
    "YBR_RCT": RGB,
    "YBR_ICT": RGB,
    "YBR_FULL": YBR,
    "YBR_FULL_422": YBR_422,
}
_SAMPLES = {MONOCHROME: 1, MONOCHROME_INVERTED: 1, PALETTE: 1}


class Header:
    """The Image Pixel module of one file, checked as far as it can be without decoding."""

    def __init__(self, elements: tuple[Element, ...], syntax: str) -> None:
        by_tag = {element.tag: element for element in elements}
        self.syntax = syntax
        self.by_tag = by_tag
        self.pixels = _pixel_element(by_tag)
        self.photometric = text(by_tag.get(0x00280004))
        self.allocated = self._required(0x00280100, "Bits Allocated")
        self.stored = self._required(0x00280101, "Bits Stored")
        self.high = self._required(0x00280102, "High Bit") if 0x00280102 in by_tag else self.stored - 1
        self.signed = bool(number(by_tag.get(0x00280103)))
        self.planar = bool(number(by_tag.get(0x00280006)))
        self.frames = _frames(by_tag.get(0x00280008))
        self.layout = self._layout()

    def _required(self, tag: int, name: str) -> int:
        found = number(self.by_tag.get(tag))
        if found is None:
            raise UnreadableImage(f"expected {name} in the header, found none")
        return found

    def _layout(self) -> Layout:
        rows, columns = self._required(0x00280010, "Rows"), self._required(0x00280011, "Columns")
        samples = number(self.by_tag.get(0x00280002)) or 1
        kind = _KINDS.get(self.photometric)
        if kind is None:
            raise UnsupportedImage(
                "expected monochrome, palette, RGB or YBR pixels, found another photometric interpretation"
            )
        if samples != _SAMPLES.get(kind, 3):
            raise UnreadableImage(f"expected {_SAMPLES.get(kind, 3)} samples a pixel for {kind}, found {samples}")
        if self.allocated not in (1, 8, 16, 32) or (self.allocated == 1 and samples != 1):
            raise UnsupportedImage(f"expected 1, 8, 16 or 32 bits allocated, found {self.allocated}")
        if not 1 <= self.stored <= self.allocated or not self.stored - 1 <= self.high < self.allocated:
            raise UnreadableImage(
                f"expected at most {self.allocated} bits stored, found {self.stored} (high bit {self.high})"
            )
        if kind == YBR_422 and columns % 2:
            raise UnreadableImage(f"expected an even number of columns for 4:2:2, found {columns}")
        return Layout(rows, columns, samples, max(1, self.allocated // 8), kind)


def _pixel_element(by_tag: dict[int, Element]) -> Element:
    found = by_tag.get(PIXEL_DATA)
    if found is not None:
        return found
    if 0x7FE00008 in by_tag or 0x7FE00009 in by_tag:
        raise UnsupportedImage("expected integer pixel data, found floating point pixel data")
    raise UnsupportedImage("expected a DICOM image, found a DICOM object without pixel data")


def _frames(element: Element | None) -> int:
    found = text(element)
    if not found:
        return 1
    if not found.isascii() or not found.isdigit() or len(found) > 12:
        raise UnreadableImage("expected a whole number of frames, found something else")
    return int(found)


def canonical(words: Frame, *, bits: int, shift: int, signed: bool) -> Frame:
    """The low ``bits`` of each unsigned word after ``shift``, as two's complement words of the same width.

    Signed values are sign-extended, unsigned ones have the bits above cleared. The answer is C-contiguous.
    """
    if bits == 8 * words.itemsize:
        return np.ascontiguousarray(words)
    word = words.dtype.type
    words = (words >> word(shift)) & word((1 << bits) - 1)
    if signed:
        sign = word(1 << bits - 1)
        words = (words ^ sign) - sign
    return np.ascontiguousarray(words)
