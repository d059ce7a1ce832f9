"""Regions of a lossless picture that are sample for sample the same, found by the hashes of all their windows.

Grain never repeats: two places whose textured windows of 8×8 samples are all alike were copied, whatever the anatomy.
Each window has a polynomial hash (Karp and Rabin 1987, in both directions). The windows looked up are sampled by their
own hash, so that both places of a copy have the same ones. Windows that occur often, as in a lattice, say nothing, nor
do those of writing. Copies that were mirrored are not looked for: reconstructions and frames of films are symmetric to
the last bit at times. An icon or a small view that a program showed twice is found as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from detector.duplicates.views import Mask
    from detector.types import Pixels

SIDE = 8
"""Rows and columns of a window."""
TEXTURED = 18
"""Of a window's 36 samples with neighbours on all sides, so many are not the mean of those in their row, nor of those
in their column: an even slope, as of a frame or of what was interpolated, is alike in many places."""
LEAST = 100
"""Windows that must move alike: sure to be there in a region of some 19×19 pixels."""
FLAT = 12
"""Of a window's 56 samples, so many at most equal the next in their row: writing stands on even ground."""
VALUES = 16
"""Different samples that the region has at least: patterns have fewer."""
PLACES = 4
"""A window that is at more places than these is one of a lattice."""
MOST_SHARE = 0.3
"""Of a picture that a copied region covers at most: a larger one is a view that was shown twice."""
LARGEST = 4096 * 4096
"""Pixels up to which a picture is looked at: memory and time grow with it."""
_SAMPLED = 4  # one window in so many is looked up
_ROW, _COLUMN, _MIX = np.uint32(0x9E3779B1), np.uint32(0x85EBCA77), np.uint64(0xD6E8FEB86659FD93)
Hashes = npt.NDArray[np.uint32]
"""Of 32 bits: the few windows that share one by chance do not move alike."""
Places = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Same:
    """``first`` and ``second`` (rows, columns) hold the same samples; the second lies ``down`` and ``across`` pixels
    from the first. ``windows``: about how many say so."""

    first: Mask
    second: Mask
    down: int
    across: int
    windows: int


def find(pixels: Pixels) -> Same | None:
    """The largest region of ``pixels`` that is there twice; None without one of LEAST windows, or above LARGEST."""
    if min(pixels.shape[:2]) < 2 * SIDE or pixels.shape[0] * pixels.shape[1] > LARGEST:
        return None
    values = _mixed(pixels)
    ones, others = _twins(_hashes(values), _textured(pixels))
    if not len(ones):
        return None
    shifts, which, counts = np.unique(others - ones, axis=0, return_inverse=True, return_counts=True)
    best = int(counts.argmax())
    windows = int(counts[best]) * _SAMPLED
    return _regions(values, ones[which.ravel() == best], shifts[best], windows) if windows >= LEAST else None


def _mixed(pixels: Pixels) -> Hashes:
    """(rows, columns): one scrambled number a pixel, the same for the same colour."""
    colours = pixels.reshape(*pixels.shape[:2], -1)[..., :3].astype(np.uint64)
    packed = colours[..., 0]
    for k in range(1, colours.shape[2]):
        packed = packed << np.uint64(16) | colours[..., k]
    packed = (packed + np.uint64(1)) * _MIX
    return np.asarray((packed ^ packed >> np.uint64(29)) * _MIX >> np.uint64(32), np.uint32)


def _textured(pixels: Pixels) -> npt.NDArray[np.bool_]:
    """For each window whether its samples (of the green of a colour picture) vary in both directions, nearly all."""
    colours = pixels.reshape(*pixels.shape[:2], -1)
    grey = colours[..., min(1, colours.shape[2] - 1)].astype(np.int32)
    inner = 2 * grey[1:-1, 1:-1]
    uneven = (inner != grey[:-2, 1:-1] + grey[2:, 1:-1]) & (inner != grey[1:-1, :-2] + grey[1:-1, 2:])
    textured = _counts(uneven, (SIDE - 2, SIDE - 2), grey.shape) >= TEXTURED
    return np.asarray(textured & (_counts(grey[:, 1:] == grey[:, :-1], (SIDE - 1, SIDE), grey.shape) <= FLAT))


def _counts(marked: npt.NDArray[np.bool_], size: tuple[int, int], shape: tuple[int, ...]) -> npt.NDArray[np.float32]:
    """What is ``marked`` in the box of ``size`` (across, down) at each window's corner in a picture of ``shape``."""
    box = cv2.boxFilter(
        marked.astype(np.float32), -1, size, normalize=False, anchor=(0, 0), borderType=cv2.BORDER_CONSTANT
    )
    return np.asarray(box[: shape[0] - SIDE + 1, : shape[1] - SIDE + 1], np.float32)


def _hashes(values: Hashes) -> Hashes:
    """The hash of each window by its upper left corner."""
    return _summed(np.ascontiguousarray(_summed(values, _ROW).T), _COLUMN).T


def _summed(values: Hashes, base: np.uint32) -> Hashes:
    """Of SIDE rows each: their sum with the powers of ``base``."""
    count = values.shape[0] - SIDE + 1
    total = np.zeros((count, values.shape[1]), np.uint32)
    for k in range(SIDE):
        total *= base
        total += values[k : k + count]
    return total


def _twins(hashes: Hashes, usable: npt.NDArray[np.bool_]) -> tuple[Places, Places]:
    """The (n, 2) places of windows that are there twice, or some times more, and do not overlap; the earlier first, and
    each with the next."""
    places = np.argwhere(usable & ((hashes >> np.uint32(20)) % np.uint32(_SAMPLED) == 0))
    found = hashes[tuple(places.T)]
    order = np.argsort(found, kind="stable")
    found, places = found[order], places[order]
    starts = np.flatnonzero(np.concatenate((np.ones(min(len(found), 1), np.bool_), found[1:] != found[:-1])))
    counts = np.diff(np.append(starts, len(found)))
    starts, counts = starts[counts <= PLACES], counts[counts <= PLACES]
    firsts = np.concatenate([starts[counts > k] + k - 1 for k in range(1, PLACES)])
    ones, others = places[firsts], places[firsts + 1]
    apart = np.abs(ones - others).max(axis=1, initial=0) >= SIDE
    return ones[apart], others[apart]


def _regions(values: Hashes, corners: Places, shift: Places, windows: int) -> Same | None:
    """All that is the same around the windows, and where it lies again; None where it has few values or is large."""
    seeds = np.zeros(values.shape, np.uint8)
    seeds[tuple(corners.T)] = 1
    seeds = cv2.dilate(seeds, np.ones((SIDE, SIDE), np.uint8), anchor=(SIDE - 1, SIDE - 1))
    seeds = cv2.morphologyEx(seeds, cv2.MORPH_CLOSE, np.ones((2 * SIDE + 1, 2 * SIDE + 1), np.uint8))
    here = np.argwhere(seeds > 0)
    there = here + shift
    kept = ((there >= 0) & (there < values.shape)).all(axis=1)
    here, there = here[kept], there[kept]
    same = values[tuple(here.T)] == values[tuple(there.T)]
    if len(np.unique(values[tuple(here[same].T)])) < VALUES or same.sum() > MOST_SHARE * values.size:
        return None
    first, second = np.zeros(values.shape, np.bool_), np.zeros(values.shape, np.bool_)
    first[tuple(here[same].T)] = True
    second[tuple(there[same].T)] = True
    return Same(first, second, int(shift[0]), int(shift[1]), windows)
