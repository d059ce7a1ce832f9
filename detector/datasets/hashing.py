"""The 64-bit difference hash: pictures that look alike have hashes that differ in few bits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from detector.types import Pixels


def dhash(pixels: Pixels) -> int:
    """64 bits: the picture as grey, shrunk by area to 8 rows of 9, each sample compared with its left neighbour.

    A bit is set where the right one of two is lighter. Alpha is ignored; 16 bit and 8 bit of one picture hash alike.
    """
    grey = pixels.astype(np.float32) if pixels.ndim == 2 else pixels[..., :3].astype(np.float32).mean(axis=2)
    small = cv2.resize(grey, (9, 8), interpolation=cv2.INTER_AREA)
    bits = (small[:, 1:] > small[:, :-1]).ravel()
    return int.from_bytes(np.packbits(bits).tobytes(), "big")
