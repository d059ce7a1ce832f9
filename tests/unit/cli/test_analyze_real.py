"""medseal analyze with a real method, calibrated here on made scores."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from PIL import Image

from detector.calibrate import Calibration
from detector.serving import write_manifest


@pytest.fixture
def weights(tmp_path):
    folder = tmp_path / "weights" / "keypoint_copymove"
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    scores = np.concatenate((rng.normal(0, 1, 60), rng.normal(20, 3, 60)))
    Calibration.fit(scores, [0] * 60 + [1] * 60, ["lossless"] * 120).save(folder / "calibration.json")
    write_manifest(folder, method="keypoint_copymove", version="1", seed=0, config={}, data={})
    return folder.parent


@pytest.fixture
def picture(tmp_path):
    rng = np.random.default_rng(1)
    noise = rng.standard_normal((256, 256)).astype(np.float32)
    grey = sum(cv2.GaussianBlur(noise, (0, 0), sigma) * sigma for sigma in (1, 3, 8))
    grey = cv2.normalize(grey, None, 20, 235, cv2.NORM_MINMAX).astype(np.uint8)
    grey[150:230, 150:230] = grey[20:100, 30:110]
    path = tmp_path / "copied.png"
    cv2.imwrite(str(path), grey)
    return path


def test_a_real_method_answers_with_a_map_of_the_pictures_size(run_bare, weights, picture, tmp_path):
    ran = run_bare(
        *("analyze", picture, "--method", "keypoint_copymove", "--weights", weights),
        *("--json", "--out", tmp_path / "maps"),
    )
    line = ran.line
    assert line["applicable"], line["reason"]
    assert 0 <= line["probability"] <= 1
    heat = np.asarray(Image.open(line["heatmap"]))
    assert (heat.shape, heat.dtype) == ((256, 256), np.uint16)
    assert (ran.code == 1) == (line["band"] == "altered")


def test_a_model_that_was_changed_is_not_used(run_bare, weights, picture):
    calibration = weights / "keypoint_copymove" / "calibration.json"
    calibration.write_bytes(calibration.read_bytes() + b" ")
    ran = run_bare("analyze", picture, "--method", "keypoint_copymove", "--weights", weights)
    assert ran.code == 2
    assert "weights_unusable" in ran.err
