import cv2
import numpy as np
import pytest

from detector.jpeg import facts, first_save, grid_trace, regime
from detector.types import Regime


@pytest.mark.parametrize(("first", "second"), [(60, 75), (70, 90), (75, 95), (85, 93)])
def test_the_first_of_two_saves_is_named_with_its_quality(texture, save, first, second):
    data, pixels = save(save(texture(), first)[1], second)
    found = first_save(pixels, np.array(facts(data).luma))
    assert found.quality == first and found.gain > 0.1
    assert regime(pixels, data) is Regime.JPEG_DOUBLE


@pytest.mark.parametrize("quality", [60, 75, 85, 92, 97])
def test_a_picture_saved_once_is_a_plain_jpeg(texture, save, quality):
    data, pixels = save(texture(), quality)
    assert regime(pixels, data) is Regime.JPEG


def test_a_second_save_at_the_same_quality_is_not_seen(texture, save):
    data, pixels = save(save(texture(), 80)[1], 80)
    assert regime(pixels, data) is Regime.JPEG


def test_a_double_save_is_seen_in_a_large_part_of_edited_blocks(texture, save):
    once = save(texture(), 70)[1].copy()
    once[:, :60] = texture(256, 60, seed=9)
    data, pixels = save(once, 90)
    assert regime(pixels, data) is Regime.JPEG_DOUBLE


@pytest.mark.parametrize("colour", [False, True])
def test_a_picture_that_never_was_a_jpeg_is_lossless(texture, colour):
    pixels = np.dstack([texture(seed=i) for i in range(3)]) if colour else texture()
    assert regime(pixels) is Regime.LOSSLESS


def test_a_jpeg_past_is_seen_in_a_lossless_picture(texture, save):
    assert regime(save(texture(), 85)[1]) is Regime.LOSSLESS_JPEG_TRACE


def test_a_jpeg_past_is_seen_after_cropping_off_the_grid(texture, save):
    assert regime(save(texture(), 75)[1][3:, 5:]) is Regime.LOSSLESS_JPEG_TRACE


def test_the_grid_begins_where_the_crop_left_it(texture, save):
    found = grid_trace(save(texture(), 60)[1][3:, 6:])
    assert (found.y, found.x) == (5, 2)
    assert found.strength > grid_trace(texture()).strength


def test_a_made_texture_has_no_grid(texture):
    assert all(grid_trace(texture(seed=seed)).strength < 4 for seed in range(5))


def test_an_enlarged_picture_is_no_jpeg_past(texture):
    assert regime(cv2.resize(texture(), None, fx=2, fy=2, interpolation=cv2.INTER_NEAREST)) is Regime.LOSSLESS


@pytest.mark.parametrize(
    ("highest", "expected"), [(255, Regime.LOSSLESS), (256, Regime.LOSSLESS_DEEP), (65535, Regime.LOSSLESS_DEEP)]
)
def test_a_lossless_picture_with_a_value_above_255_is_told_apart(texture, highest, expected):
    words = texture().astype(np.uint16)
    words[10, 10] = highest
    assert regime(words) is expected


def test_twelve_bits_without_a_jpeg_past_are_deep(texture):
    assert regime(texture().astype(np.uint16) * 16 + 7) is Regime.LOSSLESS_DEEP


def test_sixteen_bits_are_looked_at_too(texture, save):
    once = save(texture(), 60)[1].astype(np.uint16)
    assert regime(once * 16 + 100) is Regime.LOSSLESS_JPEG_TRACE


@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (7, 7), (12, 9), (31, 64), (64, 64, 4)])
@pytest.mark.parametrize("jpeg", [None, b"no jpeg"])
def test_any_shape_and_any_bytes_get_an_answer(shape, jpeg):
    flat = np.full(shape, 9, np.uint8)
    assert regime(flat, jpeg) is Regime.LOSSLESS


def test_the_same_picture_gets_the_same_answer(texture, save):
    data, pixels = save(save(texture(), 70)[1], 90)
    table = np.array(facts(data).luma)
    assert first_save(pixels, table) == first_save(pixels, table)
