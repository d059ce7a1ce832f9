"""A save history is drawn once and is the same for both twins."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pydicom
import pytest
from PIL import Image

from detector import histories
from detector.errors import UnusableData
from detector.histories import Plan, after, before, draw, fitted, possible
from detector.jpeg_tables import facts
from detector.saving import Jpeg, encode

Array = npt.NDArray[Any]
Tissue = Callable[..., Array]


def _drawn(history: str, pixels: Array, seed: int, **options: Any) -> Plan:
    return draw(np.random.default_rng(seed), history, pixels, **options)


@pytest.mark.parametrize("history", ["A", "B1", "B2", "C"])
@pytest.mark.parametrize(("bits", "colour"), [(8, False), (8, True), (16, False)])
def test_the_same_plan_gives_the_same_bytes(tissue: Tissue, history: str, bits: int, colour: bool) -> None:
    pixels = tissue(1, 256, bits=bits, colour=colour)
    first, second = (
        after(before(pixels, plan), None, None, plan)
        for plan in (_drawn(history, pixels, 4), _drawn(history, pixels, 4))
    )
    assert first.data == second.data


def test_the_last_quality_is_that_of_the_file(tissue: Tissue) -> None:
    pixels = tissue(1, 128, colour=True)
    for seed in range(8):
        plan = _drawn("A", pixels, seed)
        found = facts(after(before(pixels, plan), None, None, plan).data)
        assert (found.quality, found.standard) == (plan.last_quality, True)


@pytest.mark.parametrize(
    ("history", "first", "last"),
    [("A", (70, 95), (75, 98)), ("B2", (75, 98), (75, 98)), ("C", (60, 95), (60, 90))],
)
def test_qualities_stay_in_the_ranges_of_their_history(
    tissue: Tissue, history: str, first: tuple[int, int], last: tuple[int, int]
) -> None:
    plans = [_drawn(history, tissue(1, 256), seed) for seed in range(60)]
    assert all(first[0] <= (plan.first_quality or 0) <= first[1] for plan in plans)
    assert all(last[0] <= (plan.last_quality or 0) <= last[1] for plan in plans)
    assert len({plan.last_quality for plan in plans}) > 10


def test_resaved_grids_are_both_aligned_and_shifted(tissue: Tissue) -> None:
    shifts = {_drawn("A", tissue(1, 128), seed).shift for seed in range(30)}
    assert (0, 0) in shifts and len(shifts) > 5


def test_both_encoders_and_every_sampling_are_used(tissue: Tissue) -> None:
    used = {
        (plan.last.opencv, plan.last.sampling) for seed in range(80) if (plan := _drawn("B2", tissue(1, 64), seed)).last
    }
    assert len(used) == 6


@pytest.mark.parametrize("opencv", [False, True])
@pytest.mark.parametrize("sampling", ["4:4:4", "4:2:2", "4:2:0"])
def test_an_encoder_writes_the_sampling_it_is_told(tissue: Tissue, opencv: bool, sampling: str) -> None:
    found = facts(encode(tissue(1, 64, colour=True), Jpeg(85, sampling, opencv=opencv)))
    assert (found.subsampling, found.quality) == (sampling, 85)


def test_the_lossless_history_keeps_sixteen_bits_in_both_containers(tissue: Tissue) -> None:
    pixels = tissue(1, 200, bits=16)
    for container in ("png", "dicom"):
        plan = replace(_drawn("B1", pixels, 1), container=container)
        saved = after(before(pixels, plan), None, None, plan)
        if container == "png":
            found = np.asarray(Image.open(io.BytesIO(saved.data)))
        else:
            found = pydicom.dcmread(io.BytesIO(saved.data)).pixel_array
        np.testing.assert_array_equal(found, pixels)
        assert (plan.first_quality, plan.last_quality) == (None, None)


def test_first_jpeg_means_one_jpeg_of_the_untouched_samples(tissue: Tissue) -> None:
    pixels = tissue(1, 128)
    np.testing.assert_array_equal(before(pixels, _drawn("B2", pixels, 1)), pixels)


def test_a_picture_with_an_older_save_is_no_lossless_original_at_its_own_size(tissue: Tissue) -> None:
    pixels = tissue(1, 400)
    for history in ("B1", "B2"):
        for seed in range(10):
            plan = _drawn(history, pixels, seed, traced=True)
            assert plan.shrink is not None and 0.4 <= plan.shrink <= 0.6
            assert min(before(pixels, plan).shape) >= histories.SMALLEST


def test_a_small_picture_with_an_older_save_takes_no_lossless_history(tissue: Tissue) -> None:
    pixels = tissue(1, 256)
    assert possible(pixels, traced=True) == ("A", "C")
    assert all(_drawn("C", pixels, seed, traced=True).first is not None for seed in range(20))
    with pytest.raises(UnusableData, match="found 'B1'"):
        _drawn("B1", pixels, 1, traced=True)


def test_an_unknown_history_is_refused(tissue: Tissue) -> None:
    with pytest.raises(UnusableData, match="found 'D'"):
        _drawn("D", tissue(1, 64), 1)


def test_a_very_large_picture_is_cut_round_its_body() -> None:
    pixels = np.zeros((1500, 2600), np.uint8)
    pixels[400:900, 1700:2300] = 200
    cut = before(pixels, _drawn("B2", pixels, 1))
    assert cut.shape == (histories.LARGEST, histories.LARGEST)
    assert (cut > 0).sum() == 500 * 600


def test_alpha_is_dropped(tissue: Tissue) -> None:
    pixels = np.dstack([tissue(1, 128, colour=True), np.full((128, 128), 255, np.uint8)])
    assert before(pixels, _drawn("B1", pixels, 1)).shape == (128, 128, 3)


def test_masks_follow_crop_and_resize(tissue: Tissue) -> None:
    picture, mask = np.full((200, 300), 40, np.uint8), np.zeros((200, 300), np.bool_)
    mask[80:120, 100:180] = True
    picture[mask] = 220
    plan = Plan("C", (0, 0, 300, 200), crop=(0.1, 0.2, 0.7, 0.7), resize=0.6, last=Jpeg(90))
    saved = after(picture, mask, ~mask, plan)
    found = np.asarray(Image.open(io.BytesIO(saved.data)))
    assert saved.mask is not None and saved.origin is not None
    assert saved.mask.shape == found.shape == saved.origin.shape
    assert np.mean(saved.mask == (found > 130)) > 0.99
    assert np.mean(saved.origin == (found <= 130)) > 0.99


@pytest.mark.parametrize("seed", range(12))
def test_a_fitted_crop_holds_the_whole_edit(seed: int) -> None:
    rng = np.random.default_rng(seed)
    mask = np.zeros((200, 300), np.bool_)
    top, left = rng.integers(0, 150), rng.integers(0, 240)
    mask[top : top + 50, left : left + 60] = True
    plan = fitted(Plan("C", (0, 0, 300, 200), crop=(0.15, 0.15, 0.7, 0.7), last=Jpeg(90)), mask)
    saved = after(np.zeros((200, 300), np.uint8), mask, None, plan)
    assert plan.crop is not None and saved.mask is not None
    assert saved.mask.sum() == mask.sum()


def test_a_crop_that_cannot_hold_the_edit_is_left_out() -> None:
    mask = np.ones((200, 300), np.bool_)
    assert fitted(Plan("C", (0, 0, 300, 200), crop=(0.1, 0.1, 0.8, 0.8)), mask).crop is None


def test_travelled_pictures_are_cropped_resized_and_noisy_in_varied_combination(tissue: Tissue) -> None:
    plans = [_drawn("C", tissue(1, 256), seed) for seed in range(80)]
    made = {(plan.crop is not None, plan.resize is not None, plan.noise is not None) for plan in plans}
    assert len(made) == 8
    assert {plan.first is None for plan in plans} == {True, False}


def test_noise_is_the_same_for_both_twins() -> None:
    plan = Plan("C", (0, 0, 64, 64), noise=2.0, noise_seed=5)
    one, other = np.full((64, 64), 90, np.uint8), np.full((64, 64), 90, np.uint8)
    other[:8] = 200
    found = [np.asarray(Image.open(io.BytesIO(after(twin, None, None, plan).data))) for twin in (one, other)]
    np.testing.assert_array_equal(found[0][8:], found[1][8:])
    assert found[0].std() > 1
