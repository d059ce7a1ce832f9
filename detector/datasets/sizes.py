"""How large a picture says it is, before any of it is decoded."""

from __future__ import annotations

import io

from PIL.TiffImagePlugin import ImageFileDirectory_v2

from detector.errors import UnreadablePicture

MOST_PIXELS = 100_000_000
"""More pixels than this, all frames that must be decoded together, are not decoded."""
_WIDTH, _HEIGHT = 256, 257  # TIFF 6.0, ImageWidth and ImageLength


def check_size(width: int, height: int, frames: int = 1) -> None:
    """UnreadablePicture unless there are 1 to MOST_PIXELS pixels."""
    if not 0 < width * height * frames <= MOST_PIXELS:
        many = f" in {frames} frames" if frames > 1 else ""
        raise UnreadablePicture(f"expected 1 to {MOST_PIXELS} pixels, found {width}×{height}{many}")


def check_png(data: bytes) -> None:
    """The size in the header (PNG, IHDR) times the frames of an animation (acTL); see :func:`check_size`."""
    control = data.find(b"acTL", 0, max(data.find(b"IDAT"), 0))
    frames = 1 if control < 0 else int.from_bytes(data[control + 4 : control + 8], "big")
    check_size(int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big"), max(frames, 1))


def tiff_sizes(data: bytes) -> list[tuple[int, int]]:
    """Width and height of each page of a TIFF, from its directories alone; UnreadablePicture where they break off."""
    stream = io.BytesIO(data)
    sizes: dict[int, tuple[int, int]] = {}
    try:
        directory = ImageFileDirectory_v2(stream.read(8))
        # A chain of directories may run in a circle.
        while (start := directory.next) and start not in sizes:
            stream.seek(start)
            directory.load(stream)
            sizes[start] = int(directory.get(_WIDTH, 0)), int(directory.get(_HEIGHT, 0))
    except Exception as error:  # Pillow's parser raises whatever a broken entry leads to
        raise UnreadablePicture(f"expected TIFF directories, found: {str(error)[:120]}") from error
    if not sizes:
        raise UnreadablePicture("expected TIFF directories, found none")
    return list(sizes.values())
