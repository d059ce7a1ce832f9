"""Copies of a CT slice in windows much narrower than its range."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest

from ledger.core.trace.aligning import Laid, in_window
from ledger.core.trace.cells import Cells, cells_of
from ledger.core.trace.comparing import change_of, fit_picture
from ledger.core.trace.noise import weigh

AIR, BONE = -1000, 900
WINDOWS = {"brain": (0, 80), "liver": (-20, 140), "soft tissue": (-160, 240), "bone": (-500, 1300)}


def slice_of(seed: int = 1, lesion: float = 0.0) -> Any:
    """A head in air: skull, tissue of 20 to 45 units, darker fluid in one place only, noise; units plus 1024."""
    rng = np.random.default_rng(seed)
    size = (384, 384)
    tissue = cv2.GaussianBlur(rng.standard_normal(size).astype(np.float32), (0, 0), 6)
    picture = np.full(size, AIR, np.float32)
    cv2.ellipse(picture, (192, 192), (150, 165), 0, 0, 360, BONE, -1)
    cv2.ellipse(picture, (192, 192), (138, 153), 0, 0, 360, 33, -1)
    inner = picture == 33
    picture[inner] += 8 * (tissue / tissue.std())[inner]
    for x in (165, 219):
        cv2.ellipse(picture, (x, 185), (14, 34), 12 if x < 192 else -12, 0, 360, 6, -1)
    if lesion:
        cv2.circle(picture, (120, 240), 22, 33 + lesion, -1)
    picture = cv2.GaussianBlur(picture, (0, 0), 1.0) + 6 * rng.standard_normal(size)
    return np.clip(np.rint(picture + 1024), 0, 4095).astype(np.uint16)


def shown(picture: Any, window: tuple[int, int]) -> Any:
    """In 8 bits through the window, its ends in units."""
    low, high = window
    return np.clip((picture.astype(np.float32) - 1024 - low) / (high - low) * 255, 0, 255).astype(np.uint8)


def laid(copy: Any) -> tuple[Cells, Laid, Any]:
    """The registered slice's cells, the copy on them, and the whole fit."""
    cells = cells_of(slice_of(), 0)
    assert cells is not None
    fit = fit_picture(cells, copy.astype(np.float32))
    assert fit is not None
    return cells, fit.laid, fit


@pytest.mark.parametrize("name", ["brain", "liver", "soft tissue"])
def test_the_straight_window_is_found_behind_the_curve_that_edges_bend(name: str) -> None:
    cells, found, _ = laid(shown(slice_of(), WINDOWS[name]))
    tone, window = in_window(found, cells).tone, WINDOWS[name]
    assert not tone.free
    least = cells.least / 16 - 1024
    assert np.allclose(tone.knots[1:-1] + least, window, atol=0.05 * (window[1] - window[0]) + 1)


@pytest.mark.parametrize("power", [0.5, 0.7, 1.4, 2.0, 2.2])
def test_a_gamma_stays_a_free_curve_and_changes_nothing(power: float) -> None:
    copy = 255 * (np.clip((slice_of().astype(np.float32) - 24) / 2200, 0, 1) ** power)
    cells, found, fit = laid(copy.astype(np.uint8))
    assert found.tone.free
    assert in_window(found, cells) is found
    assert not change_of(fit, copy.shape).altered


def test_the_limits_name_what_a_narrow_window_hides() -> None:
    wide, narrow = (change_of(laid(shown(slice_of(), window))[2], (384, 384)) for window in ((-500, 1300), (20, 40)))
    assert "narrow" not in wide.limits
    assert "changes of less than about" in narrow.limits


@pytest.mark.parametrize("quality", [None, 90, 50])
@pytest.mark.parametrize("window", WINDOWS.values(), ids=WINDOWS)
def test_nothing_is_changed_in_a_pristine_copy_in_a_narrow_window(
    pictures: Any, window: tuple[int, int], quality: int | None
) -> None:
    copy = shown(slice_of(), window)
    copy = copy if quality is None else pictures.jpeg(copy, quality)
    _, _, fit = laid(copy)
    assert fit.copy
    assert not change_of(fit, copy.shape).altered


@pytest.mark.parametrize("window", [WINDOWS["brain"], WINDOWS["soft tissue"]], ids=["brain", "soft tissue"])
def test_a_lesion_is_found_in_a_narrow_window(window: tuple[int, int]) -> None:
    copy = shown(slice_of(lesion=30), window)
    change = change_of(laid(copy)[2], copy.shape)
    largest = change.regions[0]
    assert largest.x <= 120 <= largest.x + largest.width
    assert largest.y <= 240 <= largest.y + largest.height


def test_the_steps_of_the_fingerprint_are_no_evidence() -> None:
    cells = cells_of(slice_of(), 0)
    assert cells is not None
    coarse = replace(cells, shift=cells.shift + 3, steps=cells.steps >> 3)
    step = (1 << coarse.shift) / 16 * 255 / 80
    assert step > 8
    copy = shown(slice_of(), WINDOWS["brain"])
    fit = fit_picture(coarse, copy.astype(np.float32))
    assert fit is not None
    found = in_window(fit.laid, coarse)
    by_steps = np.abs(found.sampled.means - found.expected) / (step / 12**0.5)
    single = np.abs(weigh(found, coarse).single)
    assert (single <= by_steps + 0.5).mean() > 0.99
