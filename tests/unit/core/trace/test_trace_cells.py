"""trace/1: the cells of a frame."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.core.trace.cells import CELLS, Cells, block_edge, cells_of
from ledger.core.trace.making import traced_frames


def cells(luma: Any) -> Cells:
    found = cells_of(luma, 0)
    assert found is not None
    return found


def exact_means(luma: Any, block: int) -> list[list[int]]:
    rows, columns = luma.shape[0] // block, luma.shape[1] // block
    return [
        [
            16 * sum(map(int, luma[y * block : (y + 1) * block, x * block : (x + 1) * block].ravel())) // block**2
            for x in range(columns)
        ]
        for y in range(rows)
    ]


@pytest.mark.parametrize(
    ("height", "width", "edge"), [(1, 1, 2), (320, 10, 2), (321, 10, 3), (10, 480, 3), (10, 481, 4), (4096, 3000, 26)]
)
def test_the_edge_of_a_block_is_the_longer_edge_over_160_and_two_at_least(height: int, width: int, edge: int) -> None:
    assert block_edge(height, width) == edge


@given(st.integers(1, 20_000), st.integers(1, 20_000))
def test_no_frame_has_more_than_160_cells_along_an_edge(height: int, width: int) -> None:
    block = block_edge(height, width)
    assert max(height, width) // block <= CELLS
    assert block == 2 or max(height, width) > CELLS * (block - 1)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([np.uint8, np.uint16, np.int16, np.int32]), st.integers(32, 40))
def test_a_cell_is_the_exact_mean_of_its_samples_in_sixteenths(seed: int, kind: Any, edge: int) -> None:
    info = np.iinfo(kind)
    luma = np.random.default_rng(seed).integers(info.min, info.max, (edge, 37), kind, endpoint=True)
    found = cells(luma)
    expected = np.array(exact_means(luma, 2), dtype=object)
    assert found.least == expected.min()
    assert ((expected - found.least) // (1 << found.shift) == found.steps).all()


def exact_level(luma: Any, row: int, column: int, block: int, grain: int) -> int:
    """The level of one patch from its definition, in fractions."""
    total = Fraction(0)
    for y, x in product((2 * row, 2 * row + 1), (2 * column, 2 * column + 1)):
        cell = luma[y * block : (y + 1) * block, x * block : (x + 1) * block]
        edge = block // grain
        grains = [
            16 * sum(map(int, cell[i * grain : (i + 1) * grain, j * grain : (j + 1) * grain].ravel())) // grain**2
            for i, j in product(range(edge), repeat=2)
        ]
        mean = Fraction(sum(grains), edge**2)
        total += sum((value - mean) ** 2 for value in grains) / edge**2
    variance = total / 4 / 16
    return sum(1 for k in range(180) if int(2 ** (k / 4)) <= variance)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([(40, 2, 1), (480, 3, 1), (1200, 8, 2), (1440, 9, 2)]), st.integers(0, 9))
def test_the_level_of_a_patch_is_that_of_the_variance_within_its_cells(
    seed: int, size: tuple[int, int, int], bits: int
) -> None:
    width, block, grain = size
    luma = np.random.default_rng(seed).integers(0, 1 << bits, (16 * block, width), np.int64, endpoint=True)
    found = cells(luma)
    assert found.block == block
    assert found.texture.shape == (found.steps.shape[0] // 2, found.steps.shape[1] // 2)
    for row, column in ((0, 0), (3, found.texture.shape[1] - 1)):
        # Whole-numbered division may round a variance down by less than one.
        assert 0 <= exact_level(luma, row, column, block, grain) - found.texture[row, column] <= 4


def test_a_patch_of_one_value_has_no_texture_and_more_noise_a_higher_level(pictures: Any) -> None:
    luma = np.zeros((64, 64), np.int64)
    luma[:, 16:32], luma[:, 32:] = 50, 100
    luma[:, 16:] += np.random.default_rng(2).integers(-9, 10, (64, 48))
    luma[:, 48:] += np.random.default_rng(3).integers(-90, 91, (64, 16))
    texture = cells(luma).texture
    assert not texture[:, :4].any()
    assert texture[:, 4:12].min() > 0
    assert texture[:, 12:].mean() > texture[:, 4:12].mean() + 20


@pytest.mark.parametrize("scale", [1, 100, 1 << 16])
def test_deviations_are_those_of_the_samples_in_sample_values(scale: int) -> None:
    luma = np.random.default_rng(5).normal(0, 12, (128, 128)).astype(np.int64) * scale
    wanted = np.sqrt((luma.reshape(64, 2, 64, 2).var(axis=(1, 3))).mean())
    assert np.sqrt((cells(luma).deviations() ** 2).mean()) == pytest.approx(wanted, rel=0.1)


def test_means_are_exact_where_a_sum_needs_more_than_32_bits() -> None:
    luma = np.full((7000, 1100), 2**31 - 1, np.int32)
    luma[:50] = -(2**31)
    assert cells(luma).least == -16 * 2**31
    assert cells(luma).steps.max() << cells(luma).shift <= 16 * (2**32 - 1)


def test_what_is_left_over_at_the_right_and_lower_edge_is_not_covered(pictures: Any) -> None:
    luma = pictures.made(1, size=(101, 83))
    found = cells(luma)
    luma[100:], luma[:, 82:] = 0, 255
    assert found.steps.shape == (50, 41)
    assert (cells(luma).steps == found.steps).all()
    assert (found.height, found.width, found.block) == (101, 83, 2)


@pytest.mark.parametrize("value", [0, 77, 65535])
def test_a_frame_of_one_value_has_no_cells(value: int) -> None:
    assert cells_of(np.full((64, 64), value, np.uint16), 0) is None


@pytest.mark.parametrize(("size", "traced"), [((32, 32), True), ((31, 200), False), ((900, 90), False)])
def test_a_frame_of_fewer_than_sixteen_cells_along_an_edge_has_none(size: tuple[int, int], traced: bool) -> None:
    luma = np.random.default_rng(1).integers(0, 256, size, np.uint8)
    assert (cells_of(luma, 0) is not None) == traced


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 31), st.integers(0, 100))
def test_there_are_at_most_4096_steps_and_256_where_noise_alone_makes_them_coarse(
    seed: int, bits: int, smooth: int
) -> None:
    random = np.random.default_rng(seed)
    ramp = np.linspace(0, (1 << bits) - 1, 64)[None, :] * np.ones((64, 1))
    luma = np.where(random.random((64, 64)) * 100 < smooth, ramp, random.integers(0, 1 << bits, (64, 64)))
    found = cells_of(luma.astype(np.int64), 0)
    if found is None:
        return
    steps = int(found.steps.max())
    assert steps <= 4095
    assert found.shift == 0 or steps >= 255


def test_without_noise_every_step_is_kept() -> None:
    luma = np.repeat(np.arange(0, 128, 2, dtype=np.uint8)[None, :], 64, axis=0)
    assert cells(luma).shift == 0


def test_a_step_is_at_most_half_of_the_noise() -> None:
    random = np.random.default_rng(1)
    luma = np.linspace(0, 60_000, 64).astype(np.int64)[None, :] + random.integers(0, 200, (64, 64))
    found = cells(luma)
    noise = np.median(np.abs(np.diff(np.array(exact_means(luma, 2)), 2, axis=1)))
    assert noise / 4 < 1 << found.shift <= noise / 2


def test_the_values_are_those_of_the_samples_up_to_half_a_step_and_an_offset(pictures: Any) -> None:
    luma = (pictures.made(1).astype(np.int32) * 16 - 1000).astype(np.int16)
    found = cells(luma)
    means = np.array(exact_means(luma, 2)) / 16
    away = found.values() + found.least / 16 - means
    assert np.abs(away).max() <= (1 << found.shift) / 16 / 2 + 0.01


@pytest.mark.parametrize(
    ("frames", "traced"), [(1, {0}), (2, {1}), (3, {0, 1, 2}), (4, {0, 2, 3}), (9, {1, 4, 7}), (100, {16, 50, 83})]
)
def test_one_frame_is_traced_or_three_evenly_spread(frames: int, traced: set[int]) -> None:
    assert traced_frames(frames) == traced


@given(st.integers(1, 10_000))
def test_the_middle_frame_is_always_traced(frames: int) -> None:
    traced = traced_frames(frames)
    assert len(traced) == (1 if frames < 3 else 3)
    assert frames // 2 in traced
    assert all(0 <= number < frames for number in traced)


def test_fine_texture_of_wide_samples_is_kept_though_the_means_are_nearly_flat() -> None:
    y, x = np.mgrid[:64, :64]
    luma = np.where((x + y) % 2, 1 << 28, -(1 << 28)).astype(np.int32)
    luma[:2, :2] = 5
    found = cells(luma)
    assert found.deviations()[4, 4] == pytest.approx(1 << 28, rel=0.2)
