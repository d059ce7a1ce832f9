"""Rows of letter-like shapes in a picture: sharp strokes of its highest value. Careful, so it misses much."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

_LEAST_LETTERS = 6
_TALL = (6, 48)
_MOST_SHAPES = 3_000
_MOST_SHARE = 0.05  # of the picture that letters may take; more is saturation


def lines_of_text(pixels: npt.NDArray[Any]) -> int:
    """How many rows of at least six letters of one height stand in ``pixels`` (rows, columns)."""
    brightest = pixels == pixels.max()
    if not 0 < float(brightest.mean()) <= _MOST_SHARE:
        return 0
    count, _, stats, _ = cv2.connectedComponentsWithStats(brightest.astype(np.uint8), connectivity=8)
    if count > _MOST_SHAPES:
        return 0
    shapes = stats[1:].astype(np.int64)
    wide, tall, area = shapes[:, 2], shapes[:, 3], shapes[:, 4]
    fill = area / (wide * tall)
    letters = shapes[
        (tall >= _TALL[0]) & (tall <= _TALL[1]) & (wide >= 2) & (wide <= 1.5 * tall) & (fill > 0.12) & (fill < 0.75)
    ]
    return _rows(letters)


def _rows(letters: npt.NDArray[np.int64]) -> int:
    """Letters whose feet stand at one height, of like height, near each other."""
    found, used = 0, np.zeros(len(letters), bool)
    for at in range(len(letters)):
        if used[at]:
            continue
        tall, feet = letters[at, 3], letters[at, 1] + letters[at, 3]
        near = (np.abs(letters[:, 1] + letters[:, 3] - feet) <= max(1, tall // 8)) & ~used
        near &= (letters[:, 3] >= 0.6 * tall) & (letters[:, 3] <= 1.6 * tall)
        row = letters[near]
        lefts = np.sort(row[:, 0])
        gaps = np.diff(lefts)
        longest = _longest_run(gaps <= 3 * tall)
        if longest + 1 >= _LEAST_LETTERS and len({(int(r[2]), int(r[4])) for r in row}) >= 4:
            found += 1
            used |= near
    return found


def _longest_run(near: npt.NDArray[np.bool_]) -> int:
    longest = run = 0
    for each in near:
        run = run + 1 if each else 0
        longest = max(longest, run)
    return longest
