"""What a look-alike is searched by: PDQ (256 bit) of an equalised rendering of the whole picture and of windows of it.

The rendering: the picture reduced to 64 × 64 by area, cut to its 1st to 99th percentile in 256 steps, and the steps
replaced by their ranks (0 to 255; one that holds more than a fiftieth of the pixels counts as a fiftieth). Ranks
survive any window, level or gamma. A registered image has one code of the whole and one of each of fourteen windows,
so that a crop of it is near one of them; a disputed image has 16: its eight orientations, each with its complement.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from ledger.core.trace.cells import Cells

CODE_BYTES = 32
ORIENTATIONS = 8
_EDGE = 64
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
    records = []
    for number, (left, top, right, low) in enumerate(WINDOWS):
        part = values[round(top * rows) : round(low * rows), round(left * columns) : round(right * columns)]
        records.append(bytes((place, number)) + _code(_rendered(part)))
    return b"".join(records)


def disputed_codes(picture: npt.NDArray[np.float32]) -> bytes:
    """16 codes of 32 bytes: number ``k`` is of the picture as :func:`oriented` by ``k``, number ``8 + k`` inverted."""
    rendered = _rendered(picture)
    plain = [_code(oriented(rendered, number)) for number in range(ORIENTATIONS)]
    # PDQ compares with a median: the code of a negative is the complement, but for bits that fall on the median.
    inverted = [bytes(255 - octet for octet in code) for code in plain]
    return b"".join(plain + inverted)


def oriented(picture: npt.NDArray[Any], number: int) -> npt.NDArray[Any]:
    """``picture`` turned by ``number % 4`` quarters counter-clockwise, then mirrored left to right if above 3."""
    turned = np.rot90(picture, number % 4)
    return np.ascontiguousarray(turned[:, ::-1] if number >= 4 else turned)


def _rendered(picture: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    reduced = cv2.resize(picture, (_EDGE, _EDGE), interpolation=cv2.INTER_AREA)
    low, high = np.percentile(reduced, (1, 99))
    coarse = np.clip((reduced - low) * (255 / max(float(high - low), 1e-9)), 0, 255).astype(np.uint8)
    counts = np.minimum(np.bincount(coarse.ravel(), minlength=256), coarse.size // _SHARE + 1)
    ranks = np.cumsum(counts) - counts / 2
    levels = np.clip((ranks - ranks[0]) / max(ranks[-1] - ranks[0], 1e-9) * 255, 0, 255).astype(np.uint8)
    rendered: npt.NDArray[np.uint8] = levels[coarse]
    return rendered


def _code(rendered: npt.NDArray[np.uint8]) -> bytes:
    import pdqhash

    bits, _ = pdqhash.compute(cv2.merge((rendered, rendered, rendered)))
    return np.packbits(bits).tobytes()
