"""The smoother border is the copy, and nothing is said where nothing matches."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from detector.copymove.sides import border_band, by_block_likeness
from detector.methods.lbp_source_copy import LbpSourceCopy, decide
from detector.registry import SHIPPED

Grey = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]


def grain(seed: int = 0, side: int = 256) -> Grey:
    """Soft shapes under a noise that differs from pixel to pixel, as 8-bit grey."""
    rng = np.random.default_rng(seed)
    shapes = cv2.GaussianBlur(rng.normal(size=(side, side)), (0, 0), 4.0) * 4.0
    return np.clip(120 + 40 * shapes + rng.normal(0, 6, (side, side)), 0, 255).astype(np.uint8)


def disc(x: int, y: int, radius: int = 30, side: int = 256) -> Mask:
    return cv2.circle(np.zeros((side, side), np.uint8), (x, y), radius, 1, -1) > 0


@pytest.fixture(scope="module")
def method() -> LbpSourceCopy:
    return LbpSourceCopy.load(SHIPPED / "lbp_source_copy")


def with_copy() -> Grey:
    """A disc at (70, 70) pasted at (180, 170), its border smoothed."""
    picture = grain()
    pasted = disc(180, 170)
    moved = np.roll(picture, (100, 110), axis=(0, 1))
    picture[pasted] = moved[pasted]
    band = border_band(pasted)
    picture[band] = cv2.GaussianBlur(picture, (0, 0), 0.8)[band]
    return picture


def test_the_region_with_the_smoother_border_is_the_copy() -> None:
    picture = with_copy()
    assert decide(picture, disc(70, 70), disc(180, 170)).copy == "b"
    assert decide(picture, disc(180, 170), disc(70, 70)).copy == "a"


def test_equal_borders_cannot_tell() -> None:
    region = disc(70, 70)
    decision = decide(grain(), region, region)
    assert decision.copy is None
    assert decision.figures["border_lbp_std_a"] == decision.figures["border_lbp_std_b"]


def test_the_border_band_is_five_pixels_wide() -> None:
    region = np.zeros((64, 64), bool)
    region[:, 20:44] = True
    across = np.flatnonzero(border_band(region)[32])
    assert across.tolist() == [18, 19, 20, 21, 22, 41, 42, 43, 44, 45]


def test_no_blocks_cannot_tell_either() -> None:
    empty = np.zeros((256, 256), bool)
    assert by_block_likeness(grain(), empty, disc(70, 70)).copy is None


def test_a_picture_without_a_match_is_not_applicable(method: LbpSourceCopy) -> None:
    answer = method.applicable(grain(3), None)
    assert not answer.applicable
    assert "match" in answer.reason


def test_the_heat_map_marks_the_copy_highest_and_the_source_lower(method: LbpSourceCopy) -> None:
    picture = with_copy()
    assert method.applicable(picture, None).applicable
    evidence = method.examine(picture)
    assert evidence.figures["decided"] == 1.0
    assert evidence.heatmap[disc(180, 170, 18)].mean() > 0.9
    assert 0.2 < evidence.heatmap[disc(70, 70, 18)].mean() < 0.4


def test_the_answer_follows_the_picture_that_is_asked_about(method: LbpSourceCopy) -> None:
    assert method.examine(with_copy()).score > 0.0
    assert method.examine(grain(3)).score == 0.0


@pytest.mark.parametrize("shape", [(8, 8), (1, 300)])
def test_too_small_a_picture_is_not_applicable(method: LbpSourceCopy, shape: tuple[int, int]) -> None:
    assert not method.applicable(np.arange(shape[0] * shape[1], dtype=np.uint16).reshape(shape), None).applicable
