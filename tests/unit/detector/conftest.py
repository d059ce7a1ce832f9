"""Made pictures whose truth is known: smooth tissue with grain, on a dark ground, of several patients."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest

Array = npt.NDArray[Any]


def _tissue(seed: int, side: int = 256, *, bits: int = 8, colour: bool = False) -> Array:
    """A lit ellipse with soft structures of several sizes and grain: (side, side) or (side, side, 3)."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[0:side, 0:side] / side - 0.5
    body = np.clip(1.4 - 3.2 * np.hypot(rows * rng.uniform(0.8, 1.2), columns * rng.uniform(0.8, 1.2)), 0, 1)
    structure = np.zeros((side, side), np.float32)
    for size in (4, 8, 16, 32):
        coarse = rng.normal(0, 1, (size, size)).astype(np.float32)
        structure += cv2.resize(coarse, (side, side), interpolation=cv2.INTER_CUBIC) / np.sqrt(size)
    grey = body * np.clip(0.5 + 0.3 * structure, 0.05, 1) + rng.normal(0, 0.012, (side, side))
    grey = np.clip(grey, 0, 1) * (2**bits - 1)
    picture = np.stack([grey, grey * 0.7, grey * 0.5], axis=2) if colour else grey
    return np.rint(picture).astype(np.uint8 if bits == 8 else np.uint16)


@pytest.fixture(scope="session")
def tissue() -> Callable[..., Array]:
    """Makes a picture: ``tissue(seed, side=256, bits=8, colour=False)``; the same seed makes the same picture."""
    return _tissue


def _source(folder: Path, name: str, patients: int, each: int, **options: Any) -> list[dict[str, str]]:
    rows = []
    for patient in range(patients):
        for number in range(each):
            path = folder / name / f"{patient}_{number}.png"
            path.parent.mkdir(exist_ok=True)
            pixels = _tissue(1000 * len(name) + 10 * patient + number, **options)
            cv2.imwrite(str(path), pixels if pixels.ndim == 2 else pixels[..., ::-1])
            rows.append(
                {
                    "path": f"{name}/{path.name}",
                    "source": name,
                    "modality": "made",
                    "split_group": f"{name}:{patient}",
                    "kind": "authentic",
                    "format": "PNG",
                    "jpeg_trace": "no",
                }
            )
    return rows


@pytest.fixture(scope="session")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A manifest data set of three sources: eight patients in grey, four in colour, four in 16 bit; two pictures each.

    Never change what is in it: all tests share it.
    """
    folder = tmp_path_factory.mktemp("hospital")
    rows = _source(folder, "grey", 8, 2, side=192)
    rows += _source(folder, "colour", 4, 2, side=224, colour=True)
    rows += _source(folder, "sixteen", 4, 2, side=192, bits=16)
    with (folder / "manifest.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return folder
