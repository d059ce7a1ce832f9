"""Where a copy lacks fine texture that the registered frame had: what a blur, a smooth patch or a repair takes away.

Kept is how far samples deviate within the cells of each patch (:mod:`ledger.core.trace.cells`). What recompression and
resizing leave of that depends on its strength and on how much of it is a slope rather than grain. So it is not
modelled: the patches are ordered by the one and then by the other, and each group's own median and spread say what this
copy leaves of such texture. Most of a picture is unchanged, and a median does not mind the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from ledger.core.trace.cells import PATCH
from ledger.core.trace.robust import slopes

if TYPE_CHECKING:
    from ledger.core.trace.aligning import Laid
    from ledger.core.trace.cells import Cells
    from ledger.core.trace.sampling import Picture, Where
    from ledger.core.trace.tone import Tone

_FLOOR = 0.35
"""Texture below this part of a grey level is lost in rounding."""
_LEAST_STRENGTH = -0.5
"""Where the registered frame had less (a logarithm of grey levels), there is nothing to lack."""
_LEAST_KEPT = 0.3
"""Where such patches keep less in this copy, compression takes it here and leaves it there."""
_STRENGTHS, _SLOPES = 12, 4
_LEAST_IN_GROUP = 16
_LEAST_SPREAD = 0.15
_MOST = 8.0
_END = 2.0
_KERNEL = np.ones((5, 5), np.uint8)
_REACHES = (0.005, 0.015, 0.04)


def lacking(laid: Laid, cells: Cells) -> Picture:
    """(rows, columns): how much less texture a cell's patch has than such patches have in this copy, in units of their
    spread, as a mean over 3 × 3 patches; 0 where that cannot be said, as in a copy with fewer pixels than cells."""
    strength, slope, found, inside = _compared(laid, cells)
    lack = np.zeros(found.shape, np.float32)
    used = inside & (strength > _LEAST_STRENGTH) & (laid.sampled.samples > 1) & ~_at_ends(laid)
    kept = (found - strength).ravel()
    for group in _groups(strength, slope - strength, used):
        levels = kept[group]
        middle = np.median(levels)
        spread = max(1.48 * float(np.median(np.abs(levels - middle))), _LEAST_SPREAD)
        lacks = np.clip((middle - levels) / spread, -_MOST, _MOST)
        lack.ravel()[group] = np.where(strength.ravel()[group] + middle > _LEAST_KEPT, lacks, 0)
    # What resizing leaves of texture depends on how fine it is, which nobody knows: it counts for less.
    trust = np.float32(0.5 + 0.5 * min(laid.scale, 1.0))
    return over_cells(trust * cv2.boxFilter(lack, -1, (3, 3)), cells.steps.shape)


def _compared(laid: Laid, cells: Cells) -> tuple[Picture, Picture, Picture, Where]:
    """By patch, as logarithms of grey levels: the texture that was registered, through the tone curve; the slope's part
    of it; the texture found; and which patches the copy shows as a whole."""
    values, tone = cells.values(), laid.tone
    steepness = _least_steepness(tone, values, over_cells(cells.deviations(), cells.steps.shape))
    across, down = slopes(laid.expected)
    strength = _logarithm(np.square(cells.deviations() * by_patches(steepness)), laid.unit)
    slope = _logarithm(by_patches(np.asarray((across**2 + down**2) / 12, np.float32)), laid.unit)
    found = _logarithm(by_patches(laid.sampled.deviations**2), laid.unit)
    return strength, slope, found, by_patches(laid.sampled.inside.astype(np.float32)) > 0.99


def _at_ends(laid: Laid) -> Where:
    """The patches beside which the copy is black or white, where a curve cuts off: texture is lost there anyway."""
    tone, end = laid.tone, _END * laid.unit
    if not tone.bent:
        return np.zeros(by_patches(laid.expected).shape, bool)
    low, high, sampled = tone.levels.min() + end, tone.levels.max() - end, laid.sampled
    near = (laid.expected <= low) | (laid.expected >= high) | (sampled.least <= low) | (sampled.greatest >= high)
    return by_patches(cv2.dilate(near.astype(np.float32), _KERNEL)) > 0


def _least_steepness(tone: Tone, values: Picture, deviations: Picture) -> Picture:
    """The least over several reaches, one of them as wide as the samples of the cell spread."""
    span = np.float32(tone.knots[-1] - tone.knots[0])
    reaches = [span * np.float32(reach) for reach in _REACHES] + [2 * deviations + span * np.float32(_REACHES[0])]
    return np.asarray(np.min([_steepness(tone, values, reach) for reach in reaches], axis=0), np.float32)


def _steepness(tone: Tone, values: Picture, reach: Picture | np.float32) -> Picture:
    """How steeply the curve rises about each value, over ``reach`` to both sides."""
    steep: Picture = np.abs(tone(values + reach) - tone(values - reach)) / np.maximum(2 * reach, np.float32(1e-9))
    return np.where((values < tone.known[0]) | (values > tone.known[1]), 0, steep) if tone.free else steep


def _logarithm(variance: Picture, unit: float) -> Picture:
    return np.asarray(0.5 * np.log2(variance / unit**2 + _FLOOR**2), np.float32)


def by_patches(cells: Picture) -> Picture:
    """Means over the cells of each patch: (rows // 2, columns // 2)."""
    rows, columns = cells.shape[0] // PATCH, cells.shape[1] // PATCH
    some = cells[: rows * PATCH, : columns * PATCH].reshape(rows, PATCH, columns, PATCH)
    return np.asarray(some.mean(axis=(1, 3)), np.float32)


def over_cells(patches: Picture, shape: tuple[int, ...]) -> Picture:
    """The value of a patch at each of its cells: ``shape`` (rows, columns), the last ones repeated where none is."""
    wide = np.repeat(np.repeat(patches, PATCH, axis=0), PATCH, axis=1)
    return np.pad(wide, ((0, shape[0] - wide.shape[0]), (0, shape[1] - wide.shape[1])), mode="edge")


def _groups(first: Picture, second: Picture, used: Where) -> list[np.ndarray[tuple[int], np.dtype[np.intp]]]:
    """The places of the patches ``used`` in groups that are alike in ``first`` and then in ``second``."""
    places = np.flatnonzero(used)
    places = places[np.argsort(first.ravel()[places], kind="stable")]
    groups = []
    for part in np.array_split(places, _STRENGTHS):
        part = part[np.argsort(second.ravel()[part], kind="stable")]
        groups += [group for group in np.array_split(part, _SLOPES) if len(group) >= _LEAST_IN_GROUP]
    return groups
