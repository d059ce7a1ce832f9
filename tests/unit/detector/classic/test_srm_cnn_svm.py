"""Rao and Ni's method with a stand-in network whose answer is known: how noisy a patch is."""

import numpy as np
import pytest

from detector import svm
from detector.errors import WeightsUnusable
from detector.methods.srm_cnn_svm import SIDE, SrmCnnSvm


class NoiseMeter:
    """Forged is what has little noise; the first of the 400 figures is the deviation in grey levels."""

    def __init__(self):
        self.asked = 0

    def run(self, batch):
        assert batch.shape[1:] == (SIDE, SIDE, 3)
        assert 0 <= batch.min() <= batch.max() <= 1
        self.asked += len(batch)
        deviation = batch.std((1, 2, 3)) * 255
        vectors = np.zeros((len(batch), 400), np.float32)
        vectors[:, 0] = deviation
        forged = 1 / (1 + np.exp(deviation - 10))
        return vectors, np.stack([1 - forged, forged], axis=1)


def machine() -> dict[str, np.ndarray]:
    """One support vector on each side: a deviation of 0 is forged, of 20 is pristine."""
    support = np.zeros((2, 400), np.float16)
    support[1, 0] = 20
    return {
        "mean": np.zeros(400, np.float32),
        "scale": np.ones(400, np.float32),
        "support": support,
        "dual": np.array([1.0, -1.0]),
        "constants": np.array([0.01, 0.0, -4.0, 0.0]),
    }


@pytest.fixture
def method():
    return SrmCnnSvm(NoiseMeter(), machine(), "test")


def noise(rows: int, columns: int, deviation: float = 20) -> np.ndarray:
    return np.random.default_rng(6).normal(128, deviation, (rows, columns)).clip(0, 255).astype(np.uint8)


def test_the_score_is_the_machines_value_for_the_mean_of_the_patches(method):
    found = method.examine(noise(256, 256))
    vector = np.zeros((1, 400))
    vector[0, 0] = noise(256, 256).std()
    assert found.score == pytest.approx(svm.decide(machine(), vector)[0], abs=0.02)
    assert found.score < -0.5
    assert method.examine(noise(256, 256, 3)).score > 0.5


def test_the_heat_map_is_high_where_the_patches_are_forged(method):
    grey = noise(384, 384)
    grey[:140, 220:] = 128
    found = method.examine(grey)
    assert found.heatmap[50:78, 290:318].min() > 0.5
    assert found.heatmap[250:, :130].max() < 0.1
    assert found.findings[1].region.x >= 220


@pytest.mark.parametrize("shape", [(64, 64), (64, 300), (127, 129), (512, 512), (1500, 1100)])
def test_the_patches_are_few_and_the_map_has_the_pictures_size(method, shape):
    found = method.examine(noise(*shape))
    assert found.heatmap.shape == shape
    assert 1 <= method._model.asked == found.figures["patches"] <= 49


def test_a_picture_under_a_patch_names_a_region_within_itself(method):
    region = method.examine(noise(70, 90)).findings[1].region
    assert (region.x, region.y, region.width, region.height) == (0, 0, 90, 70)


@pytest.mark.parametrize("shape", [(80, 90, 1), (80, 90, 3), (80, 90, 4)])
def test_sixteen_bit_and_every_number_of_channels_is_examined(method, shape):
    pixels = np.random.default_rng(4).integers(0, 65535, shape, dtype=np.uint16)
    assert method.examine(pixels).heatmap.shape == shape[:2]


@pytest.mark.parametrize("pixels", [np.zeros((200, 200), np.uint8), np.eye(40, dtype=np.uint8)])
def test_constant_and_small_pictures_are_not_applicable(method, pixels):
    assert not method.applicable(pixels, None).applicable


def test_a_machine_over_other_figures_is_refused():
    arrays = machine() | {"mean": np.zeros(12, np.float32)}
    with pytest.raises(WeightsUnusable, match="shape"):
        SrmCnnSvm(NoiseMeter(), arrays, "test")


def test_a_network_with_other_outputs_is_refused(method):
    method._model.run = lambda batch: (np.zeros((len(batch), 2), np.float32),)
    with pytest.raises(WeightsUnusable, match="400"):
        method.examine(noise(128, 128))
