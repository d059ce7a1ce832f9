"""A disputed picture on the grid of the registered cells."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ledger.core.trace.aligning import after
from ledger.core.trace.codes import oriented
from ledger.core.trace.lying import from_oriented
from ledger.core.trace.sampling import sample

Numbers = Any
SHAPE = (25, 30)


def block_means(picture: Numbers, block: int, shape: tuple[int, int] = SHAPE) -> Numbers:
    rows, columns = shape
    return picture[: rows * block, : columns * block].reshape(rows, block, columns, block).mean(axis=(1, 3))


def lay(scale: float, across: float = 0, down: float = 0) -> Numbers:
    return np.array([[scale, 0, across], [0, scale, down]], np.float64)


@pytest.fixture(scope="module")
def picture(pictures: Any) -> Numbers:
    return pictures.made(1).astype(np.float32)


def test_a_grid_of_single_pixels_is_the_picture_itself(picture: Numbers) -> None:
    found = sample(picture, lay(1), picture.shape)
    assert (found.means == picture).all()
    assert not found.deviations.any()
    assert found.inside.all()


@pytest.mark.parametrize("block", [2, 3, 4, 5])
def test_a_cell_is_the_mean_and_deviation_of_its_block(picture: Numbers, block: int) -> None:
    found = sample(picture, lay(block), SHAPE)
    assert np.abs(found.means - block_means(picture, block)).max() < 0.01
    own = block_means(picture**2, block) - block_means(picture, block) ** 2
    assert np.abs(found.deviations - np.sqrt(np.maximum(own, 0))).max() < 0.1


@pytest.mark.parametrize("block", [6, 7, 12, 30])
def test_cells_of_many_pixels_are_their_mean_within_a_grey_level(pictures: Any, block: int) -> None:
    large = pictures.made(1, size=(20 * block, 22 * block)).astype(np.float32)
    found = sample(large, lay(block), (20, 22))
    assert np.abs(found.means - block_means(large, block, (20, 22))).mean() < 1


@pytest.mark.parametrize(("across", "down"), [(0, 0), (7, 3), (1, 10)])
def test_a_crop_lies_at_its_offset(picture: Numbers, across: int, down: int) -> None:
    found = sample(picture[down:, across:], lay(3, -across, -down), SHAPE)
    inside = found.inside
    assert np.abs(found.means - block_means(picture, 3))[inside].max() < 0.01
    assert inside[-(-down // 3) :, -(-across // 3) :].all()
    assert inside.sum() == (SHAPE[0] - -(-down // 3)) * (SHAPE[1] - -(-across // 3))


@pytest.mark.parametrize("number", range(8))
def test_a_turned_picture_gives_the_cells_of_the_upright_one(picture: Numbers, number: int) -> None:
    turned = oriented(picture, number)
    back = next(k for k in range(8) if np.array_equal(oriented(turned, k), picture))
    found = sample(turned, after(from_oriented(back, turned.shape), lay(3)), SHAPE)
    assert np.abs(found.means - block_means(picture, 3)).max() < 0.01
    assert found.inside.all()


def test_nothing_lies_inside_a_picture_that_is_elsewhere(picture: Numbers) -> None:
    assert not sample(picture, lay(3, 1000, 0), SHAPE).inside.any()


def test_outside_it_is_the_nearest_pixel() -> None:
    found = sample(np.array([[10, 20], [30, 40]], np.float32), lay(1, -1, -1), (4, 4))
    assert found.means.tolist() == [[10, 10, 20, 20], [10, 10, 20, 20], [30, 30, 40, 40], [30, 30, 40, 40]]
    assert found.inside.tolist() == [[False] * 4, *[[False, True, True, False]] * 2, [False] * 4]
