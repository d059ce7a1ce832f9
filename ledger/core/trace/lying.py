"""How a disputed frame lies on the registered one, as a matrix in pixels and in words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from ledger.core.change import Transform
from ledger.core.trace.aligning import after

if TYPE_CHECKING:
    from ledger.core.trace.aligning import Laid
    from ledger.core.trace.cells import Cells
    from ledger.core.trace.sampling import Lay

_STRETCHED = 0.01
_TURNS = {
    1: "turned by 90 degrees clockwise",
    2: "turned by 180 degrees",
    3: "turned by 90 degrees counter-clockwise",
}


def from_oriented(number: int, size: tuple[int, ...]) -> Lay:
    """The matrix from places in ``oriented(picture, number)`` to places in ``picture`` of ``size`` (height, width)."""
    height, width = size[:2]
    turned = height if number % 2 else width
    mirror = np.array([[-1.0, 0.0, turned], [0.0, 1.0, 0.0]]) if number >= 4 else np.eye(2, 3)
    back = {
        0: np.eye(2, 3),
        1: np.array([[0.0, -1.0, width], [1.0, 0.0, 0.0]]),
        2: np.array([[-1.0, 0.0, width], [0.0, -1.0, height]]),
        3: np.array([[0.0, 1.0, 0.0], [-1.0, 0.0, height]]),
    }[number % 4]
    return after(back, mirror)


def transform_of(cells: Cells, laid: Laid, number: int, size: tuple[int, ...], *, same_grey: bool) -> Transform:
    """How the picture of ``size``, laid as its orientation ``number``, lies on the registered frame; nothing is said of
    its grey scale where it is the ``same_grey``."""
    matrix = after(from_oriented(number, size), laid.lay)
    matrix[:, :2] /= cells.block
    shown = 100.0 * float(laid.sampled.inside.mean())
    a, b, c, d, e, f = (round(float(value), 6) for value in matrix.ravel())
    words = _words(laid, matrix, number, shown)
    grey = () if same_grey else _grey_words(laid)
    return Transform((a, b, c, d, e, f), (*words, *grey), round(shown, 2))


def _words(laid: Laid, matrix: Lay, number: int, shown: float) -> tuple[str, ...]:
    words = []
    across, down = (float(np.linalg.norm(matrix[:, axis])) for axis in (0, 1))
    if abs(across / down - 1) > _STRETCHED:
        words.append(f"stretched: {across:.3g} across and {down:.3g} down")
    elif abs((scale := math.sqrt(across * down)) - 1) > 0.004:
        words.append(f"resized to {scale:.3g}")
    if number % 4:
        words.append(_TURNS[number % 4 if number < 4 else 4 - number % 4])
    if number >= 4:
        words.append("mirrored")
    tilt = math.degrees(math.atan2(laid.lay[1, 0] - laid.lay[0, 1], laid.lay[0, 0] + laid.lay[1, 1]))
    if abs(tilt) > 0.3:
        words.append(f"tilted by {abs(tilt):.1f} degrees {'counter-' if tilt < 0 else ''}clockwise")
    if shown < 98.5:
        words.append(f"cropped: {shown:.0f} % of the registered frame is shown")
    return tuple(words)


def _grey_words(laid: Laid) -> tuple[str, ...]:
    words = []
    if not laid.tone.rising:
        words.append("inverted, or white and black exchanged in display")
    if laid.tone.free:
        words.append("another grey scale (gamma, window or palette)")
    elif laid.tone.rising:
        words.append("another window, contrast or depth")
    return tuple(words)
