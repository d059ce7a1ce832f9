"""Training of the localizer: crops of twins, a loss per cell and per crop, weights averaged over the last steps.

Of each picture two crops of 256×256 on the 8×8 grid (one where the picture has no room for more): the first holds a
place of the forgery, or for a pristine picture of its twin's, so that the two classes differ in nothing but the edit.

Keys of the configuration: ``epochs`` of ``steps`` batches of ``batch`` crops, ``learning_rate`` (falls by half a cosine
to a fifth), ``width`` (of the network: 2 has twice the channels), ``start`` (the checkpoint of another training, or a
finished ``model.tflite``, whose weights are begun with, or ""), ``beside`` (the ``model.tflite`` of another training,
which the finished model takes along: its map is the mean of both; or "").
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from detector.datasets.contract import Example
from detector.datasets.reading import read_mask, read_picture
from detector.localizer.crops import PACKED, SIDE, corners, pack
from detector.localizer.features import features
from detector.pictures import usable
from detector.training.contract import Run, Samples


class LocalizerTrainer:
    """See :class:`detector.training.contract.Trainer`."""

    name = "localizer"

    def prepare(self, example: Example, seed: int) -> tuple[npt.NDArray[Any], npt.NDArray[np.int64]]:
        """(1 or 2, PACKED) uint8, see ``crops``; label 1 where the crop holds some of the forgery.

        None of a picture that the method does not apply to, and none of a forged one without a mask. Twins get the
        same corners, whatever ``seed``.
        """
        del seed
        picture = read_picture(example.path)
        if not usable(picture.pixels).applicable or (example.forged and example.mask is None):
            return np.zeros((0, PACKED), np.uint8), np.zeros(0, np.int64)
        mask = None if example.mask is None else read_mask(example.mask)
        place = mask if mask is not None else _twins_mask(example)
        rng = np.random.default_rng(int.from_bytes(hashlib.sha256(example.pair.encode()).digest()[:8], "big"))
        shape = (picture.pixels.shape[0], picture.pixels.shape[1])
        found = features(picture.pixels, picture.jpeg)
        chosen = corners(place, shape, 1 if max(shape) <= SIDE + 32 else 2, rng)
        labels = [int(mask is not None and bool(mask[y : y + SIDE, x : x + SIDE].any())) for y, x in chosen]
        return np.stack([pack(found, mask, corner) for corner in chosen]), np.array(labels, np.int64)

    def fit(self, train: Samples, held: Samples, run: Run) -> None:
        """Write ``model.tflite`` (float16), ``head.json`` and the curves into ``run.folder``; of a run beside another
        model ``beside.tflite`` too."""
        from detector.training import localizer_loop

        localizer_loop.fit(train, held, run)


def _twins_mask(example: Example) -> npt.NDArray[np.bool_] | None:
    """The mask of the forged twin of a pristine picture of a made set; None where there is none."""
    path = Path(example.path).parent.parent / "masks" / f"{example.path.stem}.png"
    return read_mask(path) if example.path.parent.name == "pristine" and path.is_file() else None


TRAINER = LocalizerTrainer()
