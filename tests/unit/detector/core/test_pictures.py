import numpy as np
import pytest

from detector.errors import UnreadablePicture
from detector.pictures import check_shape, resize_map, to_grey8, to_rgb8, usable


@pytest.mark.parametrize("shape", [(70, 80), (70, 80, 1), (70, 80, 3), (70, 80, 4), (1, 9), (9, 1, 3)])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.dtype(">u2")])
def test_every_allowed_array_has_both_eight_bit_views(shape, kind):
    pixels = np.random.default_rng(1).integers(0, np.iinfo(kind).max, shape).astype(kind)
    rgb, grey = to_rgb8(pixels), to_grey8(pixels)
    assert (rgb.shape, rgb.dtype) == ((*shape[:2], 3), np.uint8)
    assert (grey.shape, grey.dtype) == (shape[:2], np.uint8)


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((9, 9), np.int16),
        np.zeros((9, 9), bool),
        np.zeros((9, 9), np.float32),
        np.zeros((9, 9, 2), np.uint8),
        np.zeros((2, 9, 9, 3), np.uint8),
        np.zeros(9, np.uint8),
        np.zeros((0, 9), np.uint8),
        [[1, 2]],
    ],
)
def test_an_array_of_another_shape_or_type_is_refused(pixels):
    with pytest.raises(UnreadablePicture, match=r"expected .* found"):
        check_shape(pixels)


def test_eight_bit_samples_stay_as_they_are():
    pixels = np.random.default_rng(2).integers(0, 256, (9, 9, 3), dtype=np.uint8)
    assert np.array_equal(to_rgb8(pixels), pixels)


def test_alpha_is_dropped():
    pixels = np.random.default_rng(3).integers(0, 256, (9, 9, 4), dtype=np.uint8)
    assert np.array_equal(to_rgb8(pixels), pixels[:, :, :3])


def test_alpha_takes_no_part_in_the_sixteen_bit_window():
    grey = np.linspace(1000, 2000, 4096).round().astype(np.uint16).reshape(64, 64)
    pixels = np.dstack([grey, grey, grey, np.full_like(grey, 65535)])
    assert np.array_equal(to_rgb8(pixels)[:, :, 0], to_grey8(grey))


def test_sixteen_bits_are_mapped_linearly_between_the_robust_percentiles():
    grey = np.arange(10_000, dtype=np.uint16).reshape(100, 100) + 500
    low, high = 500 + 9, 500 + 9989
    expected = np.rint((np.clip(grey.astype(float), low, high) - low) * 255 / (high - low))
    assert np.abs(to_grey8(grey) - expected).max() <= 1
    assert to_grey8(grey)[0, 0] == 0 and to_grey8(grey)[-1, -1] == 255


def test_one_hot_sample_does_not_darken_a_sixteen_bit_picture():
    grey = np.tile(np.arange(100, dtype=np.uint16), (100, 1))
    grey[0, 0] = 65535
    assert to_grey8(grey)[:, 50].mean() > 100


def test_sixteen_bits_with_nearly_one_value_keep_what_differs():
    grey = np.full((100, 100), 700, np.uint16)
    grey[5, 5] = 900
    assert to_grey8(grey)[5, 5] == 255 and to_grey8(grey)[0, 0] == 0


@pytest.mark.parametrize(
    ("shape", "word"), [((63, 200), "at least 64"), ((1, 500), "at least 64"), ((64, 8193), "at most 8192")]
)
def test_a_picture_of_another_size_is_not_usable(shape, word):
    found = usable(np.random.default_rng(4).integers(0, 256, shape, dtype=np.uint8))
    assert not found.applicable and word in found.reason


def test_a_picture_of_one_colour_is_not_usable():
    pixels = np.zeros((64, 64, 4), np.uint8)
    pixels[:, :, 0] = 200
    pixels[:, :, 3] = np.arange(64)
    assert not usable(pixels).applicable


def test_a_few_pixels_that_differ_by_one_make_a_picture_usable():
    pixels = np.zeros((64, 64), np.uint16)
    pixels[-2:, -2:] = 1
    assert usable(pixels).applicable


def test_a_picture_that_varies_in_fewer_than_one_of_a_hundred_blocks_is_not_usable():
    pixels = np.zeros((256, 256, 3), np.uint8)
    pixels[5, 5, 1] = 255
    assert "even colour" in usable(pixels).reason and not usable(pixels).applicable
    halves = np.repeat(np.repeat(np.array([[0, 900]], np.uint16), 200, 0), 200, 1)
    assert not usable(halves).applicable
    speckled = np.zeros((256, 256), np.uint8)
    speckled[3::8, 3::8] = 1
    assert not usable(speckled).applicable, "a pixel a block says nothing"
    pixels[:64, :64] = np.random.default_rng(3).integers(0, 9, (64, 64, 3))
    assert usable(pixels).applicable


@pytest.mark.parametrize("shape", [(6, 6), (300, 200), (40, 900)])
def test_a_resized_map_has_the_asked_shape_and_stays_between_zero_and_one(shape):
    heat = resize_map(np.random.default_rng(5).uniform(-1, 2, (40, 40)), shape)
    assert heat.shape == shape and heat.dtype == np.float32
    assert heat.min() >= 0 and heat.max() <= 1


def test_a_shrunk_map_keeps_its_mean():
    heat = np.random.default_rng(6).uniform(0, 1, (64, 64))
    assert resize_map(heat, (8, 8)).mean() == pytest.approx(heat.mean(), abs=1e-5)
