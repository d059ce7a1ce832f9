"""Where windows begin, and the map of their answers."""

import numpy as np
import pytest

from detector.windows import spread, starts


def test_windows_reach_from_the_start_to_the_end_on_the_grid_of_jpeg_units():
    found = starts(512, 128, 7)
    assert found[0] == 0
    assert found[-1] == 512 - 128
    assert (found % 16 == 0).all()


@pytest.mark.parametrize("length", [128, 129, 200, 500, 900, 8192])
def test_there_are_never_more_than_asked_and_none_leaves_the_picture(length):
    found = starts(length, 128, 7)
    assert 1 <= len(found) <= 7
    assert found.max() + 128 <= length


def test_less_than_a_window_gives_one_at_the_start():
    assert starts(100, 128, 7).tolist() == [0]


def test_each_answer_stands_at_the_centre_of_its_window():
    grid = np.array([[0.1, 0.9], [0.3, 0.5]])
    made = spread(grid, np.array([0, 100]), np.array([0, 50]), 40, (140, 90))
    centres = made[np.ix_([20, 120], [20, 70])]
    assert centres == pytest.approx(grid, abs=0.01)


def test_the_map_is_level_beyond_the_outermost_centres_and_linear_between():
    made = spread(np.array([[0.0, 1.0]]), np.array([0]), np.array([0, 100]), 20, (64, 120))
    assert (made[:, :10] == 0).all()
    assert (made[:, 110:] == 1).all()
    assert made[5, 59] == pytest.approx(0.5, abs=0.01)
