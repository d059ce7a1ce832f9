import cv2
import numpy as np
import pytest

from detector.ela import ela_mean_percent, error_levels, shrunk, smooth_grey, stretched


def test_levels_are_the_difference_to_the_picture_saved_once_more(texture, save):
    rgb = np.dstack([texture(seed=i) for i in range(3)])
    expected = np.abs(rgb.astype(int) - save(rgb, 90)[1])
    assert np.array_equal(error_levels(rgb), expected)


def test_working_in_strips_changes_nothing(texture, save):
    rgb = np.dstack([texture(2100, 70, seed=i) for i in range(3)])
    assert np.array_equal(error_levels(rgb), cv2.absdiff(rgb, save(rgb, 90)[1]))


def test_a_better_quality_loses_less(texture):
    rgb = np.dstack([texture()] * 3)
    assert error_levels(rgb, 98).mean() < error_levels(rgb, 90).mean() < error_levels(rgb, 50).mean()


def test_the_largest_level_of_all_channels_is_stretched_to_white():
    levels = np.zeros((4, 4, 3), np.uint8)
    levels[0, 0] = 5, 0, 0
    levels[1, 1] = 0, 10, 2
    assert stretched(levels)[1, 1].tolist() == [0, 255, 51]
    assert stretched(levels)[0, 0].tolist() == [128, 0, 0]


def test_no_loss_at_all_stays_black():
    assert not stretched(np.zeros((4, 4, 3), np.uint8)).any()
    assert not smooth_grey(np.zeros((4, 4, 3), np.uint8), 2.0).any()


@pytest.mark.parametrize(("level", "percent"), [((255, 255, 255), 100.0), ((51, 51, 51), 20.0), ((255, 0, 0), 29.9)])
def test_the_papers_percentage_is_the_mean_grey_level_over_255(level, percent):
    levels = np.full((8, 8, 3), level, np.uint8)
    assert ela_mean_percent(levels) == pytest.approx(percent)


def test_shrinking_takes_area_means_without_rounding():
    levels = np.zeros((256, 256, 3), np.uint8)
    levels[::2, ::2, 1] = 1
    assert shrunk(levels, 128)[:, :, 1] == pytest.approx(0.25)
    assert not shrunk(levels, 128)[:, :, 0].any()


def test_the_smoothed_map_is_brightest_where_the_loss_is():
    levels = np.zeros((64, 64, 3), np.uint8)
    levels[40:50, 10:20] = 7
    heat = smooth_grey(levels, 3.0)
    assert heat.dtype == np.float32 and heat.max() == pytest.approx(1.0)
    assert np.unravel_index(heat.argmax(), heat.shape) in [(y, x) for y in (44, 45) for x in (14, 15)]
