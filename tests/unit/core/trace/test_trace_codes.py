"""What look-alikes are searched by."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pdqhash
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.core.trace.cells import cells_of
from ledger.core.trace.codes import (
    WINDOWS,
    _codes,
    _rendered,
    disputed_codes,
    oriented,
    percentiles,
    registered_codes,
)


def registered(picture: Any, place: int = 0) -> Any:
    """The bits of each window's code (windows, 256)."""
    cells = cells_of(picture, 0)
    assert cells is not None
    records = np.frombuffer(registered_codes(cells, place), np.uint8).reshape(-1, 34)
    return np.unpackbits(records[:, 2:], axis=1)


def disputed(picture: Any) -> Any:
    """The bits of each of the 16 codes (16, 256)."""
    codes = disputed_codes(np.ascontiguousarray(picture).astype(np.float32))
    return np.unpackbits(np.frombuffer(codes, np.uint8).reshape(16, 32), axis=1)


def distances(asked: Any, kept: Any) -> Any:
    """Bits that differ (codes asked for, windows)."""
    return (asked[:, None] != kept[None]).sum(axis=2)


def test_a_record_has_the_place_of_its_frame_and_the_number_of_its_window(pictures: Any) -> None:
    cells = cells_of(pictures.made(1), 7)
    assert cells is not None
    records = registered_codes(cells, 2)
    assert len(records) == 34 * len(WINDOWS) == 34 * 15
    assert [(records[at], records[at + 1]) for at in range(0, len(records), 34)] == [(2, n) for n in range(15)]


def test_the_first_window_is_the_whole_and_the_others_lie_within_it() -> None:
    assert list(WINDOWS[0]) == [0, 0, 1, 1]
    assert len(set(WINDOWS)) == len(WINDOWS)
    for left, top, right, low in WINDOWS[1:]:
        assert 0 <= left < right <= 1.0000001
        assert 0 <= top < low <= 1.0000001
        assert right - left == pytest.approx(low - top)


RISING = {
    "a window that cuts nothing off": lambda p: p * 3.7 - 200,
    "gamma 0.5": lambda p: 255 * (p / 255) ** 0.5,
    "gamma 2": lambda p: 255 * (p / 255) ** 2,
    "a bend": lambda p: np.interp(p, [0, 120, 255], [0, 60, 255]),
}


@pytest.mark.parametrize("curve", RISING.values(), ids=RISING)
def test_another_grey_scale_hardly_moves_a_code(pictures: Any, curve: Any) -> None:
    for seed in range(4):
        picture = pictures.made(seed)
        assert distances(disputed(curve(picture.astype(np.float64)))[:1], registered(picture)[:1]) <= 16


def test_codes_of_a_negative_are_the_complements_of_the_codes_of_the_picture(pictures: Any) -> None:
    for seed in range(4):
        picture = pictures.made(seed)
        plain, negative = disputed(picture), disputed(255 - picture)
        assert (plain[8:] == 1 - plain[:8]).all()
        assert distances(negative[8:9], plain[:1]) <= 10


@settings(max_examples=16, deadline=None)
@given(seed=st.integers(0, 1000), number=st.integers(0, 7))
def test_the_number_of_the_nearest_code_is_the_orientation_that_undoes_the_turn(
    pictures: Any, seed: int, number: int
) -> None:
    picture = pictures.made(seed)
    turned = oriented(picture, number)
    nearest = int(distances(disputed(turned), registered(picture)[:1]).argmin())
    assert (oriented(turned, nearest) == picture).all()


def test_the_eight_orientations_are_all_there_are(pictures: Any) -> None:
    picture = pictures.made(1, size=(40, 40))
    found = {oriented(picture, number).tobytes() for number in range(8)}
    every = {np.ascontiguousarray(np.rot90(each, k)).tobytes() for each in (picture, picture.T) for k in range(4)}
    assert found == every
    assert len(found) == 8


def test_an_orientation_is_quarters_counter_clockwise_and_then_a_mirror() -> None:
    picture = np.array([[1, 2, 3], [4, 5, 6]])
    assert oriented(picture, 1).tolist() == [[3, 6], [2, 5], [1, 4]]
    assert oriented(picture, 5).tolist() == [[6, 3], [5, 2], [4, 1]]


@pytest.mark.parametrize(("left", "top"), [(0, 0), (24, 18), (12, 9), (0, 18), (10, 12)])
def test_a_crop_is_nearer_to_a_window_than_to_the_whole(pictures: Any, left: int, top: int) -> None:
    for seed in range(3):
        picture = pictures.made(seed)
        part = picture[top : top + 162, left : left + 216]
        found = distances(disputed(part)[:1], registered(picture))[0]
        assert found.argmin() > 0
        assert found.min() <= 70


def test_another_picture_is_far_from_all_windows(pictures: Any) -> None:
    kept = registered(pictures.made(1))
    assert all(distances(disputed(pictures.made(seed)), kept).min() > 80 for seed in range(10, 16))


def test_a_frame_with_one_bright_cell_still_has_codes() -> None:
    luma = np.zeros((40, 40), np.uint8)
    luma[20, 20] = 255
    assert registered(luma).shape == (15, 256)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.floats(0.6, 8))
def test_a_code_is_pdq_of_the_rendering_as_its_authors_compute_it(seed: int, smooth: float) -> None:
    noise = np.random.default_rng(seed).normal(0, 1, (90, 90)).astype(np.float32)
    rendered = _rendered([cv2.GaussianBlur(noise, (0, 0), smooth)])
    bits, _ = pdqhash.compute(cv2.merge((rendered[0],) * 3))
    differing = np.unpackbits(_codes(rendered)[0]) != np.asarray(bits, np.uint8)
    # Both compute in single precision: a coefficient that nearly is the median may fall on either side.
    assert differing.sum() <= 2


@given(st.integers(0, 2**32 - 1), st.integers(2, 5000), st.floats(-3, 6))
@settings(max_examples=60, deadline=None)
def test_percentiles_are_those_of_numpy_to_the_last_bit(seed: int, count: int, exponent: float) -> None:
    rows = np.random.default_rng(seed).normal(1000, 10**exponent, (3, count)).astype(np.float32)
    for some in (rows, np.round(rows)):
        assert (percentiles(some)[:, :, 0] == np.percentile(some, (1, 99), axis=1)).all()
