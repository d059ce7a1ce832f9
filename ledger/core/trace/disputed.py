"""The frames of a disputed image, as the comparison takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ledger.core.trace.cells import LEAST_EDGE
from ledger.errors import UnreadableImage

if TYPE_CHECKING:
    import numpy.typing as npt

    from ledger.core.images import DecodedImage
    from ledger.core.trace.sampling import Picture

_VIVID = 32
"""Channels of eight bits this far apart are a colour that a codec may have had to cut off."""


class Disputed:
    """The frames of a disputed image as pictures of one value a pixel; the last one read is kept."""

    def __init__(self, image: DecodedImage) -> None:
        self._image = image
        self._last: tuple[int, Picture, npt.NDArray[Any]] | None = None
        self.frames = image.frames
        self.middle = image.frames // 2
        self.size = (image.layout.rows, image.layout.columns)

    def picture(self, number: int) -> Picture | None:
        """Frame ``number`` (rows, columns); None if it is of one value or too small. UnreadableImage if broken."""
        picture, _ = self._read(number)
        flat = min(picture.shape) < LEAST_EDGE or float(picture.min()) == float(picture.max())
        return None if flat else picture

    def tint(self, number: int) -> Picture | None:
        """How coloured each pixel of frame ``number`` is, and how much of that lies at the ends of the scale:
        (2, rows, columns), both the distance of the least and the greatest channel. None for a grey frame."""
        return _tint(self._read(number)[1], self._image)

    def _read(self, number: int) -> tuple[Picture, npt.NDArray[Any]]:
        from ledger.core.digests.view import luma

        if self._last is None or self._last[0] != number:
            for index, frame in enumerate(self._image.read_frames()):
                if index == number:
                    self._last = (number, luma(frame, self._image).astype(np.float32), frame)
                    break
            else:
                raise UnreadableImage(f"expected frame {number}, found fewer")
        return self._last[1:]


def _tint(frame: npt.NDArray[Any], image: DecodedImage) -> Picture | None:
    from ledger.core.images.model import RGB, RGBA

    if image.layout.kind not in (RGB, RGBA) or frame.dtype != np.uint8:
        return None
    high, low = frame[:, :, :3].max(axis=2), frame[:, :, :3].min(axis=2)
    tint = (high - low).astype(np.float32)
    if not tint.any():
        return None
    vivid = np.where(((high == 255) | (low == 0)) & (tint >= _VIVID), tint, np.float32(0))
    return np.stack((tint, vivid))
