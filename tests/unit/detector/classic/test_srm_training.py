"""What Rao and Ni's trainer takes from a picture, and a training of two epochs on made pictures."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.svm import SVC

from detector.datasets.contract import Example
from detector.errors import UnusableData
from detector.methods.srm_cnn_svm import SIDE, SrmCnnSvm
from detector.serving import write_manifest
from detector.training.contract import Run, Samples
from detector.training.srm_cnn_svm import BORDER, REGULAR, TRAINER, best_machine, learned, platt

BOX = np.s_[50:160, 30:150]


def example(folder: Path, seed: int, forged: bool, shape: tuple[int, int] = (200, 184), masked: bool = True) -> Example:
    grey = np.random.default_rng(seed).normal(128, 15, shape).clip(0, 255).astype(np.uint8)
    mask = np.zeros(shape, np.uint8)
    if forged:
        grey[BOX] = cv2.GaussianBlur(grey, (0, 0), 2)[BOX]
        mask[BOX] = 255
    path, masking = folder / f"{seed}.png", folder / f"{seed}-mask.png"
    Image.fromarray(grey).save(path)
    Image.fromarray(mask).save(masking)
    return Example(path, forged, "made", "CT", str(seed), str(seed), mask=masking if forged and masked else None)


def samples(folder: Path, seeds: range) -> Samples:
    made = [TRAINER.prepare(example(folder, seed, bool(seed % 2)), seed) for seed in seeds]
    inputs, labels = (np.concatenate(column) for column in zip(*made, strict=True))
    return Samples(inputs, labels, np.repeat(np.arange(len(made)), [len(labels) for _, labels in made]))


def test_nine_regular_patches_come_first_and_cover_the_picture(tmp_path):
    one = example(tmp_path, 2, False)
    inputs, _ = TRAINER.prepare(one, 1)
    grey = np.asarray(Image.open(one.path))
    assert (inputs[0, :, :, 0] == grey[:SIDE, :SIDE]).all()
    assert (inputs[REGULAR - 1, :, :, 2] == grey[72:200, 56:184]).all()


def test_every_patch_that_the_network_learns_as_forged_holds_a_part_of_the_box_and_of_its_surroundings(tmp_path):
    inputs, labels = TRAINER.prepare(example(tmp_path, 1, True), 5)
    assert labels.tolist() == [1] * (REGULAR + BORDER)
    for patch in inputs[REGULAR:, :, :, 0].astype(np.float32):
        rough = cv2.blur(abs(patch - cv2.GaussianBlur(patch, (0, 0), 1)), (9, 9))
        assert rough.min() < 0.3 * np.median(rough) or rough.max() > 3 * np.median(rough)


def test_the_same_seed_takes_the_same_patches_and_another_takes_others(tmp_path):
    one = example(tmp_path, 4, False, (400, 400))
    first, again, other = (TRAINER.prepare(one, seed)[0] for seed in (7, 7, 8))
    assert (first == again).all()
    assert (first[REGULAR:] != other[REGULAR:]).any()
    assert (first[:REGULAR] == other[:REGULAR]).all()


def test_a_forged_picture_without_a_mask_teaches_the_network_nothing(tmp_path):
    inputs, _ = TRAINER.prepare(example(tmp_path, 1, True, masked=False), 1)
    assert len(inputs) == REGULAR


def test_a_picture_smaller_than_a_patch_is_reflected(tmp_path):
    inputs, _ = TRAINER.prepare(example(tmp_path, 2, False, (70, 90)), 1)
    assert inputs.shape == (REGULAR + BORDER, SIDE, SIDE, 3)
    assert (inputs[0, 70:128] == inputs[0, 12:70][::-1]).all()


def test_a_constant_picture_gives_no_patch(tmp_path):
    Image.fromarray(np.full((200, 200), 8, np.uint8)).save(tmp_path / "flat.png")
    inputs, labels = TRAINER.prepare(Example(tmp_path / "flat.png", False, "made", "CT", "g", "p"), 1)
    assert len(inputs) == len(labels) == 0


def test_the_network_learns_from_what_follows_the_regular_patches_of_each_picture():
    owners = np.array([3] * 11 + [5] * 9 + [8] * 10)
    marks = np.concatenate([np.arange(11), np.arange(9), np.arange(10)])
    chosen = learned(Samples(marks, np.zeros(30, np.int64), owners))
    assert chosen.inputs.tolist() == [9, 10, 9]
    assert chosen.owners.tolist() == [3, 3, 8]


def test_one_class_on_the_held_side_is_refused():
    vectors = np.random.default_rng(1).normal(size=(20, 6)).astype(np.float32)
    with pytest.raises(UnusableData, match="held side"):
        best_machine(vectors, np.arange(20) % 2, vectors, np.zeros(20, np.int64))


def test_the_machine_that_ranks_the_held_pictures_best_is_kept():
    rng = np.random.default_rng(2)
    vectors = rng.normal(size=(300, 6)).astype(np.float32)
    labels = ((vectors[:, :2] ** 2).sum(1) > 1.4).astype(np.int64)
    arrays, facts = best_machine(vectors[:200], labels[:200], vectors[200:], labels[200:])
    assert facts["held_auc"] > 0.93
    assert len(arrays["dual"]) == facts["support"]
    assert arrays["constants"][2] < 0  # a higher value is a higher probability


def test_the_curve_is_platts_as_scikit_learn_fits_it():
    rng = np.random.default_rng(4)
    labels = np.arange(200) % 2
    inputs = (labels + rng.normal(0, 1, 200))[:, np.newaxis]
    machine = SVC().fit(inputs, labels)
    fitted = CalibratedClassifierCV(FrozenEstimator(machine), method="sigmoid").fit(inputs, labels)
    sigmoid = fitted.calibrated_classifiers_[0].calibrators[0]
    assert platt(machine.decision_function(inputs), labels) == pytest.approx((sigmoid.a_, sigmoid.b_), rel=1e-3)


def test_three_held_pictures_of_each_class_are_enough_and_separable_ones_stay_below_certainty():
    a, b = platt(np.array([-3.0, -2.0, -1.0, 1.0, 2.0, 3.0]), np.array([0, 0, 0, 1, 1, 1]))
    assert -3 < a < 0
    assert b == pytest.approx(0, abs=0.01)


def test_a_trained_model_tells_smoothed_boxes_from_plain_noise(tmp_path):
    run = Run(tmp_path / "model", tmp_path / "run", 1, {"epochs": 2, "batch": 16, "learning_rate": 1e-3, "patience": 2})
    run.checkpoint.mkdir()
    TRAINER.fit(samples(tmp_path, range(16)), samples(tmp_path, range(24, 32)), run)
    write_manifest(run.folder, method="srm_cnn_svm", version="test", seed=1)
    method = SrmCnnSvm.load(run.folder)
    asked = [np.asarray(Image.open(example(tmp_path, seed, bool(seed % 2)).path)) for seed in range(40, 50)]
    scores = [method.examine(grey).score for grey in asked]
    assert min(scores[1::2]) > max(scores[::2])
