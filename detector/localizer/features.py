"""All that the localizer's network is given of a picture; every figure follows from the whole picture, so that cutting
it into tiles changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from detector.errors import UnreadablePicture
from detector.jpeg_tables import JpegFacts, facts
from detector.localizer import blocks
from detector.localizer.grids import Grids, grids
from detector.localizer.planes import View, noise_level, planes, residuals, view
from detector.localizer.saves import Traces, traces

if TYPE_CHECKING:
    from detector.types import Pixels

_MAPS = (
    *("brightness", "low band", "middle band", "high band", "top band", "noise"),
    *("noise | brightness", "noise | middle band", "middle | brightness", "high | middle", "top | high"),
    *("still pixels", "rarity", "rarity | brightness", "clipped"),
    *("against the first save", "against the second save"),
    *("own grid", "first grid", "second grid", "first grid around", "other grids around"),
    *(f"ghost {quality}" for quality in (*blocks.GHOSTS, "first")),
    *("ghost 90 | middle", "ghost first | middle"),
    *("blue noise", "red noise", "colour | middle"),
)
_CONSTANTS = (
    *("is JPEG", "quality", "first quality", "first gain", "second quality", "second gain"),
    *("first strength", "second strength", "noise of all", "16 bit", "colour"),
)
BLOCK_FEATURES: tuple[str, ...] = (*_MAPS, *_CONSTANTS)
"""The names of the block features, in their order; the constants are the same for all blocks of a picture."""


@dataclass(frozen=True)
class Features:
    """``pixels`` (8·down, 8·across, 4) int8, see ``planes``; ``blocks`` (down, across, len(BLOCK_FEATURES)) float16.

    down and across are the picture's rows and columns over 8, rounded up. ``figures``: constants by name, as measured.
    """

    pixels: npt.NDArray[np.int8]
    blocks: npt.NDArray[np.float16]
    figures: dict[str, float]


def features(pixels: Pixels, jpeg: bytes | None = None) -> Features:
    """The features of a picture of the allowed shapes; ``jpeg`` that cannot be read counts as absent."""
    seen, file = view(pixels), _facts(jpeg)
    high = residuals(seen.grey)
    found = grids(seen.grey, jpeg=file is not None)
    marks = traces(seen.grey, found, None if file is None else np.array(file.luma, np.int64))
    figures = _constants(seen, file, found, marks, noise_level(high[2]))
    maps = _maps(seen, high[2], found, marks)
    constants = [np.full(maps[0].shape, figures[name], np.float32) for name in _CONSTANTS]
    stacked = np.clip(np.stack([*maps, *constants], axis=2), -8.0, 8.0)
    return Features(planes(seen.grey, high), stacked.astype(np.float16), figures)


def _maps(seen: View, residual: npt.NDArray[np.float32], found: Grids, marks: Traces) -> list[npt.NDArray[Any]]:
    bands = blocks.spectrum(seen.grey)
    low, middle, high, top = (bands[..., k] for k in range(4))
    bright, noise = blocks.block_means(seen.grey), blocks.block_levels(residual)
    still, rare, clip = blocks.block_means(np.abs(residual) < 1e-3), blocks.rarity(seen), blocks.clipped(seen)
    loss = blocks.ghosts(seen.grey, marks.saves[0].quality)
    blue, red = blocks.colour_levels(seen)
    fit = (still < 0.5) & (clip < 0.5)
    given_bright = [blocks.relative(one, bright, fit) for one in (noise, middle, rare)]
    given_middle = [blocks.relative(one, middle, fit) for one in (noise, high, loss[..., 2], loss[..., 4], blue + red)]
    return [
        *(bright / 128.0 - 1.0, low / 4.0, middle / 4.0, high / 4.0, top / 4.0, noise / 4.0),
        *(given_bright[0], given_middle[0], given_bright[1], given_middle[1], blocks.relative(top, high, fit)),
        *(still, rare / 2.0, given_bright[2], clip),
        *(marks.maps[..., k] / 4.0 for k in range(2)),
        *(found.maps[..., k] * 4.0 for k in range(5)),
        *(loss[..., k] / 2.0 for k in range(5)),
        *(given_middle[2], given_middle[3], blue / 4.0, red / 4.0, given_middle[4]),
    ]


def _constants(seen: View, file: JpegFacts | None, found: Grids, marks: Traces, noise: float) -> dict[str, float]:
    first, second = marks.saves
    values = (
        *(float(file is not None), 0.0 if file is None else file.quality / 100.0),
        *(first.quality / 100.0, min(first.gain, 1.0) * 4.0, second.quality / 100.0, min(second.gain, 1.0) * 4.0),
        *(float(np.arcsinh(strength)) for strength in found.strengths),
        *(float(np.log2(noise)), float(seen.deep), float(seen.colour is not None)),
    )
    return dict(zip(_CONSTANTS, values, strict=True))


def _facts(jpeg: bytes | None) -> JpegFacts | None:
    try:
        return facts(jpeg) if jpeg else None
    except UnreadablePicture:
        return None
