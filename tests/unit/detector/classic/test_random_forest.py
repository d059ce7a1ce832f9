"""The random-forest method, trained here on made pictures: noise, and noise with a smoothed box."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from detector.datasets.contract import Example
from detector.methods.random_forest import RandomForest
from detector.serving import write_manifest
from detector.training.contract import Run, Samples
from detector.training.random_forest import TRAINER

BOX = np.s_[30:70, 20:60]


def picture(seed: int, forged: bool, side: int = 96) -> np.ndarray:
    grey = np.random.default_rng(seed).normal(128, 15, (side, side)).clip(0, 255).astype(np.uint8)
    if forged:
        grey[BOX] = cv2.GaussianBlur(grey, (0, 0), 2)[BOX]
    return grey


def samples(folder: Path, seeds: range) -> Samples:
    inputs, labels = [], []
    for seed in seeds:
        path, forged = folder / f"{seed}.png", bool(seed % 2)
        Image.fromarray(picture(seed, forged)).save(path)
        vector, label = TRAINER.prepare(Example(path, forged, "made", "CT", str(seed), str(seed)), 0)
        inputs.append(vector)
        labels.append(label)
    return Samples(np.concatenate(inputs), np.concatenate(labels), np.arange(len(seeds)))


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("forest")
    pictures = tmp_path_factory.mktemp("pictures")
    said = []
    run = Run(folder, folder / "checkpoint", 1, {"trees": 60}, lambda _done, _total, words: said.append(words))
    TRAINER.fit(samples(pictures, range(60)), samples(pictures, range(60, 70)), run)
    write_manifest(folder, method="random_forest", version="test", seed=1)
    return folder, said


@pytest.fixture(scope="module")
def method(trained):
    return RandomForest.load(trained[0])


def test_it_tells_a_smoothed_box_from_plain_noise(method):
    pristine = [method.examine(picture(seed, False)).score for seed in range(100, 105)]
    forged = [method.examine(picture(seed, True)).score for seed in range(105, 110)]
    assert max(pristine) < 0 < min(forged)


def test_the_trainer_reports_the_held_accuracy(trained):
    assert trained[1] == ["60 trees, held accuracy 1.000 of 10"]


def test_the_same_seed_grows_the_same_forest(trained, tmp_path):
    TRAINER.fit(
        samples(tmp_path, range(60)), samples(tmp_path, range(60, 70)), Run(tmp_path, tmp_path / "c", 1, {"trees": 60})
    )
    first, again = (np.load(folder / "model.npz") for folder in (trained[0], tmp_path))
    assert all((first[name] == again[name]).all() for name in first.files)


def test_the_same_picture_gives_the_same_evidence(method):
    first, again = method.examine(picture(7, True)), method.examine(picture(7, True))
    assert first.score == again.score
    assert (first.heatmap == again.heatmap).all()


def test_the_heat_map_is_highest_where_the_box_is(method):
    grey = np.random.default_rng(1).normal(128, 15, (256, 256)).clip(0, 255).astype(np.uint8)
    grey[20:84, 150:214] = cv2.GaussianBlur(grey, (0, 0), 2)[20:84, 150:214]
    heatmap = method.examine(grey).heatmap
    assert heatmap[30:74, 160:204].mean() > 1.5 * heatmap[128:].mean()


@pytest.mark.parametrize(
    ("shape", "dtype"),
    [((64, 64), np.uint8), ((65, 131, 3), np.uint8), ((70, 64, 4), np.uint16), ((80, 90, 1), np.uint16)],
)
def test_every_kind_of_picture_gets_a_heat_map_of_its_size(method, shape, dtype):
    pixels = np.random.default_rng(4).integers(0, np.iinfo(dtype).max, shape, dtype=dtype)
    heatmap = method.examine(pixels).heatmap
    assert heatmap.shape == shape[:2]
    assert heatmap.dtype == np.float32
    assert 0 <= heatmap.min() <= heatmap.max() <= 1


@pytest.mark.parametrize("pixels", [np.zeros((200, 200), np.uint8), np.eye(40, dtype=np.uint8)])
def test_constant_and_small_pictures_are_not_applicable(method, pixels):
    assert not method.applicable(pixels, None).applicable
