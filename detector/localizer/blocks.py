"""Figures of each 8×8 block: its spectrum, noise, rare values and recompression loss, raw and against its own picture.

*Against its own picture*: how far a block is from what blocks of the same brightness, or of the same coarser detail,
are like elsewhere in this picture (median and median deviation over classes of equal size). A patch of another picture,
generated texture, or blur is not like them, whatever the modality.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from detector.localizer.planes import View
from detector.quantisation import dct_basis

Floats = npt.NDArray[np.float32]

GHOSTS = (65, 80, 90, 95)
_CLASSES = 12
_LIMIT = 4.0


def spectrum(grey: Floats) -> Floats:
    """(down, across, 4): log2 of the root mean square of the coefficients of four bands, low to high."""
    down, across = grey.shape[0] // 8, grey.shape[1] // 8
    blocks = grey.reshape(down, 8, across, 8).swapaxes(1, 2).reshape(-1, 8, 8)
    basis = dct_basis().astype(np.float32)
    energy = np.square(basis @ blocks @ basis.T).reshape(down * across, 64)
    order = np.add.outer(np.arange(8), np.arange(8)).ravel()
    bands = [(order >= low) & (order <= high) for low, high in ((1, 2), (3, 5), (6, 8), (9, 14))]
    means = np.stack([energy[:, band].mean(axis=1) for band in bands], axis=1)
    return np.asarray(0.5 * np.log2(means + 0.01), np.float32).reshape(down, across, 4)


def block_means(values: npt.NDArray[Any]) -> Floats:
    """(down, across): the mean of each block of ``values`` (rows, columns)."""
    size = (values.shape[1] // 8, values.shape[0] // 8)
    return np.asarray(cv2.resize(values.astype(np.float32), size, interpolation=cv2.INTER_AREA)).reshape(size[::-1])


def block_levels(residual: Floats) -> Floats:
    """(down, across): log2 of the median magnitude of ``residual`` in each block; edges count little."""
    down, across = residual.shape[0] // 8, residual.shape[1] // 8
    blocks = np.abs(residual).reshape(down, 8, across, 8).swapaxes(1, 2).reshape(down, across, 64)
    return np.asarray(np.log2(np.partition(blocks, 32, axis=2)[..., 32] + np.float32(0.02)))


def relative(values: Floats, given: Floats, usable: npt.NDArray[np.bool_]) -> Floats:
    """How far ``values`` are from those of blocks whose ``given`` is alike: in median deviations, -4 to 4.

    0 where not ``usable``, and everywhere when there are too few usable blocks.
    """
    found = np.zeros_like(values)
    chosen, conditions = values[usable], given[usable]
    if len(chosen) < 4 * _CLASSES:
        return found
    places = np.searchsorted(np.quantile(conditions, np.linspace(0, 1, _CLASSES + 1)[1:-1]), conditions)
    middles = np.array([np.median(chosen[places == k]) if (places == k).any() else 0.0 for k in range(_CLASSES)])
    far = np.abs(chosen - middles[places])
    spreads = np.array([np.median(far[places == k]) if (places == k).any() else 1.0 for k in range(_CLASSES)])
    found[usable] = (chosen - middles[places]) / (1.4826 * spreads[places] + 0.05)
    return np.clip(found, -_LIMIT, _LIMIT)


def ghosts(grey: Floats, first: int) -> Floats:
    """(down, across, 5): log2 loss of each block when saved at the qualities GHOSTS and ``first`` (0: as at 90)."""
    grey8 = np.clip(np.rint(grey), 0, 255).astype(np.uint8)
    return np.stack([_loss(grey8, quality) for quality in (*GHOSTS, first or 90)], axis=2)


def rarity(view: View) -> Floats:
    """(down, across): how rare the sample values of a block are, against their neighbours in the picture's histogram.

    Values that a linear window, a palette or rescaling leaves out come back where a region was computed anew.
    """
    counts = np.bincount(view.samples.ravel(), minlength=65536).astype(np.float32)
    smooth = cv2.blur(counts.reshape(1, -1), (9, 1)).ravel()
    rare = np.log2((smooth + 1.0) / (counts + 1.0)).astype(np.float32)
    return block_means(rare[view.samples])


def clipped(view: View) -> Floats:
    """(down, across): the share of samples that are the smallest or the largest of the picture."""
    low, high = view.samples.min(), view.samples.max()
    return block_means((view.samples == low) | (view.samples == high))


def colour_levels(view: View) -> Sequence[Floats]:
    """Two (down, across): log2 of the noise of Cb and Cr; zeros for a grey picture."""
    if view.colour is None:
        empty = np.zeros((view.grey.shape[0] // 8, view.grey.shape[1] // 8), np.float32)
        return empty, empty
    levels = []
    for k in range(2):
        plane = np.ascontiguousarray(view.colour[..., k])
        levels.append(np.log2(np.sqrt(block_means(np.square(cv2.Laplacian(plane, cv2.CV_32F)))) + np.float32(0.1)))
    return levels


def _loss(grey8: npt.NDArray[np.uint8], quality: int) -> Floats:
    _, data = cv2.imencode(".jpg", grey8, [cv2.IMWRITE_JPEG_QUALITY, quality])
    again = cv2.imdecode(data, cv2.IMREAD_GRAYSCALE)
    squares = np.square(cv2.absdiff(grey8, np.asarray(again, np.uint8)).astype(np.float32))
    return np.asarray(np.log2(block_means(squares) + np.float32(0.05)) / 2)
