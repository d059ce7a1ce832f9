"""The declared feature vector on pictures whose figures are known."""

import io

import numpy as np
import pytest
from PIL import Image

from detector.features import FEATURE_NAMES, feature_vector


def noise(rows: int, columns: int, seed: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).normal(128, 20, (rows, columns, 3)).clip(0, 255).astype(np.uint8)


def named(rgb8: np.ndarray) -> dict[str, float]:
    return dict(zip(FEATURE_NAMES, feature_vector(rgb8).tolist(), strict=True))


def test_every_figure_has_a_name_of_its_own():
    assert len(set(FEATURE_NAMES)) == len(FEATURE_NAMES) == 9 + 59 + 24 + 30 + 18


@pytest.mark.parametrize("shape", [(16, 16), (64, 64), (75, 133)])
def test_any_shape_gives_finite_figures(shape):
    assert np.isfinite(feature_vector(noise(*shape))).all()


def test_a_flat_picture_gives_finite_figures():
    assert np.isfinite(feature_vector(np.full((64, 64, 3), 9, np.uint8))).all()


def test_patterns_and_digits_are_shares():
    found = named(noise(96, 96))
    assert sum(found[f"lbp {number}"] for number in range(59)) == pytest.approx(1, abs=1e-5)
    for band in ("low", "middle", "high"):
        assert sum(found[f"dct {band} digit {digit}"] for digit in range(1, 10)) == pytest.approx(1, abs=1e-5)


def test_white_noise_has_the_moments_of_white_noise():
    grey = np.repeat(np.random.default_rng(1).normal(128, 10, (256, 256, 1)).round().astype(np.uint8), 3, axis=2)
    found = named(grey)
    # (a - 2b + c) / 2 of independent samples: variance 6/4; a normal distribution has kurtosis 3.
    assert found["residual rows deviation"] == pytest.approx(10 * 1.5**0.5, rel=0.03)
    assert found["residual rows kurtosis"] == pytest.approx(3, abs=0.15)
    assert found["residual rows skewness"] == pytest.approx(0, abs=0.1)


def test_a_smoothed_box_widens_the_spread_of_the_block_variances():
    rgb8 = noise(128, 128)
    forged = rgb8.copy()
    forged[32:96, 32:96] = forged[32:96, 32:96].mean((0, 1))
    name = "residual square log variance deviation"
    assert named(forged)[name] > 3 * named(rgb8)[name]


def test_a_strong_jpeg_empties_the_high_band():
    rgb8 = noise(128, 128)
    file = io.BytesIO()
    Image.fromarray(rgb8).save(file, "JPEG", quality=20)
    assert named(np.asarray(Image.open(file)))["dct high zero"] > named(rgb8)["dct high zero"] + 0.3


def test_a_large_picture_is_measured_on_tiles_of_the_same_texture():
    small, large = named(noise(512, 512)), named(noise(1100, 1300))
    assert large["residual rows deviation"] == pytest.approx(small["residual rows deviation"], rel=0.02)
    assert large["glcm 0° contrast"] == pytest.approx(small["glcm 0° contrast"], rel=0.03)


def test_a_very_long_picture_is_measured():
    assert np.isfinite(feature_vector(noise(64, 8192))).all()
    assert np.isfinite(feature_vector(noise(8192, 136))).all()
