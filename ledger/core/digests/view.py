"""view/1: PDQ (256 bit, Facebook's perceptual hash) of one fixed rendering; it finds candidates and proves nothing.

The rendering, all in integers: the middle frame (number ``frames // 2``, counted from 0); each sample mapped to
``(value - least) * 255 // (greatest - least)`` over that frame, signed where the file says so; palette indices first
replaced by their 8-bit colours; colour reduced to ``(299 R + 587 G + 114 B) // 1000`` (YBR and grey with alpha: the
first sample; CMYK: the mean); "white is zero" inverted; then blocks of ``ceil(longer edge / 256)`` pixels each way are
averaged, rounding down, an incomplete block at the edge left out. PDQ itself works in floating point.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ledger.core.images.blocks import block_sums
from ledger.core.images.model import (
    CMYK,
    MONOCHROME_INVERTED,
    PALETTE,
    RGB,
    RGBA,
    DecodedImage,
)

if TYPE_CHECKING:
    import numpy.typing as npt

    from ledger.core.digests.model import Fact
    from ledger.core.images.model import Frame

LEAST_EDGE = 32
_EDGE = 256
_BAND_PIXELS = 1 << 20


def view_digest(frame: Frame, image: DecodedImage) -> tuple[str | None, dict[str, Fact]]:
    """``pdq:<64 hex digits>`` with its quality (0 to 100) as a fact, or None with the reason as a fact."""
    if min(frame.shape[:2]) < LEAST_EDGE:
        return None, {"view_left_out": f"an edge is shorter than {LEAST_EDGE} pixels"}
    picture = rendering(frame, image)
    if picture is None:
        return None, {"view_left_out": "all pixels are the same"}
    if min(picture.shape) < LEAST_EDGE:
        return None, {"view_left_out": "one edge is many times longer than the other"}
    import pdqhash

    bits, quality = pdqhash.compute(np.repeat(picture[:, :, None], 3, axis=2))
    return "pdq:" + np.packbits(bits).tobytes().hex(), {"view_quality": int(quality)}


def rendering(frame: Frame, image: DecodedImage) -> npt.NDArray[np.uint8] | None:
    """The 8-bit picture (rows, columns) described above, None when all pixels are the same."""
    factor = -(-max(frame.shape[:2]) // _EDGE)
    # Bands of whole blocks keep the wide intermediate values of a large frame small.
    step = factor * max(1, _BAND_PIXELS // (factor * frame.shape[1]))
    bands = [frame[top : top + step] for top in range(0, frame.shape[0], step)]
    extremes = [(int(plane.min()), int(plane.max())) for plane in (luma(band, image) for band in bands)]
    least, greatest = min(low for low, _ in extremes), max(high for _, high in extremes)
    if least == greatest:
        return None
    inverted = image.layout.kind == MONOCHROME_INVERTED
    parts = (_scaled(luma(band, image), least, greatest, inverted) for band in bands)
    return np.concatenate([_reduced(part, factor) for part in parts])


def _scaled(values: npt.NDArray[Any], least: int, greatest: int, inverted: bool) -> npt.NDArray[np.uint8]:
    # 16-bit differences times 255 fit into 32 bits, which divide several times faster than 64.
    wide, word = ("i8", "u8") if values.itemsize > 4 or max(-least, greatest) > 0x7FFFFF else ("i4", "u4")
    offset = (values.astype(wide) - least).astype(word)
    picture: npt.NDArray[np.uint8] = (offset * 255 // (greatest - least)).astype(np.uint8)
    return np.uint8(255) - picture if inverted else picture


def luma(frame: Frame, image: DecodedImage) -> npt.NDArray[Any]:
    """One whole number a pixel (rows, columns), as the rendering above takes it."""
    kind = image.layout.kind
    values: npt.NDArray[Any] = frame.view(f"<i{image.layout.width}") if image.signed else frame
    if kind == PALETTE and image.palette is not None:
        last = len(image.palette) - 1
        values = image.palette[np.clip(frame[:, :, 0].astype(np.int64) - image.palette_first, 0, last)]
    if kind in (RGB, RGBA) or (kind == PALETTE and values.shape[2] == 3):
        wide = "i4" if values.itemsize <= 2 else "i8"
        red, green, blue = (values[:, :, index].astype(wide) for index in range(3))
        luma: npt.NDArray[Any] = (299 * red + 587 * green + 114 * blue) // 1000
        return luma
    if kind == CMYK:
        mean: npt.NDArray[Any] = values.astype(np.int64).sum(axis=2) // 4
        return mean
    return values[:, :, 0]


def _reduced(picture: npt.NDArray[np.uint8], factor: int) -> npt.NDArray[np.uint8]:
    if factor == 1:
        return picture
    # A sum needs 16 bits up to 16 pixels an edge, 32 up to 4096.
    word = np.uint16 if factor <= 16 else np.uint32 if factor <= 4096 else np.uint64
    totals = block_sums(picture, factor, word)
    mean: npt.NDArray[np.uint8] = (totals // word(factor * factor)).astype(np.uint8)
    return mean
