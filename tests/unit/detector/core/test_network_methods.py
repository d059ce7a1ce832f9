"""The three networks' methods with a stand-in network, so that what surrounds the network is known."""

import math

import numpy as np
import pytest

from detector.ela import ela_mean_percent, error_levels, stretched
from detector.methods import ela_cnn, networks, recompression_cnn, vgg
from detector.pictures import to_rgb8

METHODS = [ela_cnn.ElaCnn, recompression_cnn.RecompressionCnn, vgg.Vgg]


class Constant:
    """Answers 0.2 and 0.8 and keeps what it was given."""

    def __init__(self):
        self.batches = []

    def run(self, batch):
        self.batches.append(batch)
        return (np.tile(np.float32([[0.2, 0.8]]), (len(batch), 1)),)


class BrightCorner:
    """Forged by as much as the last quarter of rows and columns is bright."""

    def run(self, batch):
        forged = batch[:, 96:, 96:].mean(axis=(1, 2, 3)).clip(0.01, 0.99)
        return (np.stack([1 - forged, forged], axis=1).astype(np.float32),)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("shape", [(64, 64), (64, 300, 1), (131, 67, 3), (90, 200, 4)])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_every_allowed_picture_gets_evidence_of_its_own_size(method, shape, kind):
    pixels = np.random.default_rng(1).integers(0, np.iinfo(kind).max, shape).astype(kind)
    made = method(Constant(), "1")
    assert made.applicable(pixels, None).applicable
    found = made.examine(pixels)
    assert found.heatmap.shape == shape[:2] and found.heatmap.dtype == np.float32
    assert 0 <= found.heatmap.min() <= found.heatmap.max() <= 1 and math.isfinite(found.score)
    assert all(finding.meaning and finding.limits for finding in found.findings)


@pytest.mark.parametrize("method", METHODS)
def test_networks_get_one_float_picture_of_128_between_zero_and_one(method, texture):
    network = Constant()
    method(network, "1").examine(texture())
    batch = network.batches[0]
    assert batch.shape[1:] == (128, 128, 3) and batch.dtype == np.float32
    assert 0 <= batch.min() < batch.max() <= 1


@pytest.mark.parametrize("method", METHODS)
def test_a_flat_picture_is_not_applicable(method):
    assert not method(Constant(), "1").applicable(np.full((200, 200), 7, np.uint8), None).applicable


@pytest.mark.parametrize("method", METHODS)
def test_the_same_picture_gives_the_same_evidence(method, texture):
    made = method(BrightCorner(), "1")
    one, two = made.examine(texture()), made.examine(texture())
    assert one.score == two.score and np.array_equal(one.heatmap, two.heatmap)


def test_the_ela_score_is_the_log_odds_of_forged(texture):
    assert ela_cnn.ElaCnn(Constant(), "1").examine(texture()).score == pytest.approx(math.log(4), abs=1e-5)


def test_the_ela_figures_are_those_of_the_paper(texture):
    levels = error_levels(to_rgb8(texture()))
    figures = ela_cnn.ElaCnn(Constant(), "1").examine(texture()).figures
    assert figures["ela_mean_percent"] == ela_mean_percent(levels)
    assert figures["ela_max"] == levels.max()


def test_the_ela_input_is_the_stretched_view_shrunk(texture):
    rgb = np.dstack([texture(128, 128, seed=i) for i in range(3)])
    expected = stretched(error_levels(rgb)).astype(np.float32) / 255
    assert np.abs(ela_cnn.network_input(rgb) - expected).max() < 0.5 / 255 + 1e-6


def test_a_picture_without_any_loss_gives_an_input_of_zeros():
    assert not ela_cnn.network_input(np.full((64, 64, 3), 128, np.uint8)).any()


def test_the_ela_map_shines_where_only_one_part_loses(texture, save):
    pixels = save(np.full((256, 256, 3), 90, np.uint8), 90)[1].copy()
    pixels[100:150, 60:120] = texture(50, 60)[:, :, np.newaxis]
    heat = ela_cnn.ElaCnn(Constant(), "1").examine(pixels).heatmap
    assert heat[110:140, 70:110].mean() > 10 * max(heat[200:, 160:].mean(), 0.001)


def test_recompression_inputs_have_one_gain_for_all_pictures(texture):
    rgb = np.dstack([texture(128, 128)] * 3)
    expected = np.minimum(error_levels(rgb, 98) / 16, 1)
    assert recompression_cnn.network_input(rgb) == pytest.approx(expected, abs=1e-6)


def test_the_recompression_score_is_the_difference_of_both_logits(texture):
    found = recompression_cnn.RecompressionCnn(Constant(), "1").examine(texture())
    assert found.score == pytest.approx(math.log(4) - math.log(1 / 4), abs=1e-5)


def test_occlusion_points_at_the_part_the_answer_rests_on(texture):
    pixels = np.full((192, 192), 40, np.uint8)
    pixels[160:, 160:] = 250
    found = vgg.Vgg(BrightCorner(), "1").examine(pixels)
    assert found.heatmap[176, 176] > 0.9
    assert found.heatmap[:128, :128].max() < 0.1


def test_occlusion_that_changes_nothing_leaves_an_empty_map(texture):
    assert not vgg.Vgg(Constant(), "1").examine(texture()).heatmap.any()


def test_log_odds_stay_finite_at_the_ends():
    assert networks.log_odds(0.0) == -networks.log_odds(1.0) == pytest.approx(math.log(1e-12), abs=1e-3)
    assert networks.log_odds(0.5) == 0
