"""How far a cell may differ when nothing was changed, and how far it does.

What recompression, resizing and windowing leave in a cell grows with the texture around it. So the cells are ordered
by their registered texture, and in each of 24 groups the median of the differences gives their scale, which may only
rise with texture; of a coloured copy also in eight groups by its tint, within bounds. Most of a picture is unchanged,
and a median does not mind the rest. Added are most of a grey level of rounding, and what a bent or cut-off tone curve
does to a cell whose pixels spread over the bend.
A common shift, stretch and blur of the whole picture is fitted robustly and taken out first.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import cv2
import numpy as np

from ledger.core.trace.cells import FRACTION
from ledger.core.trace.grain import lacking, over_cells
from ledger.core.trace.robust import basis_of, explained_by, slopes

if TYPE_CHECKING:
    from ledger.core.trace.aligning import Laid
    from ledger.core.trace.cells import Cells
    from ledger.core.trace.sampling import Picture, Where
    from ledger.core.trace.tone import Numbers, Tone

_ROUNDING = 0.8
_GROUPS = 24
_KERNEL = np.ones((3, 3), np.uint8)
_FLOORS = {1: 0.9, 3: 0.6, 5: 0.5}
"""Least scale of a mean over k × k cells. It does not fall with k as that of independent noise would: what a tone curve
or a codec does to a whole area stays in the mean."""
_ENERGY_FLOOR = 0.3
_MOST = 8.0
_EXTRAPOLATED = 12.0
_MIXED = 0.3
_TINTS = 8
_CUT_COLOUR = 0.04
_MOST_TINTED = 3.0
_NEAR_END = 12.0
"""A sample this many grey levels from the end of the scale may have been cut off there before it was compressed."""
_BETWEEN = 3.0
_MOST_DOUBT = 3.0
_SLOPE_POINTS = 1025


@dataclass(frozen=True)
class Evidence:
    """Differences by cell in units of what is expected, each (rows, columns): ``single`` with its sign; the absolute
    value of means over 1, 3 and 5 cells (``local``, ``near``, ``wide``); ``energy``, how much the differences of a
    neighbourhood are larger than elsewhere; ``soft``, how much fine texture it lacks (:mod:`.grain`)."""

    single: Picture
    local: Picture
    near: Picture
    wide: Picture
    energy: Picture
    soft: Picture
    tested: Where


def weigh(laid: Laid, cells: Cells, tints: Picture | None = None) -> Evidence:
    """The evidence of every cell; ``tints`` (2, rows, columns) say how coloured the copy is there and how much of that
    lies at the ends of the scale, None of a grey copy."""
    values, deviations = cells.values(), _within(cells)
    inside, expected, unit = laid.sampled.inside, laid.expected, laid.unit
    difference = laid.sampled.means - expected
    difference = difference - _common(expected, difference, inside, unit)
    texture = _texture(expected, deviations * _slope(laid), inside)
    scale = _scale(difference, texture, inside, _GROUPS)
    bend = _bend(laid, values, deviations)
    if tints is not None:
        # A curve of each channel is none of their sum, and a codec cuts off colours that it cannot show.
        # Both are the copy's own word, so neither may excuse much.
        tinted = _scale(difference, tints[0], inside, _TINTS)
        scale = np.maximum(scale, np.minimum(tinted, _MOST_TINTED * unit))
        bend = bend + np.minimum(_CUT_COLOUR * tints[1], _MOST_TINTED * unit)
    # The scale is of differences that have the fingerprint's steps in them already.
    scale = np.maximum(scale, quantised(laid, cells))
    single = difference / np.sqrt(scale**2 + (_ROUNDING * unit) ** 2 + bend**2)
    single = np.where(inside, single, 0).astype(np.float32)
    busy = inside & (texture >= np.percentile(texture[inside], 40))
    means = {k: cv2.boxFilter(single, -1, (k, k)) if k > 1 else single for k in _FLOORS}
    local, near, wide = (_scaled(means[k], busy, floor) for k, floor in _FLOORS.items())
    return Evidence(single, local, near, wide, _energy(single, busy), lacking(laid, cells), inside)


def quantised(laid: Laid, cells: Cells) -> float:
    """What the steps of the fingerprint are worth in the copy's grey levels, as a standard deviation. In a window much
    narrower than the registered range it is more than the copy's own noise."""
    return _slope(laid) * (1 << cells.shift) / FRACTION / 12**0.5


def _scaled(mean: Picture, busy: Where, floor: float) -> Picture:
    size = np.abs(mean)
    return (size / max(float(np.median(size[busy])) * 1.48, floor)).astype(np.float32)


def _energy(single: Picture, busy: Where) -> Picture:
    energy = cv2.boxFilter(np.minimum(np.abs(single), _MOST), -1, (5, 5))
    middle = float(np.median(energy[busy]))
    spread = float(np.median(np.abs(energy[busy] - middle))) * 1.48
    return np.asarray((energy - middle) / max(spread, _ENERGY_FLOOR), np.float32)


def _common(expected: Picture, difference: Picture, inside: Where, unit: float) -> Picture:
    """What is common to the whole picture; the blur at most 0.3, each shift at most half a cell: more is no noise."""
    basis = basis_of(expected)
    weights = explained_by(basis, difference, inside, unit)
    if weights is None:
        return np.zeros_like(expected)
    most = np.array([0.3, *[0.5] * 6, np.inf])
    return np.asarray(basis @ np.clip(weights, -most, most), np.float32)


