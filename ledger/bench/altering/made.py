"""Made pictures that stand for no patient: bodies with organs and bones, as grey PNG, 12-bit DICOM and colour PNG.

Each patient has two neighbouring slices: the second has the same organs, a little moved, and other grain.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from detector.datasets import Example
from detector.saving import save_lossless

KINDS = ("grey", "deep", "colour")
SIDE = 320
_ORGANS = 14
_SCALES = (3, 6, 12, 40)
_TINT = np.array([0.95, 0.62, 0.5], np.float32)

Field = npt.NDArray[np.float32]


def made_pictures(folder: Path, patients: int, seed: int) -> list[Example]:
    """Two slices a patient, one kind of picture after the other; the same each time."""
    folder.mkdir(parents=True, exist_ok=True)
    examples = []
    for patient in range(patients):
        kind = KINDS[patient % len(KINDS)]
        for number in range(2):
            values = slice_of(seed, patient, number)
            pixels, container = _stored(values, kind)
            data, suffix = save_lossless(pixels, container)
            path = folder / f"{kind}-{patient:03}-{number}{suffix}"
            path.write_bytes(data)
            name = f"made-{kind}"
            examples.append(Example(path, False, name, name, f"patient-{patient:03}", path.name))
    return examples


def slice_of(seed: int, patient: int, number: int) -> Field:
    """(SIDE, SIDE) of 0 to 1: slice ``number`` of a patient."""
    drawn = np.random.default_rng([seed, patient])
    y, x = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j].astype(np.float32)
    wide, high = drawn.uniform(0.7, 0.95, 2)
    body = _soft(1 - (x / wide) ** 2 - (y / high) ** 2, 8)
    values = 0.35 * body
    for organ in drawn.uniform(-1, 1, (_ORGANS, 6)).astype(np.float32):
        moved = organ + number * np.array([0.03, 0.03, 0.02, 0.02, 0.1, 0.0], np.float32) * organ[::-1]
        values += body * _organ(moved, x, y)
    own = np.random.default_rng([seed, patient, 1 + number])
    values += body * (0.7 * _tissue(drawn) + 0.7 * _tissue(own))
    grain = own.standard_normal((SIDE, SIDE)).astype(np.float32)
    return np.asarray(np.clip(values + 0.03 + 0.012 * grain, 0, 1), np.float32)


def _organ(facts: Field, x: Field, y: Field) -> Field:
    left, top, wide, high, turn, light = facts.tolist()
    cos, sin = np.cos(3 * turn), np.sin(3 * turn)
    dx, dy = x - 0.6 * left, y - 0.6 * top
    along, across = (cos * dx + sin * dy) / (0.2 + 0.14 * wide), (cos * dy - sin * dx) / (0.12 + 0.08 * high)
    return np.asarray(0.28 * light * _soft(1 - along**2 - across**2, 5), np.float32)


def _soft(level: Field, steep: float) -> Field:
    return np.asarray(np.clip(level * np.float32(steep), 0, 1), np.float32)


def _tissue(drawn: np.random.Generator) -> Field:
    field = np.zeros((SIDE, SIDE), np.float32)
    for scale in _SCALES:
        small = drawn.standard_normal((SIDE // scale + 2,) * 2).astype(np.float32)
        field += cv2.resize(small, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC) * np.float32(0.008 + scale / 2000)
    return field


def _stored(values: Field, kind: str) -> tuple[npt.NDArray[Any], str]:
    if kind == "deep":
        return (values * 3000 + 200).astype(np.uint16), "dicom"
    if kind == "grey":
        return (values * 255).astype(np.uint8), "png"
    coloured = values[:, :, None] ** (1 / (0.4 + _TINT)) * 255
    return coloured.astype(np.uint8), "png"
