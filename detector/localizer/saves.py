"""What each block says against the earlier saves that the whole picture shows.

On the grid of the file, after Bianchi and Piva 2012: the histogram that a first save would have made, against the one
of a picture saved once. On another grid (their non-aligned case) the same with wider noise: what the last save did to
the coefficients of blocks that lie across its own.
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
_NOISES = (NOISE, 0.6, 1.0, 1.6)  # what a last save on another grid does to coefficients, strong or weak
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
    first = _trace(grey, found.first, luma, (NOISE,))
    second = _trace(grey, found.second, None, (NOISE,) if luma is None else _NOISES)
    return Traces(np.stack([first[0], second[0]], axis=2), (first[1], second[1]))


def _trace(
    grey: Floats, phase: Phase, luma: npt.NDArray[np.int64] | None, noises: tuple[float, ...]
) -> tuple[Floats, Save]:
    """(down, across) nats by block of the picture, and the save; by the one of ``noises`` that explains most."""
    empty = np.zeros((grey.shape[0] // 8, grey.shape[1] // 8), np.float32)
    shifted = (phase[0] + 4, phase[1] + 4)
    aligned, others = (block_coefficients(grey[row:, column:]) for row, column in (phase, shifted))
    if not len(aligned) or not len(others):
        return empty, Save(0, 0.0)
    every = max(1, len(aligned) // _MOST)
    best: tuple[Save, list[Mode]] = (Save(0, 0.0), [])
    for noise in noises:
        modes = [
            Mode(aligned[::every, i], others[::every, i], 1 if luma is None else int(luma[mode]), noise)
            for i, mode in enumerate(MODES)
        ]
        save = likeliest(modes)
        best = (save, modes) if save is not None and save.gain > best[0].gain else best
    return (_placed(_nats(aligned, *best), grey, phase, empty) if best[1] else empty), best[0]


def _nats(coefficients: npt.NDArray[Any], save: Save, modes: list[Mode]) -> npt.NDArray[Any]:
    """(blocks,) what each says against ``save``, over all modes."""
    table = standard_luma(save.quality)
    said = [
        mode.doubts(coefficients[:, i], int(table[place]))
        for i, (mode, place) in enumerate(zip(modes, MODES, strict=True))
    ]
    return np.asarray(np.sum(said, axis=0))


def _placed(nats: npt.NDArray[Any], grey: Floats, phase: Phase, whole: Floats) -> Floats:
    """``nats`` of the blocks that begin at ``phase`` on the blocks of the picture that they cover most of."""
    down, across = (grey.shape[0] - phase[0]) // 8, (grey.shape[1] - phase[1]) // 8
    top, left = (1 if offset > 4 else 0 for offset in phase)
    part = nats.reshape(down, across)[: whole.shape[0] - top, : whole.shape[1] - left]
    whole[top : top + part.shape[0], left : left + part.shape[1]] = part
    return whole
