"""Made pictures with a body on a dark background."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest

MakePicture = Callable[..., Any]


@pytest.fixture(scope="session")
def made() -> MakePicture:
    """``made(seed, size, dtype, channels, top)``: an ellipse of smooth and fine texture, 0 around it."""

    def make(seed: int = 0, size: int = 144, dtype: Any = np.uint8, channels: int = 0, top: int = 250) -> Any:
        rng = np.random.default_rng(seed)
        layers = max(1, channels)
        noise = rng.standard_normal((size, size, layers)).astype(np.float32)
        texture = sum(cv2.GaussianBlur(noise, (0, 0), s).reshape(size, size, layers) * s for s in (0.8, 3, 10))
        texture = (texture - texture.min()) / np.ptp(texture) * 0.6 + 0.4
        y, x = np.mgrid[:size, :size] / (size / 2) - 1
        inside = np.hypot(x, y) < 0.85
        picture = np.round(np.where(inside[:, :, None], texture * top, 0)).astype(dtype)
        return picture if channels else picture[:, :, 0]

    return make
