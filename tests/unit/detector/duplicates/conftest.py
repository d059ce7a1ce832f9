"""Made pictures for the search of copies: tissue with grain, copies in it, and phantoms that merely look alike."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from detector.methods.sift_copymove import SiftCopyMove
from detector.registry import SHIPPED

Grey = npt.NDArray[np.uint8]
SIDE, REACH = 256, 32
SOURCE, TARGET = (70, 80), (180, 170)


def _body(seed: int, side: int = SIDE) -> Grey:
    rng = np.random.default_rng(seed)
    layers = [cv2.GaussianBlur(rng.normal(size=(side, side)), (0, 0), sigma) * sigma for sigma in (1.0, 4.0, 12.0)]
    return np.asarray(np.clip(120 + 14 * sum(layers) + rng.normal(0, 2, (side, side)), 0, 255), np.uint8)


def _copied(
    picture: Grey, turn: float = 0.0, scale: float = 1.0, mirror: bool = False, reach: int = REACH
) -> tuple[Grey, npt.NDArray[np.bool_]]:
    matrix = cv2.getRotationMatrix2D(SOURCE, turn, scale)
    if mirror:
        matrix = matrix @ np.array(((-1.0, 0.0, 2.0 * SOURCE[0]), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)))
    matrix[:, 2] += np.subtract(TARGET, SOURCE)
    moved = cv2.warpAffine(picture, matrix, picture.shape[::-1], flags=cv2.INTER_CUBIC)
    mask = cv2.circle(np.zeros(picture.shape, np.uint8), TARGET, reach, 1, -1)
    share = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 1.5)
    return np.rint(picture * (1 - share) + moved * share).astype(np.uint8), mask > 0


@pytest.fixture(scope="session")
def body() -> Callable[..., Grey]:
    """Makes a picture: ``body(seed, side=256)``, soft shapes and grain as 8-bit grey."""
    return _body


@pytest.fixture(scope="session")
def copied() -> Callable[..., tuple[Grey, npt.NDArray[np.bool_]]]:
    """Pastes a soft-edged disc: ``copied(picture, turn=0, scale=1, mirror=False, reach=32)`` → forgery and mask.

    From round (70, 80) to round (180, 170), both x and y.
    """
    return _copied


@pytest.fixture(scope="session")
def method() -> SiftCopyMove:
    """The shipped method."""
    return SiftCopyMove.load(SHIPPED / "sift_copymove")
