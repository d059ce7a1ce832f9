"""Laying the registered cells on a disputed picture, and saying how well they agree.

A first lay comes from the search (which window, which orientation). Where the agreement is not good yet, it is refined
by the enhanced correlation coefficient (Evangelidis and Psarakis 2008: affine, coarse to fine), then by robust steps
that changed regions cannot pull at, and a lay that is nearly one pixel to one pixel is tried as exactly that.

Agreement: both pictures without their coarse shading (high pass, 2 cells), correlated in every 5 × 5 neighbourhood. Of
the half of the neighbourhoods with most texture, ``lower`` is the first quartile and ``share`` how many correlate above
0.8; ``clear`` is the first quartile of those with more than a grey level of texture, which rounding alone cannot take.
A copy agrees nearly everywhere but where it was changed; a neighbouring slice agrees in places.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from ledger.core.trace.grain import over_cells
from ledger.core.trace.robust import as_step, basis_of, explained_by
from ledger.core.trace.sampling import Sampled, sample
from ledger.core.trace.tone import Tone, fit_tone, narrow_window

if TYPE_CHECKING:
    from ledger.core.trace.cells import Cells
    from ledger.core.trace.codes import Window
    from ledger.core.trace.sampling import Lay, Picture, Where

_GOOD = 0.95
_LEAST_CELLS = 64
_SIDE = 5
_SIGMAS = (2.0, 1.0, 0.7)
_ITERATIONS = 30
_STEPS = 3
_MOST_STRETCH = 1.05
_FAINT = 1.0
_FULL = 0.97


@dataclass(frozen=True)
class Agreement:
    """See the module; ``whole`` is the correlation over the whole picture."""

    lower: float
    share: float
    whole: float
    clear: float


@dataclass(frozen=True)
class Laid:
    """The registered cells laid on a picture: where, the picture by cells, the tone curve, and how they agree."""

    lay: Lay
    sampled: Sampled
    tone: Tone
    expected: Picture
    unit: float
    agreement: Agreement
    block: int

    @property
    def scale(self) -> float:
        """Pixels of the copy along one of the registered frame."""
        return float(np.sqrt(abs(np.linalg.det(self.lay[:, :2])))) / self.block

    @property
    def reduced(self) -> bool:
        """Whether the copy has clearly fewer pixels than the registered frame, so that each mixes several of its."""
        return self.scale < _FULL


def window_lay(cells: Cells, window: Window, size: tuple[int, ...]) -> Lay:
    """The lay in which ``window`` of the registered frame fills a picture of ``size`` (height, width)."""
    left, top, right, low = window
    columns, rows = cells.width / cells.block, cells.height / cells.block
    across, down = size[1] / ((right - left) * columns), size[0] / ((low - top) * rows)
    return np.array([[across, 0.0, -across * left * columns], [0.0, down, -down * top * rows]])


def lay_on(cells: Cells, picture: Picture, first: Lay) -> Laid | None:
    """The best lay found from ``first``; None when nearly nothing of the frame lies inside the picture."""
    best = _laid(cells, picture, first)
    for sigma in _SIGMAS:
        if best is None or (best.agreement.whole >= _GOOD and best.agreement.lower >= _GOOD):
            break
        lay = _refined(best, sigma)
        found = _laid(cells, picture, lay) if lay is not None and _even(lay, first) else None
        if found is not None and found.agreement.whole > best.agreement.whole + 0.002:
            best = found
    return best if best is None or best.lay is first else _settled(cells, picture, best, first)


def _even(lay: Lay, first: Lay) -> bool:
    """Whether ``lay`` neither stretches nor shears more than ``first`` does. With all freedom, pictures of the same
    kind can be bent until their outlines agree."""
    sizes = np.linalg.svd(lay[:, :2] @ np.linalg.inv(first[:, :2]), compute_uv=False)
    return bool(sizes[0] <= _MOST_STRETCH * sizes[1])


def _settled(cells: Cells, picture: Picture, best: Laid, first: Lay) -> Laid:
    """After robust steps, and exact where the copy is a plain crop."""
    for _ in range(_STEPS):
        step = _robust_step(best)
        lay = after(best.lay, step) if step is not None else None
        found = _laid(cells, picture, lay) if lay is not None and _even(lay, first) else None
        if found is None or found.agreement.whole < best.agreement.whole - 1e-4:
            break
        best = found
    exact, block = np.round(best.lay), cells.block
    exact[:, :2] = np.eye(2) * block
    if np.abs(best.lay - exact)[:, :2].max() < 0.02 * block and np.abs(best.lay - exact)[:, 2].max() < 0.5 * block:
        found = _laid(cells, picture, exact)
        if found is not None and found.agreement.whole >= best.agreement.whole - 1e-4:
            return found
    return best


def _robust_step(laid: Laid) -> Lay | None:
    difference = laid.sampled.means - laid.expected
    weights = explained_by(basis_of(laid.expected), difference, laid.sampled.inside, laid.unit)
    return None if weights is None else as_step(np.clip(weights, -2, 2), laid.expected.shape)


def after(second: Lay, first: Lay) -> Lay:
    """The matrix that does ``first`` and then ``second``."""
    return np.column_stack((second[:, :2] @ first[:, :2], second[:, :2] @ first[:, 2] + second[:, 2]))


def _laid(cells: Cells, picture: Picture, lay: Lay) -> Laid | None:
    values = cells.values()
    rows, columns = values.shape
    sampled = sample(picture, lay, (rows, columns))
    inside = sampled.inside
    if inside.sum() < _LEAST_CELLS:
        return None
    levels = sampled.means[inside]
    low, high = np.percentile(levels, (0.1, 99.9))
    unit = 1.0 if levels.max() <= 255.5 else max(float(high - low) / 255, 1e-6)
    tone = fit_tone(values, sampled.means, inside, unit)
    expected = tone(values)
    return Laid(lay, sampled, tone, expected, unit, agreement_of(expected, sampled.means, inside, unit), cells.block)


def in_window(laid: Laid, cells: Cells) -> Laid:
    """``laid`` with the straight window that its free curve stands for, where there is one. The agreement stays."""
    values, inside = cells.values(), laid.sampled.inside
    deviations = over_cells(cells.deviations(), values.shape)
    tone = narrow_window(laid.tone, values, laid.sampled.means, deviations, inside, laid.unit)
    return laid if tone is laid.tone else replace(laid, tone=tone, expected=tone(values))


def high_pass(picture: Picture, inside: Where, sigma: float) -> Picture:
    """``picture`` less its Gaussian mean over the cells ``inside``; 0 elsewhere."""
    weights = cv2.GaussianBlur(inside.astype(np.float32), (0, 0), sigma) + np.float32(1e-6)
    blurred = cv2.GaussianBlur(np.where(inside, picture, 0).astype(np.float32), (0, 0), sigma) / weights
    passed: Picture = np.where(inside, picture - blurred, 0).astype(np.float32)
    return passed


def agreement_of(expected: Picture, found: Picture, inside: Where, unit: float) -> Agreement:
    """How ``found`` agrees with ``expected``, each (rows, columns) in grey levels of ``unit``, over the cells
    ``inside``."""
    one, other = high_pass(expected, inside, 2.0), high_pass(found, inside, 2.0)
    own, its, both = (cv2.boxFilter(each, -1, (_SIDE, _SIDE)) for each in (one * one, other * other, one * other))
    full = cv2.boxFilter(inside.astype(np.float32), -1, (_SIDE, _SIDE)) > 0.99
    whole = (one * other)[inside].sum() / np.sqrt(
        float((one * one)[inside].sum()) * float((other * other)[inside].sum()) + 1e-9
    )
    local = both / np.sqrt(np.maximum(own * its, 0) + 1e-9)
    if full.sum() < _LEAST_CELLS // 2:
        return Agreement(0.0, 0.0, float(whole), 0.0)
    textured = full & (own >= max(float(np.percentile(own[full], 50)), 1e-6))
    plain = textured & (own >= (_FAINT * unit) ** 2)
    clear = float(np.percentile(local[plain], 25)) if plain.sum() >= _LEAST_CELLS else 0.0
    if not textured.any():
        return Agreement(0.0, 0.0, float(whole), clear)
    some = local[textured]
    return Agreement(float(np.percentile(some, 25)), float(np.mean(some > 0.8)), float(whole), clear)


def _refined(laid: Laid, sigma: float) -> Lay | None:
    blurred = [cv2.GaussianBlur(each, (0, 0), sigma) for each in (laid.expected, laid.sampled.means)]
    mask = laid.sampled.inside.astype(np.uint8) * 255
    until = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, _ITERATIONS, 1e-4)
    try:
        step = np.eye(2, 3, dtype=np.float32)
        _, step = cv2.findTransformECC(blurred[0], blurred[1], step, cv2.MOTION_AFFINE, until, mask, 3)
    except cv2.error:  # it did not converge: the two pictures have nothing in common
        return None
    turn = step[:, :2].astype(np.float64)
    # From pixel centres, which OpenCV counts from, to corners.
    shift = step[:, 2] + 0.5 - turn @ np.array([0.5, 0.5])
    return after(laid.lay, np.column_stack((turn, shift)))
