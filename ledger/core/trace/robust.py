"""What one affine shift, one blur and one offset of a whole picture explain of its differences, robustly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from ledger.core.trace.sampling import Lay, Picture, Where
    from ledger.core.trace.tone import Numbers

_FEWEST = 200
_ROUNDS = 5


def slopes(picture: Picture) -> tuple[Picture, Picture]:
    """The slopes across and down, a cell's step."""
    across, down = (cv2.Sobel(picture, cv2.CV_32F, dx, 1 - dx, ksize=3) / 8 for dx in (1, 0))
    return across, down


def basis_of(expected: Picture) -> Picture:
    """(rows, columns, 8): blur; shifts across and down; each growing with x and with y (-0.5 to 0.5); an offset."""
    rows, columns = expected.shape
    across, down = slopes(expected)
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float32)
    x, y = x / columns - np.float32(0.5), y / rows - np.float32(0.5)
    blur = cv2.Laplacian(expected, cv2.CV_32F, ksize=1)
    parts = (blur, across, down, x * across, y * across, x * down, y * down, np.ones_like(expected))
    return np.stack(parts, axis=-1)


def explained_by(basis: Picture, difference: Picture, inside: Where, unit: float) -> Numbers | None:
    """The weights of :func:`basis_of` that explain most cells' differences; None where there is no texture to say."""
    used = inside & (np.abs(basis[..., :3]).sum(axis=-1) > 0.5 * unit)
    used[[0, -1]] = used[:, [0, -1]] = False
    if used.sum() < _FEWEST:
        return None
    columns, wanted = basis[used].astype(np.float64), difference[used].astype(np.float64)
    trust, weights = np.ones(len(wanted)), np.zeros(columns.shape[1])
    ridge = np.eye(columns.shape[1]) * 1e-6 * len(wanted)
    for _ in range(_ROUNDS):
        weighted = columns * trust[:, None]
        weights = np.linalg.solve(columns.T @ weighted + ridge, weighted.T @ wanted)
        away = wanted - columns @ weights
        trust[:] = 1 / (1 + (away / (2 * (float(np.median(np.abs(away))) * 1.48 + 0.2 * unit))) ** 2)
    return np.asarray(weights)


def as_step(weights: Numbers, shape: tuple[int, ...]) -> Lay:
    """The affine step on the grid, in cells, that takes the shifts of ``weights`` back."""
    rows, columns = shape
    _, across, down, across_x, across_y, down_x, down_y, _ = weights
    turn = np.array([[across_x / columns, across_y / rows], [down_x / columns, down_y / rows]])
    # The shifts are counted from the middle of the grid, whose cells' centres are half a cell in.
    shift = np.array([across, down]) - turn @ np.array([columns / 2 + 0.5, rows / 2 + 0.5])
    return np.column_stack((np.eye(2) - turn, -shift))
