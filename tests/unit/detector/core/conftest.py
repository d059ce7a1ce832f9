"""Made pictures whose history is known."""

from __future__ import annotations

import io
from collections.abc import Callable

import cv2
import numpy as np
import pytest
from PIL import Image


@pytest.fixture(scope="session")
def texture() -> Callable[..., np.ndarray]:
    """texture(rows, columns, seed): (rows, columns) uint8 with detail at several scales, never a JPEG."""

    def make(rows: int = 256, columns: int = 256, seed: int = 0) -> np.ndarray:
        rng = np.random.default_rng(seed)
        layers = [cv2.GaussianBlur(rng.normal(size=(rows, columns)), (0, 0), s) * s for s in (1.0, 3.0, 12.0)]
        whole = sum(layers)
        return np.rint(np.clip(128 + 55 * whole / whole.std(), 0, 255)).astype(np.uint8)

    return make


@pytest.fixture(scope="session")
def save() -> Callable[..., tuple[bytes, np.ndarray]]:
    """save(pixels, quality): the JPEG bytes and the decoded pixels."""

    def saved(pixels: np.ndarray, quality: int, **options: object) -> tuple[bytes, np.ndarray]:
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "JPEG", quality=quality, **options)
        return file.getvalue(), np.asarray(Image.open(io.BytesIO(file.getvalue())))

    return saved
