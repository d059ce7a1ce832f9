"""Measures of texture: local binary patterns, grey-level co-occurrence, Haralick's features. numpy only.

Sources: T. Ojala, M. Pietikäinen, T. Mäenpää, *Multiresolution gray-scale and rotation invariant texture
classification with local binary patterns*, IEEE TPAMI 24(7), 2002. R. M. Haralick, K. Shanmugam, I. Dinstein,
*Textural features for image classification*, IEEE Trans. SMC 3(6), 1973.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import pi

import numpy as np
import numpy.typing as npt

Grey8 = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]

HARALICK_NAMES = (
    "angular second moment",
    "contrast",
    "correlation",
    "variance",
    "inverse difference moment",
    "sum average",
    "sum variance",
    "sum entropy",
    "entropy",
    "difference variance",
    "difference entropy",
    "information measure of correlation 1",
    "information measure of correlation 2",
)
PROPERTY_NAMES = ("contrast", "dissimilarity", "homogeneity", "angular second moment", "energy", "correlation")
ANGLES = (0.0, pi / 4, pi / 2, 3 * pi / 4)

# Bilinear weights of the point (√½, √½) within its cell, in 1/1024. Integers, so that a flat area compares equal.
_NEAR, _SIDE, _FAR = 88, 212, 512
_ONE = _NEAR + 2 * _SIDE + _FAR
_STRIP = 512
# Neighbours counter-clockwise from the east, as (row, column) steps.
_RING = ((0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1), (1, 0), (1, 1))


def lbp(grey8: Grey8) -> Grey8:
    """The local binary pattern LBP(P 8, R 1) of every pixel of ``grey8`` (rows, columns), same shape.

    Bit k is set where the neighbour at angle k·45° counter-clockwise from the east, on the circle of radius 1, is
    not darker than the pixel (Ojala 2002, eq. 9 before rotation). Diagonal neighbours are interpolated bilinearly.
    Our choice: the picture is continued by its edge pixels.
    """
    wide = np.pad(grey8, 1, mode="edge")
    codes = np.empty(grey8.shape, np.uint8)
    for top in range(0, grey8.shape[0], _STRIP):  # strips keep the memory of a large picture small
        codes[top : top + _STRIP] = _lbp_inner(wide[top : top + _STRIP + 2])
    return codes


def _lbp_inner(wide: Grey8) -> Grey8:
    """Codes of the pixels that have all their neighbours in ``wide``."""
    samples = wide.astype(np.int32)
    rows, columns = wide.shape[0] - 2, wide.shape[1] - 2

    def shifted(down: int, right: int) -> npt.NDArray[np.int32]:
        return samples[1 + down : 1 + down + rows, 1 + right : 1 + right + columns]

    centre = shifted(0, 0)
    codes = np.zeros((rows, columns), np.uint8)
    for bit, (down, right) in enumerate(_RING):
        if down and right:
            sides = shifted(down, 0) + shifted(0, right)
            not_darker = _FAR * shifted(down, right) + _SIDE * sides >= (_ONE - _NEAR) * centre
        else:
            not_darker = shifted(down, right) >= centre
        codes |= not_darker.astype(np.uint8) << np.uint8(bit)
    return codes


def _uniform_bins() -> npt.NDArray[np.uint8]:
    """Where each of the 256 codes goes: 58 uniform patterns (at most two changes around the ring), then the rest."""
    codes = np.arange(256)
    turned = (codes >> 1) | ((codes & 1) << 7)
    uniform = np.array([int(changed).bit_count() <= 2 for changed in codes ^ turned])
    bins = np.full(256, 58, np.uint8)
    bins[uniform] = np.arange(uniform.sum(), dtype=np.uint8)
    return bins


_UNIFORM = _uniform_bins()


def lbp_histogram(codes: Grey8, mask: npt.NDArray[np.bool_] | None = None, bins: int = 256) -> Floats:
    """The share of each pattern in ``codes`` (within ``mask``, same shape), (bins,) with sum 1; zeros if none counted.

    ``bins`` is 256, or 59: the 58 uniform patterns in ascending order of code, then all others together (Ojala 2002,
    section 2.3). ValueError for any other number.
    """
    if bins not in (59, 256):
        raise ValueError(f"expected 59 or 256 bins, found {bins}")
    counted = codes.reshape(-1) if mask is None else codes[mask]
    counts: Floats = np.bincount(counted, minlength=256).astype(np.float64)
    if bins == 59:
        counts = np.bincount(_UNIFORM, weights=counts, minlength=59).astype(np.float64)
    return counts / max(float(counts.sum()), 1.0)


def glcm(grey8: Grey8, distances: Sequence[int] = (1,), angles: Sequence[float] = ANGLES, levels: int = 32) -> Floats:
    """Grey-level co-occurrence: (distances, angles, levels, levels), each matrix symmetric with sum 1 (Haralick 1973).

    ``grey8`` (rows, columns) is first quantised to ``levels`` equal steps of 0 to 255. Distances are in pixels, angles
    in radians counter-clockwise from the east, rounded to whole pixels in the largest-coordinate metric, as in the
    paper: distance 2 at 45° is two columns and two rows. A matrix is zero when no pair fits into the picture.
    """
    steps = ((np.arange(256) * levels) // 256).astype(np.int32)
    quantised = steps[grey8]
    made = np.zeros((len(distances), len(angles), levels, levels))
    for at, distance in enumerate(distances):
        for to, angle in enumerate(angles):
            made[at, to] = _co_occurrence(quantised, *_step(distance, angle), levels)
    return made


def _step(distance: int, angle: float) -> tuple[int, int]:
    """Rows down and columns right of a step at that angle."""
    down, right = -np.sin(angle), np.cos(angle)
    longest = max(abs(down), abs(right))
    return round(distance * down / longest), round(distance * right / longest)


def _co_occurrence(quantised: npt.NDArray[np.int32], down: int, right: int, levels: int) -> Floats:
    """One symmetric, normalised matrix of the pairs (pixel, pixel + step)."""
    rows, columns = quantised.shape
    if abs(down) >= rows or abs(right) >= columns:
        return np.zeros((levels, levels))
    first = quantised[max(-down, 0) : rows - max(down, 0), max(-right, 0) : columns - max(right, 0)]
    second = quantised[max(down, 0) : rows - max(-down, 0), max(right, 0) : columns - max(-right, 0)]
    pairs = np.bincount((first * levels + second).reshape(-1), minlength=levels * levels)
    matrix = pairs.reshape(levels, levels).astype(np.float64)
    return np.asarray((matrix + matrix.T) / (2 * matrix.sum()))


def glcm_properties(matrices: Floats) -> Floats:
    """Six figures of each matrix (…, levels, levels), in the order of ``PROPERTY_NAMES``: (…, 6).

    Contrast Σp(i−j)², dissimilarity Σp|i−j|, homogeneity Σp/(1+(i−j)²), angular second moment Σp², its root (energy),
    and correlation (1 for a matrix without variance).
    """
    levels = np.arange(matrices.shape[-1], dtype=np.float64)
    apart = levels[:, None] - levels[None, :]
    second_moment = (matrices**2).sum((-2, -1))
    figures = (
        (matrices * apart**2).sum((-2, -1)),
        (matrices * abs(apart)).sum((-2, -1)),
        (matrices / (1 + apart**2)).sum((-2, -1)),
        second_moment,
        np.sqrt(second_moment),
        _correlation(matrices, levels),
    )
    return np.stack(figures, axis=-1)


def haralick(matrices: Floats) -> Floats:
    """Haralick's features 1 to 13 of each matrix (…, levels, levels), in the order of ``HARALICK_NAMES``: (…, 13).

    Grey levels count from 1 and logarithms are natural. Our choices: the sum variance is taken about the sum average
    (the paper prints the sum entropy there); correlation is 1 and the information measures are 0 where a matrix has a
    single grey level.
    """
    size = matrices.shape[-1]
    levels = np.arange(1, size + 1, dtype=np.float64)
    apart = (levels[:, None] - levels[None, :]).astype(np.int64)
    sums = _along(matrices, (levels[:, None] + levels[None, :]).astype(np.int64))
    differences = _along(matrices, abs(apart))
    totals, gaps = np.arange(2, 2 * size + 1), np.arange(size)
    mean = (matrices.sum(-1) * levels).sum(-1)
    figures = (
        (matrices**2).sum((-2, -1)),
        (differences * gaps**2).sum(-1),
        _correlation(matrices, levels),
        (matrices.sum(-1) * (levels - mean[..., None]) ** 2).sum(-1),
        (matrices / (1 + apart**2)).sum((-2, -1)),
        (sums * totals).sum(-1),
        _variance(sums, totals),
        _entropy(sums),
        _entropy(matrices.reshape(*matrices.shape[:-2], -1)),
        _variance(differences, gaps),
        _entropy(differences),
        *_information(matrices),
    )
    return np.stack(figures, axis=-1)


def _along(matrices: Floats, line: npt.NDArray[np.int64]) -> Floats:
    """The sums of each matrix over the cells of equal ``line`` (levels, levels), ascending: (…, lines)."""
    order = np.argsort(line, axis=None, kind="stable")
    _, starts = np.unique(line.reshape(-1)[order], return_index=True)
    flat = matrices.reshape(*matrices.shape[:-2], -1)
    return np.asarray(np.add.reduceat(flat[..., order], starts, axis=-1))


def _variance(shares: Floats, values: npt.NDArray[np.int64]) -> Floats:
    mean = (shares * values).sum(-1, keepdims=True)
    return np.asarray((shares * (values - mean) ** 2).sum(-1))


def _entropy(shares: Floats) -> Floats:
    return np.asarray(-(shares * _log(shares)).sum(-1))


def _log(shares: Floats) -> Floats:
    """The natural logarithm, 0 at 0."""
    return np.log(np.where(shares > 0, shares, 1.0))


def _correlation(matrices: Floats, levels: Floats) -> Floats:
    """Σ(i−μx)(j−μy)p / (σx σy); 1 where a deviation is zero."""
    rows, columns = matrices.sum(-1), matrices.sum(-2)
    from_x = levels - (rows * levels).sum(-1, keepdims=True)
    from_y = levels - (columns * levels).sum(-1, keepdims=True)
    spread = np.sqrt((rows * from_x**2).sum(-1) * (columns * from_y**2).sum(-1))
    together = (matrices * from_x[..., :, None] * from_y[..., None, :]).sum((-2, -1))
    flat = spread < 1e-12
    return np.where(flat, 1.0, together / np.where(flat, 1.0, spread))


def _information(matrices: Floats) -> tuple[Floats, Floats]:
    """Features 12 and 13."""
    rows, columns = matrices.sum(-1), matrices.sum(-2)
    joint = _entropy(matrices.reshape(*matrices.shape[:-2], -1))
    marginal = rows[..., :, None] * columns[..., None, :]
    crossed = -(matrices * _log(marginal)).sum((-2, -1))
    independent = _entropy(marginal.reshape(*matrices.shape[:-2], -1))
    largest = np.maximum(_entropy(rows), _entropy(columns))
    first = (joint - crossed) / np.where(largest > 0, largest, 1.0)
    return first, np.sqrt(np.clip(1 - np.exp(-2 * (independent - joint)), 0, 1))
