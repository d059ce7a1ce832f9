"""The example table for colour of ITU-T T.81, annex K, and which qualities a table is of."""

from __future__ import annotations

import numpy as np

_CHROMA = np.full((8, 8), 99, np.int64)
_CHROMA[:4, :4] = ((17, 18, 24, 47), (18, 21, 26, 66), (24, 26, 56, 99), (47, 66, 99, 99))


def standard_chroma(quality: int) -> tuple[int, ...]:
    """64 steps in natural order: annex K's table K.2 scaled to ``quality`` 1 to 100 as the IJG library does."""
    scale = 5000 // quality if quality < 50 else 200 - 2 * quality
    return tuple(int(step) for step in np.clip((_CHROMA * scale + 50) // 100, 1, 255).ravel())


def nearest_chroma(table: tuple[int, ...]) -> frozenset[int] | None:
    """The qualities whose standard table for colour is exactly ``table``; None where there is none."""
    found = frozenset(quality for quality in range(1, 101) if standard_chroma(quality) == table)
    return found or None
