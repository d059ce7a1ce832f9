"""Made pictures: smooth anatomy, shapes, texture and fine noise, others for each seed."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest

Picture = npt.NDArray[Any]


class Pictures:
    """Pictures of 8 bits and what becomes of them on their way."""

    def made(self, seed: int, *, anatomy: int | None = None, moved: int = 0, size: tuple[int, int] = (180, 240)) -> Any:
        """A picture of ``size`` (rows, columns). Of one ``anatomy`` are neighbouring slices: the same smooth ground and
        shapes, these ``moved`` by some pixels, and texture of their own."""
        same = np.random.default_rng(1000 + (seed if anatomy is None else anatomy))
        own = np.random.default_rng(seed)
        picture = 115 + 20 * self._smooth(same, size, 30) + 12 * self._smooth(own, size, 4)
        picture += 6 * self._smooth(own, size, 1.5) + 1.5 * own.standard_normal(size)
        for _ in range(8):
            place, edges = same.uniform(0.1, 0.9, 2) * size, same.uniform(0.05, 0.17, 2) * min(size)
            picture += same.uniform(-45, 45) * self.ellipse(size, place + moved, edges, float(same.uniform(0, 180)))
        return np.clip(picture, 0, 255).astype(np.uint8)

    def ellipse(self, size: tuple[int, int], place: Any, edges: Any, turned: float = 0) -> Any:
        """0 to 1: an ellipse at ``place`` (row, column) with half axes ``edges`` (rows, columns) and a soft edge."""
        drawn = np.zeros(size, np.float32)
        (row, column), (high, wide) = (tuple(map(int, each)) for each in (place, edges))
        cv2.ellipse(drawn, (column, row), (wide, high), turned, 0, 360, 1, -1)
        return cv2.GaussianBlur(drawn, (0, 0), 1.5)

    def lesion(self, picture: Picture, row: int, column: int, edge: int = 15, grey: float = 60) -> tuple[Any, Any]:
        """``picture`` with a round lesion, and where it is (rows, columns; true or false)."""
        drawn = self.ellipse(picture.shape[:2], (row, column), (edge, edge))
        return np.clip(picture + grey * drawn, 0, 255).astype(np.uint8), drawn > 0.1

    def jpeg(self, picture: Picture, quality: int) -> Any:
        """After JPEG of this quality."""
        octets = cv2.imencode(".jpg", picture, (cv2.IMWRITE_JPEG_QUALITY, quality))[1]
        return cv2.imdecode(octets, cv2.IMREAD_UNCHANGED)

    def resized(self, picture: Picture, scale: float) -> Any:
        """Made smaller by area."""
        return cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)

    def tilted(self, picture: Picture, degrees: float) -> Any:
        """Turned by some degrees about its middle, counter-clockwise; what comes in from outside is black."""
        height, width = picture.shape
        matrix = cv2.getRotationMatrix2D((width / 2 - 0.5, height / 2 - 0.5), degrees, 1)
        return cv2.warpAffine(picture, matrix, (width, height), flags=cv2.INTER_LINEAR)

    def _smooth(self, random: np.random.Generator, size: tuple[int, int], sigma: float) -> Any:
        noise = cv2.GaussianBlur(random.standard_normal(size).astype(np.float32), (0, 0), sigma)
        return noise / noise.std()


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """The threads of OpenCV cost more than they give on small pictures."""
    cv2.setNumThreads(1)


@pytest.fixture(scope="session")
def pictures() -> Pictures:
    return Pictures()
