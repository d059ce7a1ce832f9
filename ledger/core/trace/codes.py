"""What a look-alike is searched by: PDQ (256 bit) of an equalised rendering of the whole picture and of windows of it.

The rendering: the picture reduced to 64 × 64 by area, cut to its 1st to 99th percentile in 256 steps, and the steps
replaced by their ranks (0 to 255; one that holds more than a fiftieth of the pixels counts as a fiftieth). Ranks
survive any window, level or gamma. At this size PDQ's own blur and decimation do nothing, so a code is what is left of
it: 16 × 16 coefficients of a discrete cosine transform, each above their median or not (Facebook, "PDQ & TMK + PDQF",
2019). A registered image has one code of the whole and one of each of fourteen windows,
so that a crop of it is near one of them; a disputed image has 16: its eight orientations, each with its complement.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from ledger.core.trace.cells import Cells

CODE_BYTES = 32
ORIENTATIONS = 8
_EDGE = 64
_COEFFICIENTS = 16
_SHARE = 50
_FIVE = ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0), (0.5, 0.5))
_NINE = (*_FIVE, (0.5, 0.0), (0.0, 0.5), (1.0, 0.5), (0.5, 1.0))

Window = tuple[float, float, float, float]


def _windows() -> tuple[Window, ...]:
    made: list[Window] = [(0.0, 0.0, 1.0, 1.0)]
    for share, places in ((0.9, _FIVE), (0.81, _NINE)):
        rest = 1 - share
        made += [(rest * x, rest * y, rest * x + share, rest * y + share) for x, y in places]
    return tuple(made)


WINDOWS: tuple[Window, ...] = _windows()
"""Left, top, right and lower edge of each window as shares of the picture; number 0 is the whole."""


def registered_codes(cells: Cells, place: int) -> bytes:
    """The 34-byte records of one traced frame: ``place`` of the frame in its trace, number of the window, code."""
    values = cells.values()
    rows, columns = values.shape
    parts = [
        values[round(top * rows) : round(low * rows), round(left * columns) : round(right * columns)]
        for left, top, right, low in WINDOWS
    ]
    codes = _codes(_rendered(parts))
    return b"".join(bytes((place, number)) + code.tobytes() for number, code in enumerate(codes))


def disputed_codes(picture: npt.NDArray[np.float32]) -> bytes:
    """16 codes of 32 bytes: number ``k`` is of the picture as :func:`oriented` by ``k``, number ``8 + k`` inverted."""
    rendered = _rendered([picture])[0]
    plain = _codes(np.stack([oriented(rendered, number) for number in range(ORIENTATIONS)]))
    # PDQ compares with a median: the code of a negative is the complement, but for bits that fall on the median.
    return plain.tobytes() + (~plain).tobytes()


def oriented(picture: npt.NDArray[Any], number: int) -> npt.NDArray[Any]:
    """``picture`` turned by ``number % 4`` quarters counter-clockwise, then mirrored left to right if above 3."""
    turned = np.rot90(picture, number % 4)
    return np.ascontiguousarray(turned[:, ::-1] if number >= 4 else turned)


def _rendered(parts: Sequence[npt.NDArray[np.float32]]) -> npt.NDArray[np.uint8]:
    """The renderings of all parts: (parts, 64, 64)."""
    reduced = np.stack([cv2.resize(part, (_EDGE, _EDGE), interpolation=cv2.INTER_AREA).ravel() for part in parts])
    low, high = percentiles(reduced)
    coarse = np.clip((reduced - low) * (255 / np.maximum(high - low, 1e-9)), 0, 255).astype(np.uint8)
    places = coarse + 256 * np.arange(len(parts))[:, None]
    counts = np.bincount(places.ravel(), minlength=256 * len(parts)).reshape(-1, 256)
    counts = np.minimum(counts, coarse.shape[1] // _SHARE + 1)
    ranks = np.cumsum(counts, axis=1) - counts / 2
    span = np.maximum(ranks[:, -1:] - ranks[:, :1], 1e-9)
    levels = np.clip((ranks - ranks[:, :1]) / span * 255, 0, 255).astype(np.uint8)
    return np.asarray(np.take(levels.ravel(), places).reshape(-1, _EDGE, _EDGE))


def percentiles(rows: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """The 1st and the 99th percentile of each row, (2, rows, 1): ``numpy.percentile`` to the last bit, several times
    quicker."""
    place = np.array((0.01, 0.99)) * (rows.shape[1] - 1)
    first = place.astype(np.intp)
    share = place - first
    next_one = np.minimum(first + 1, rows.shape[1] - 1)
    ordered = np.partition(rows, np.union1d(first, next_one), axis=1)
    low, high = ordered[:, first], ordered[:, next_one]
    step = high - low
    found = np.where(share < 0.5, low + step * share, high - step * (1 - share))
    return np.asarray(found.T[:, :, None], np.float64)


def _cosines() -> npt.NDArray[np.float32]:
    k, place = np.arange(1, _COEFFICIENTS + 1)[:, None], np.arange(_EDGE)[None, :]
    return np.asarray(np.sqrt(2 / _EDGE) * np.cos(np.pi / (2 * _EDGE) * k * (2 * place + 1)), np.float32)


_COSINES = _cosines()


def _codes(rendered: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """The codes (pictures, 32) of renderings (pictures, 64, 64); the last coefficient's bit comes first."""
    coefficients = (_COSINES @ rendered.astype(np.float32) @ _COSINES.T).reshape(len(rendered), -1)
    middle = np.partition(coefficients, coefficients.shape[1] // 2 - 1, axis=1)[:, [coefficients.shape[1] // 2 - 1]]
    return np.packbits((coefficients > middle)[:, ::-1], axis=1)