def _texture(expected: Picture, deviations: Picture, inside: Where) -> Picture:
    from ledger.core.trace.aligning import high_pass

    across, down = slopes(expected)
    slope = cv2.dilate(np.sqrt(across**2 + down**2), _KERNEL)
    rough = cv2.boxFilter(np.abs(high_pass(expected, inside, 1.0)), -1, (5, 5))
    texture: Picture = cv2.boxFilter(slope, -1, (3, 3)) + rough + np.float32(0.5) * cv2.dilate(deviations, _KERNEL)
    return texture


def _scale(difference: Picture, texture: Picture, inside: Where, groups: int) -> Picture:
    """The scale of the differences of each cell, from cells of like ``texture``, which it may only rise with."""
    order = np.argsort(texture[inside], kind="stable")
    ordered, sizes = texture[inside][order], np.abs(difference[inside])[order]
    edges = np.linspace(0, len(ordered), groups + 1).astype(int)
    pairs = [(a, b) for a, b in pairwise(edges) if b > a]
    middles: Numbers = np.array([float(ordered[a:b].mean()) for a, b in pairs])
    scales: Numbers = np.maximum.accumulate([float(np.median(sizes[a:b])) * 1.48 for a, b in pairs])
    middles, places = np.unique(middles, return_index=True)
    found = np.interp(texture, middles, scales[places])
    # Beyond the last group, where few cells are, the scale goes on rising in proportion.
    beyond = texture * (scales[-1] / max(float(middles[-1]), 1e-6))
    return np.where(texture > middles[-1], np.maximum(found, beyond), found).astype(np.float32)


def _bend(laid: Laid, values: Picture, deviations: Picture) -> Picture:
    """How far the mean of a cell's pixels through the curve may be from the curve at their mean, in grey levels."""
    tone, inside = laid.tone, laid.sampled.inside
    spread = np.maximum(_around(values), deviations)
    bend = np.zeros(values.shape, np.float32)
    for reach, share in ((0.7, 1.0), (1.5, 0.6)):
        away = np.asarray(reach * spread, np.float32)
        ends = tone(values + away) + tone(values - away)
        bend = np.maximum(bend, np.abs(0.5 * ends - laid.expected) * share)
    # A cell with an edge in it: its pixels lie on both sides of a bend, wherever their mean lies.
    bend = np.maximum(bend, _MIXED * tone.bent * deviations * _slope(laid))
    if tone.free:
        bend = bend + _unsaid(tone, values, laid)
    elif not laid.reduced:
        bend = np.where(_cut_off(laid), bend, 0)
    if tone.rival is not None and not tone.free:
        bend = bend + np.minimum(np.abs(tone.rival(values) - laid.expected), _MOST_DOUBT * laid.unit)
    return np.asarray(np.where(inside, bend, 0), np.float32)


def _cut_off(laid: Laid) -> Where:
    """Where a copy of full size has samples at an end of its scale: nowhere else was anything cut off."""
    sampled, end = laid.sampled, _NEAR_END * laid.unit
    least, greatest = laid.tone.levels.min(), laid.tone.levels.max()
    near = (sampled.least <= least + end) | (sampled.greatest >= greatest - end)
    return np.asarray(cv2.dilate(near.astype(np.uint8), _KERNEL) > 0)


def _unsaid(tone: Tone, values: Picture, laid: Laid) -> Picture:
    """What a free curve may be wrong by at values that it was not fitted to: beyond its ends, and between its knots."""
    low, high = tone.known
    wrong: Numbers = np.zeros(values.shape)
    for beyond, level in zip((values < low, values > high), tone(np.asarray(tone.known, np.float32)), strict=True):
        other = tone.rival(values) if tone.rival is not None else laid.expected
        doubt = np.maximum(np.abs(laid.expected - level), np.abs(laid.expected - other))
        wrong += np.where(beyond, doubt + _EXTRAPOLATED * laid.unit, 0)
    inner = tone.knots[(tone.knots >= low) & (tone.knots <= high)]
    places = np.clip(np.searchsorted(inner, values), 1, len(inner) - 1)
    away = np.minimum(np.abs(values - inner[places - 1]), np.abs(inner[places] - values))
    share = np.clip(away / max(float(np.median(np.diff(inner))) * 4, 1e-9), 0, 1)
    return np.asarray(wrong + _BETWEEN * laid.unit * share, np.float32)


def _around(values: Picture) -> Picture:
    """How far a cell and its neighbours spread, in registered values."""
    centred = values - values.mean()
    mean = cv2.boxFilter(centred, -1, (3, 3))
    return np.asarray(np.sqrt(np.maximum(cv2.boxFilter(centred * centred, -1, (3, 3)) - mean * mean, 0)), np.float32)


def _within(cells: Cells) -> Picture:
    """How far samples spread within a cell or one beside it, in registered values: (rows, columns)."""
    return over_cells(cv2.dilate(cells.deviations(), _KERNEL), cells.steps.shape)


def _slope(laid: Laid) -> float:
    """Grey levels a registered value, over the steeper half of where the curve rises at all."""
    tone = laid.tone
    low, high = tone.known
    ends = np.interp(np.linspace(low, high, _SLOPE_POINTS), tone.knots, tone.levels)
    steep = np.abs(np.diff(ends)) * (_SLOPE_POINTS - 1) / max(high - low, 1e-9)
    rising = steep[steep > 0.1 * steep.max()]
    return float(np.percentile(rising, 75)) if rising.size else 0.0
