"""Where a copy lacks fine texture."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from ledger.core.trace.cells import cells_of
from ledger.core.trace.comparing import fit_picture
from ledger.core.trace.grain import by_patches, lacking

SIZE = (360, 480)
BLURRED = (slice(120, 200), slice(150, 260))


def lack(original: Any, copy: Any) -> Any:
    """By cells (120, 160) of 3 × 3 pixels: what the copy lacks."""
    cells = cells_of(original, 0)
    fit = fit_picture(cells, copy.astype(np.float32))
    assert fit is not None
    assert cells is not None
    return lacking(fit.laid, cells)


def grainy(pictures: Any, seed: int = 3) -> Any:
    """A picture with fine grain all over."""
    grain = np.random.default_rng(seed).normal(0, 9, SIZE)
    return np.clip(pictures.made(seed, size=SIZE) + grain, 0, 255).astype(np.uint8)


def blurred(picture: Any) -> Any:
    soft = picture.copy()
    soft[BLURRED] = cv2.GaussianBlur(picture, (0, 0), 1.2)[BLURRED]
    return soft


@pytest.mark.parametrize("quality", [95, 70])
def test_what_was_blurred_lacks_texture_and_nothing_else_does(pictures: Any, quality: int) -> None:
    original = grainy(pictures)
    found = lack(original, pictures.jpeg(blurred(original), quality))
    inner = (slice(44, 63), slice(54, 83))
    assert np.median(found[inner]) > 4
    outside = np.ones(found.shape, bool)
    outside[36:72, 46:92] = False
    assert np.quantile(found[outside], 0.999) < 2.6


@pytest.mark.parametrize("quality", [90, 70, 50])
def test_compression_alone_takes_texture_everywhere_and_so_none_is_lacking(pictures: Any, quality: int) -> None:
    original = grainy(pictures, 4)
    assert np.quantile(lack(original, pictures.jpeg(original, quality)), 0.999) < 2.6


def test_an_unchanged_copy_lacks_nothing(pictures: Any) -> None:
    original = grainy(pictures, 5)
    assert lack(original, original).max() < 1.6


def test_resizing_alone_lacks_nothing(pictures: Any) -> None:
    original = grainy(pictures, 6)
    assert np.quantile(lack(original, pictures.resized(original, 0.75)), 0.999) < 2.6


def test_where_the_original_was_smooth_nothing_can_be_lacking(pictures: Any) -> None:
    smooth = cv2.GaussianBlur(pictures.made(7, size=SIZE), (0, 0), 4)
    assert lack(smooth, blurred(smooth)).max() < 1.6


def test_a_copy_of_as_few_pixels_as_cells_says_nothing(pictures: Any) -> None:
    original = grainy(pictures, 8)
    assert not lack(original, pictures.resized(original, 1 / 3)).any()


def test_patches_are_means_of_two_by_two_cells() -> None:
    assert by_patches(np.arange(15, dtype=np.float32).reshape(3, 5)).tolist() == [[3.0, 5.0]]


def test_where_a_window_cuts_off_texture_none_is_lacking(pictures: Any) -> None:
    original = grainy(pictures, 9)
    windowed = np.clip((original.astype(float) - 90) * 3, 0, 255).astype(np.uint8)
    assert np.quantile(lack(original, windowed), 0.999) < 2.6
