"""Decoded samples for the rules that look at pixels, and what an earlier JPEG left in them."""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
from PIL import Image

from detector.jpeg import regime
from detector.structure.model import Answer, Skip
from detector.structure.thumbs import MOST_PIXELS
from detector.types import Regime

_LEAST = 64  # pixels a side, below which no grid is told


def samples(data: bytes, formats: tuple[str, ...], mode: str) -> npt.NDArray[np.uint8] | None:
    """(rows, columns, channels of ``mode``) uint8, or None where it is too large or cannot be decoded."""
    try:
        with Image.open(io.BytesIO(data), formats=formats) as image:
            if image.width * image.height > MOST_PIXELS:
                return None
            return np.asarray(image.convert(mode), np.uint8)
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError):
        return None


def jpeg_past(pixels: npt.NDArray[np.uint8] | None) -> Answer:
    """Whether ``pixels`` (none where they could not be decoded) show the grid of an earlier JPEG."""
    if pixels is None:
        return Skip("the picture cannot be decoded")
    if min(pixels.shape[:2]) < _LEAST:
        return Skip("the picture is too small for that")
    if regime(pixels) is Regime.LOSSLESS_JPEG_TRACE:
        return "The pixels show the traces of an earlier JPEG."
    return None
