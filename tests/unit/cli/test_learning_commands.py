"""``medseal train`` and ``medseal evaluate``."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from detector.predict import Analyzer

COUNT = 24


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of pristine pictures: textures, each unlike the others."""
    folder = tmp_path_factory.mktemp("pictures")
    (folder / "pristine").mkdir()
    for i in range(COUNT):
        rng = np.random.default_rng(i)
        coarse = cv2.resize(rng.integers(30, 220, (9, 9), np.uint8), (128, 128), interpolation=cv2.INTER_CUBIC)
        cv2.imwrite(str(folder / f"pristine/{i:02}.png"), coarse // 2 + rng.integers(0, 60, (128, 128), np.uint8))
    return folder


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("settings") / "small.toml"
    file.write_text('count = 24\nheld = 0.4\ntrees = 5\nhistories = ["B1", "B2"]\n')
    return file


def test_training_on_pristine_pictures_makes_forgeries_and_a_folder_that_analyzes(
    run_bare: Callable[..., Any], pictures: Path, settings: Path, tmp_path: Path
):
    asked = ("train", "--method", "random_forest", "--data", pictures, "--config", settings, "--out", tmp_path)
    ran = run_bare(*asked, "--json")
    assert ran.code == 0, ran.err
    assert ran.line["data"]["train"]["pictures"] == 2 * ran.line["data"]["train"]["forged"] > 8
    assert "calibration.json" in ran.line["files"]
    picture = cv2.imread(str(pictures / "pristine/00.png"), cv2.IMREAD_GRAYSCALE)
    assert Analyzer("random_forest", tmp_path).analyze(picture).probability is not None
    stamp = (tmp_path / "random_forest/manifest.json").stat().st_mtime_ns
    again = run_bare(*asked)
    assert (again.code, (tmp_path / "random_forest/manifest.json").stat().st_mtime_ns) == (0, stamp)
    assert f"--weights {tmp_path}" in again.err
    assert "of them forged" in again.out


def test_sides_that_are_there_are_trained_and_held_as_they_are(
    run_bare: Callable[..., Any], pictures: Path, settings: Path, tmp_path: Path
):
    for side, seed in (("train", 1), ("held", 2)):
        made = run_bare("forge", pictures, "--out", tmp_path / side, "--count", "12", "--seed", seed)
        assert made.code == 0, made.err
    asked = ("train", "--method", "random_forest", "--data", tmp_path, "--config", settings)
    ran = run_bare(*asked, "--out", tmp_path / "models", "--json")
    assert ran.code == 0, ran.err
    assert [ran.line["data"][side]["pictures"] for side in ("train", "held")] == [12, 12]


def test_an_unknown_method_is_bad_input_and_the_methods_are_named(run_bare: Callable[..., Any], tmp_path: Path):
    ran = run_bare("train", "--method", "oracle", "--data", tmp_path, "--out", tmp_path)
    assert ran.code == 2
    assert "ela_cnn" in ran.err
    assert "(unknown_method)" in ran.err


def test_a_setting_that_does_not_exist_is_bad_input_with_advice(run_bare: Callable[..., Any], tmp_path: Path):
    (tmp_path / "mine.toml").write_text("epoch = 3")
    ran = run_bare("train", "--method", "ela_cnn", "--data", tmp_path, "--config", tmp_path / "mine.toml")
    assert ran.code == 2
    assert "'epoch'" in ran.err
    assert "detector/configs" in ran.err


@pytest.mark.parametrize("forged", [False, True])
def test_pictures_of_one_patient_cannot_be_divided_and_the_groups_are_counted(
    run_bare: Callable[..., Any], pictures: Path, tmp_path: Path, forged: bool
):
    for kind in ("pristine", "forged")[: 1 + forged]:
        (tmp_path / "data" / kind).mkdir(parents=True)
        shutil.copytree(pictures / "pristine", tmp_path / "data" / kind / "one-patient")
    ran = run_bare("train", "--method", "random_forest", "--data", tmp_path / "data", "--out", tmp_path / "models")
    assert ran.code == 2
    assert "expected several groups" in ran.err
    assert f"found 1 in {COUNT * (1 + forged)} pictures" in ran.err


def test_a_folder_without_pictures_is_bad_input(run_bare: Callable[..., Any], tmp_path: Path):
    ran = run_bare("train", "--method", "ela_cnn", "--data", tmp_path / "nowhere", "--out", tmp_path)
    assert (ran.code, "(unusable_data)" in ran.err) == (2, True)


def test_leaving_out_every_source_is_bad_input(run_bare: Callable[..., Any], pictures: Path, tmp_path: Path):
    ran = run_bare("train", "--method", "ela_cnn", "--data", pictures, "--without", "*", "--out", tmp_path)
    assert (ran.code, "(unusable_data)" in ran.err) == (2, True)


@pytest.mark.parametrize(("option", "value"), [("--methods", "oracle"), ("--protocols", "kind"), ("--seeds", "99")])
def test_a_benchmark_of_what_does_not_exist_is_bad_input(
    run_bare: Callable[..., Any], tmp_path: Path, option: str, value: str
):
    ran = run_bare("evaluate", "--quick", "--out", tmp_path, option, value)
    assert (ran.code, "(unusable_config)" in ran.err) == (2, True)


def test_the_commands_are_listed_without_importing_what_they_need():
    program = (
        "import sys, json; import ledger.cli.app; print(json.dumps([m for m in ('numpy', 'cv2', 'tensorflow', 'rich', "
        "'detector.training.complete') if m in sys.modules]))"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert "tensorflow" not in found
    assert not {"numpy", "cv2", "detector.training.complete"} & set(json.loads(found))
