"""Made pictures whose truth is known, for the quick run and for measuring costs. They stand for no patient."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from detector.datasets.contract import Example

COUNT = 48
SIDE = 256


def texture(side: int, rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """(side, side) uint8: a bright body on a dark ground, with detail at several scales and fine grain."""
    field = np.zeros((side, side), dtype=np.float32)
    for scale in (2, 4, 8, 32):
        small = rng.standard_normal((side // scale + 2, side // scale + 2)).astype(np.float32)
        field += cv2.resize(small, (side, side), interpolation=cv2.INTER_CUBIC) * np.float32(4 + scale / 2)
    y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j].astype(np.float32)
    wide, high = rng.uniform(0.75, 0.95, 2)
    body = np.clip((1 - (x / wide) ** 2 - (y / high) ** 2) * 8, 0, 1)
    grain = rng.standard_normal((side, side)).astype(np.float32) * 2
    return np.asarray(np.clip(body * (110 + field) + 8 + grain, 0, 255), dtype=np.uint8)


def made_pictures(folder: Path, count: int = COUNT, seed: int = 0) -> list[Example]:
    """``count`` pristine PNG files under ``folder``, of two sources, each a group of its own; the same each time."""
    folder.mkdir(parents=True, exist_ok=True)
    examples = []
    for number in range(count):
        path = folder / f"{number:03}.png"
        if not path.exists():
            cv2.imwrite(str(path), texture(SIDE, np.random.default_rng([seed, number])))
        name = f"made-{number:03}"
        source = ("made-a", "made-b")[number % 2]
        examples.append(Example(path, forged=False, source=source, modality=source, group=name, pair=name))
    return examples
