"""A TIFF file as directories (TIFF 6.0). Nothing is decoded."""

from __future__ import annotations

from dataclasses import dataclass

from detector.structure.ifd import Directory, directories

WIDTH, HEIGHT, SUBFILE, COMPRESSION = 256, 257, 254, 259
DESCRIPTION, MAKE, MODEL, SOFTWARE, DATE, HOST = 270, 271, 272, 305, 306, 316
XMP, PHOTOSHOP, LAYERS, TAKEN = 700, 34377, 37724, 0x9003
JPEG_COMPRESSIONS = frozenset({6, 7})


@dataclass(frozen=True)
class TiffFile:
    """``pages``: the directories of the chain that hold a picture; ``directories``: all of them."""

    data: bytes
    directories: tuple[Directory, ...]

    @property
    def pages(self) -> list[Directory]:
        """The chain's directories with a size."""
        return [each for each in self.directories if not each.nested and each.number(WIDTH)]

    @property
    def xmp(self) -> str:
        """The XMP packet as text."""
        raw = next((each.entries[XMP].raw for each in self.directories if XMP in each.entries), b"")
        return raw.decode("utf-8", "replace")

    def text(self, tag: int) -> str:
        """The first text of that tag in any directory."""
        return next((each.text(tag) for each in self.directories if each.text(tag)), "")

    def has(self, tag: int) -> bool:
        """Whether any directory has the tag."""
        return any(tag in each.entries for each in self.directories)


def read_tiff(data: bytes) -> TiffFile:
    """The file's directories; ValueError for what is no classic TIFF or has none."""
    found = directories(data)
    if not found:
        raise ValueError("expected at least one directory")
    return TiffFile(data, found)
