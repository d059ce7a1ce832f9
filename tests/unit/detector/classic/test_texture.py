"""Local binary patterns, co-occurrence and Haralick's features, on pictures small enough to count by hand."""

import numpy as np
import pytest

from detector.texture import (
    ANGLES,
    HARALICK_NAMES,
    PROPERTY_NAMES,
    glcm,
    glcm_properties,
    haralick,
    lbp,
    lbp_histogram,
)

# The 4 x 4 picture of Haralick 1973, figure 3, spread to 4 levels of 8 bit.
HARALICK = (np.array([[0, 0, 1, 1], [0, 0, 1, 1], [0, 2, 2, 2], [2, 2, 3, 3]]) * 64).astype(np.uint8)


def noise(rows: int, columns: int) -> np.ndarray:
    return np.random.default_rng(5).integers(0, 256, (rows, columns), dtype=np.uint8)


def test_every_neighbour_of_a_flat_picture_counts_as_not_darker():
    assert (lbp(np.full((9, 7), 77, np.uint8)) == 255).all()


def test_a_bright_point_is_code_0_and_its_east_neighbour_lacks_what_looks_west():
    grey = np.zeros((5, 5), np.uint8)
    grey[2, 2] = 200
    codes = lbp(grey)
    assert codes[2, 2] == 0
    grey = 255 - grey  # a dark point: its neighbours find it darker, only where they look
    codes = lbp(grey)
    # Looking west, and on both diagonals that interpolation mixes with it.
    assert codes[2, 3] == 255 - (1 << 4) - (1 << 3) - (1 << 5)


def test_codes_follow_the_definition_with_bilinear_diagonals():
    grey = noise(12, 15)
    wide = np.pad(grey, 1, mode="edge").astype(float)
    expected = np.zeros(grey.shape, np.uint8)
    for bit in range(8):
        angle = bit * np.pi / 4
        down, right = -np.sin(angle), np.cos(angle)
        for row in range(12):
            for column in range(15):
                y, x = row + 1 + down, column + 1 + right
                y0, x0 = int(np.floor(y + 1e-9)), int(np.floor(x + 1e-9))
                dy, dx = max(y - y0, 0), max(x - x0, 0)
                y1, x1 = min(y0 + 1, 13), min(x0 + 1, 16)
                value = (wide[y0, x0] * (1 - dx) + wide[y0, x1] * dx) * (1 - dy)
                value += (wide[y1, x0] * (1 - dx) + wide[y1, x1] * dx) * dy
                expected[row, column] |= int(value >= grey[row, column] - 1e-9) << bit
    assert (lbp(grey) != expected).mean() < 0.01  # a weight of 1/1024 may turn a near tie


def test_strips_of_a_tall_picture_join_without_a_seam():
    grey = noise(1100, 6)
    assert (lbp(grey)[500:530] == lbp(grey[490:540])[10:40]).all()


def test_a_histogram_counts_only_within_the_mask():
    codes = np.array([[1, 2], [2, 255]], np.uint8)
    shares = lbp_histogram(codes, np.array([[True, True], [True, False]]))
    assert shares[[1, 2, 255]] == pytest.approx([1 / 3, 2 / 3, 0])


def test_an_empty_mask_gives_zeros():
    assert lbp_histogram(np.zeros((3, 3), np.uint8), np.zeros((3, 3), bool)).sum() == 0


def test_the_59_bins_hold_58_uniform_patterns_and_the_rest_together():
    everything = np.arange(256, dtype=np.uint8)
    shares = lbp_histogram(everything, bins=59) * 256
    assert shares[:58] == pytest.approx(np.ones(58))
    assert shares[58] == pytest.approx(198)


def test_no_other_number_of_bins_is_taken():
    with pytest.raises(ValueError, match="59 or 256"):
        lbp_histogram(np.zeros((3, 3), np.uint8), bins=10)


@pytest.mark.parametrize(
    ("angle", "expected"),
    [
        (0, [[4, 2, 1, 0], [2, 4, 0, 0], [1, 0, 6, 1], [0, 0, 1, 2]]),
        (1, [[4, 1, 0, 0], [1, 2, 2, 0], [0, 2, 4, 1], [0, 0, 1, 0]]),
        (2, [[6, 0, 2, 0], [0, 4, 2, 0], [2, 2, 2, 2], [0, 0, 2, 0]]),
        (3, [[2, 1, 3, 0], [1, 2, 1, 0], [3, 1, 0, 2], [0, 0, 2, 0]]),
    ],
)
def test_the_matrices_of_haralicks_own_example(angle, expected):
    matrix = glcm(HARALICK, (1,), (ANGLES[angle],), 4)[0, 0]
    assert matrix * np.sum(expected) == pytest.approx(np.array(expected))


def test_a_step_that_does_not_fit_gives_a_zero_matrix():
    assert glcm(HARALICK, (4,), ANGLES, 4).sum() == 0


def test_features_of_haralicks_example_are_what_its_matrix_says():
    found = dict(zip(HARALICK_NAMES, haralick(glcm(HARALICK, (1,), (0.0,), 4))[0, 0], strict=True))
    shares = np.array([4, 2, 1, 2, 4, 1, 6, 1, 1, 2]) / 24
    assert found["angular second moment"] == pytest.approx((shares**2).sum())
    assert found["contrast"] == pytest.approx((4 * 1 + 2 * 4 + 2 * 1) / 24)
    assert found["entropy"] == pytest.approx(-(shares * np.log(shares)).sum())
    assert found["sum average"] == pytest.approx((2 * 4 + 3 * 4 + 4 * (4 + 2) + 6 * 6 + 7 * 2 + 8 * 2) / 24)
    assert found["difference entropy"] == pytest.approx(-sum(s * np.log(s) for s in (16 / 24, 6 / 24, 2 / 24)))


def test_independent_pairs_carry_no_information_and_equal_pairs_all_of_it():
    independent, equal = np.full((4, 4), 1 / 16), np.eye(4) / 4
    found = haralick(np.stack([independent, equal]))
    assert found[0, [2, 11, 12]] == pytest.approx([0, 0, 0], abs=1e-9)
    assert found[1, [2, 11]] == pytest.approx([1, -1])
    assert found[1, 12] == pytest.approx(np.sqrt(1 - 1 / 16))  # H = ln 4


def test_a_flat_picture_has_finite_features():
    flat = glcm(np.full((8, 8), 9, np.uint8))
    assert np.isfinite(haralick(flat)).all()
    assert dict(zip(PROPERTY_NAMES, glcm_properties(flat)[0, 0], strict=True))["correlation"] == 1


def test_properties_and_features_agree_where_they_name_the_same():
    matrices = glcm(noise(40, 40), (1, 3))
    six, thirteen = glcm_properties(matrices), haralick(matrices)
    assert six[..., [0, 3, 5]] == pytest.approx(thirteen[..., [1, 0, 2]])
