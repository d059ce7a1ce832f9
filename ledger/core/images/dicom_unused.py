"""The bits of DICOM words that are no part of a sample: above the high bit and below the low one (PS3.5 section 8.1.1).

They hold embedded overlays (60xx,0102), masks or nothing at all, and some viewers draw them.
"""

from __future__ import annotations

from hashlib import sha256
from struct import pack
from typing import TYPE_CHECKING

from ledger.core.images.model import Attribute

if TYPE_CHECKING:
    from ledger.core.images.dicom_header import Header
    from ledger.core.images.model import Frame


class UnusedBits:
    """Gathers what the words of lossless frames hold beside the samples, frame by frame in order."""

    def __init__(self, header: Header) -> None:
        self._shift = header.high + 1 - header.stored
        self._present = not (header.stored == header.allocated or header.allocated == 1)
        self._found: list[bytes] = []

    def look(self, index: int, words: Frame, samples: Frame, bits: int) -> None:
        """Takes note of frame ``index``: ``words`` of which the low ``bits`` are stored, the ``samples`` from them.

        Both have the shape (rows, columns, samples). The sign of a sample repeated above it counts as unused, for it
        says nothing. Looking at frame 0 begins anew.
        """
        if not index:
            self._found.clear()
        if self._present:
            word = samples.dtype.type
            unused = (words ^ (samples << word(self._shift))) & word((1 << bits) - 1)
            if unused.any():
                self._found.append(pack("<I", index) + sha256(unused.tobytes()).digest())

    def attributes(self) -> tuple[Attribute, ...]:
        """One attribute when a bit was found, and none otherwise.

        Its value is, for each frame with such a bit, the number of the frame (u32, counted from 0) and the SHA-256 of
        its words (little endian, in the order of pixel/1) with the bits of the samples cleared.
        """
        if not self._found:
            return ()
        return (Attribute("(7FE0,0010)#unused-bits", "bits beside the samples", "digest", b"".join(self._found)),)
