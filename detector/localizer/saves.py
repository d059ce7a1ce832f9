"""What each block says against the earlier saves that the whole picture shows.

On the grid of the file, after Bianchi and Piva 2012: the histogram that a first save would have made, against the one of
a picture saved once. On another grid (their non-aligned case) the same with wider noise: what the last save did to the
coefficients of blocks that lie across its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from detector.jpeg_tables import standard_luma
from detector.localizer.grids import Grids, Phase
from detector.quantisation import MODES, NOISE, Mode, Save, block_coefficients, likeliest

_MOST = 8192  # blocks that histograms are made of
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Traces:
    """``maps`` (down, across, 2): nats against the save on the first grid and on the second; more is more suspicious.

    ``saves`` are those saves: quality 0 and gain 0 where nothing is seen.
    """

    maps: Floats
    saves: tuple[Save, Save]


def traces(grey: Floats, found: Grids, luma: npt.NDArray[np.int64] | None) -> Traces:
    """Of ``grey`` (rows and columns multiples of 8) on the scale 0..255; ``luma`` is the table of a JPEG."""
    first = _trace(grey, found.first, luma, NOISE)
    noise = NOISE if luma is None else max(NOISE, round(float(np.mean([luma[mode] for mode in MODES])) * 0.3, 1))
    second = _trace(grey, found.second, None, min(noise, 4.0))
    return Traces(np.stack([first[0], second[0]], axis=2), (first[1], second[1]))


def _trace(grey: Floats, phase: Phase, luma: npt.NDArray[np.int64] | None, noise: float) -> tuple[Floats, Save]:
    """(down, across) nats by block of the picture, and the save."""
    empty = np.zeros((grey.shape[0] // 8, grey.shape[1] // 8), np.float32)
    shifted = (phase[0] + 4, phase[1] + 4)
    aligned, others = (block_coefficients(grey[row:, column:]) for row, column in (phase, shifted))
    if not len(aligned) or not len(others):
        return empty, Save(0, 0.0)
    steps = [1 if luma is None else int(luma[mode]) for mode in MODES]
    every = max(1, len(aligned) // _MOST)
    modes = [
        Mode(aligned[::every, i], others[::every, i], step, noise) for i, step in enumerate(steps)
    ]
    save = likeliest(modes)
    if save is None or save.gain <= 0:
        return empty, Save(0, 0.0)
    table = standard_luma(save.quality)
    nats: npt.NDArray[Any] = sum(
        (mode.doubts(aligned[:, i], int(table[place])) for i, (mode, place) in enumerate(zip(modes, MODES, strict=True))),
        start=np.zeros(len(aligned)),
    )
    down, across = (grey.shape[0] - phase[0]) // 8, (grey.shape[1] - phase[1]) // 8
    top, left = (1 if offset > 4 else 0 for offset in phase)
    empty[top : top + down, left : left + across] = nats.reshape(down, across)[: empty.shape[0] - top, : empty.shape[1] - left]
    return empty, save
