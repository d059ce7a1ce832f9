"""The thirty kernels of the spatial rich model."""

import numpy as np
import pytest

from detector.training.srm_kernels import first_layer, srm_kernels


def test_there_are_thirty_different_ones():
    assert len({kernel.tobytes() for kernel in srm_kernels()}) == 30


def test_a_flat_picture_and_a_slope_leave_nothing_but_the_first_differences():
    kernels = srm_kernels()
    slope = np.add.outer(3.0 * np.arange(5), 2.0 * np.arange(5))
    assert kernels.sum((1, 2)) == pytest.approx(np.zeros(30), abs=1e-6)
    answers = (kernels * slope).sum((1, 2))
    assert answers[8:20] == pytest.approx(np.zeros(12), abs=1e-5)
    assert sorted(answers[:8]) == pytest.approx([-5, -3, -2, -1, 1, 2, 3, 5])


def test_third_differences_see_a_cube_as_it_is():
    cubes = np.tile((np.arange(5.0) - 2) ** 3, (5, 1))
    assert (srm_kernels()[12] * cubes).sum() == pytest.approx(6 / 3)  # towards the east


def test_the_largest_weight_is_one_where_the_divisor_stands_for_the_centre():
    centres = srm_kernels()[:, 2, 2]
    assert abs(centres) == pytest.approx(np.ones(30))


def test_the_edge_kernels_are_halves_of_their_squares():
    kernels = srm_kernels()
    for square, halves in ((kernels[20], kernels[21:25]), (kernels[25], kernels[26:30])):
        assert (halves[0][:3] == square[:3]).all()
        assert (halves[0][3:] == 0).all()
        assert halves.sum(0)[0, 0] == 2 * square[0, 0]


def test_a_grey_picture_gets_thirty_different_filters():
    weights = first_layer()
    assert weights.shape == (5, 5, 3, 30)
    assert weights.sum(2).transpose(2, 0, 1) == pytest.approx(srm_kernels(), abs=1e-6)
