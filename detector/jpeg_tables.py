"""What a JPEG file says of its own making: tables, quality, subsampling.

Source: ITU-T T.81 (JPEG), annex K for the example tables; the scaling to a quality of 1 to 100 is that of the
Independent JPEG Group's library, which nearly all software uses.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
from PIL import Image, JpegImagePlugin

from detector.errors import UnreadablePicture

_LUMA = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)
_SUBSAMPLING = {0: "4:4:4", 1: "4:2:2", 2: "4:2:0"}


@dataclass(frozen=True)
class JpegFacts:
    """``luma`` is the first component's table, 8 rows of 8 in natural order (lowest frequency first).

    ``tables`` are all tables by their number in the file. ``quality`` is the standard quality (1 to 100) nearest to
    ``luma``; ``standard`` whether it is exactly that one. ``subsampling`` is "4:4:4", "4:2:2", "4:2:0", "grey" or
    "other".
    """

    luma: tuple[tuple[int, ...], ...]
    tables: dict[int, tuple[tuple[int, ...], ...]]
    quality: int
    standard: bool
    subsampling: str
    progressive: bool
    width: int
    height: int


def facts(jpeg: bytes) -> JpegFacts:
    """The facts of a JPEG file, read from its headers only. UnreadablePicture when ``jpeg`` is none."""
    try:
        with Image.open(io.BytesIO(jpeg), formats=("JPEG",)) as image:
            return _facts(image)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise UnreadablePicture(f"expected a JPEG file, found {len(jpeg)} bytes that are none: {error}") from error


@cache
def standard_luma(quality: int) -> npt.NDArray[np.int64]:
    """(8, 8) the luminance table of T.81 annex K scaled to ``quality`` 1 to 100 as the IJG library does; read-only."""
    scale = 5000 // quality if quality < 50 else 200 - 2 * quality
    table = np.clip((np.array(_LUMA, np.int64) * scale + 50) // 100, 1, 255)
    table.flags.writeable = False
    return table


def nearest_quality(luma: npt.NDArray[np.int64]) -> tuple[int, bool]:
    """The standard quality whose table is nearest (mean ratio of steps), and whether it is exactly that table."""
    gaps = [float(np.abs(np.log(luma / standard_luma(quality))).mean()) for quality in range(1, 101)]
    best = int(np.argmin(gaps)) + 1
    return best, gaps[best - 1] == 0.0


def _facts(image: Image.Image) -> JpegFacts:
    if not isinstance(image, JpegImagePlugin.JpegImageFile) or not image.quantization:
        raise UnreadablePicture("expected a JPEG file with quantisation tables, found none in it")
    tables = {number: np.array(steps, np.int64).reshape(8, 8) for number, steps in image.quantization.items()}
    luma = np.maximum(tables[_first_table(image, tables)], 1)
    quality, standard = nearest_quality(luma)
    grey = image.layers == 1
    return JpegFacts(
        luma=_rows(luma),
        tables={number: _rows(table) for number, table in tables.items()},
        quality=quality,
        standard=standard,
        subsampling="grey" if grey else _SUBSAMPLING.get(JpegImagePlugin.get_sampling(image), "other"),
        progressive=bool(image.info.get("progressive", False)),
        width=image.width,
        height=image.height,
    )


def _first_table(image: JpegImagePlugin.JpegImageFile, tables: dict[int, npt.NDArray[np.int64]]) -> int:
    """The number of the first component's table; the lowest there is when the file names one that it lacks."""
    named = int(image.layer[0][3])
    return named if named in tables else min(tables)


def _rows(table: npt.NDArray[np.int64]) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(int(step) for step in row) for row in table)
