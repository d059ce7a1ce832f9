"""Examples to samples to a model folder, without TensorFlow: the random forest is the quickest to train."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from detector.datasets.contract import Example
from detector.errors import UnknownMethod, UnusableData
from detector.registry import load
from detector.serving import check_manifest
from detector.training.preparing import CHUNK, prepared
from detector.training.run import CHECKPOINT, forget, train

FEW_TREES = {"trees": 3}


class Stopped(Exception):
    """Stands for a machine that was switched off."""


def silent(_done: int, _total: int, _words: str) -> None:
    return None


def made_examples(folder: Path, count: int = 12, *, flat: bool = False) -> list[Example]:
    """Noise; the forged ones are smoother."""
    folder.mkdir(parents=True, exist_ok=True)
    examples = []
    for i in range(count):
        pixels = np.random.default_rng(i).integers(0, 255, (64, 80), np.uint8)
        pixels = np.full_like(pixels, 90) if flat else cv2.GaussianBlur(pixels, (5, 5), 0) if i % 2 else pixels
        path = folder / f"{i:02}.png"
        cv2.imwrite(str(path), pixels)
        examples.append(Example(path, bool(i % 2), "made", "none", f"g{i}", f"p{i}", history="B1"))
    return examples


@pytest.fixture
def sides(tmp_path: Path) -> tuple[list[Example], list[Example]]:
    return made_examples(tmp_path / "train"), made_examples(tmp_path / "held", 6)


def grown(folder: Path, sides: tuple[list[Example], list[Example]], **more: Any) -> dict[str, Any]:
    train("random_forest", *sides, folder, **{"seed": 1, "config": FEW_TREES, **more})
    return check_manifest(folder)


def test_samples_keep_the_order_and_the_labels_of_their_examples(tmp_path: Path):
    examples = made_examples(tmp_path / "pictures", CHUNK + 3)
    found = prepared("ela_cnn", examples, tmp_path / "parts", seed=1, report=silent, words="")
    assert found.inputs.shape == (CHUNK + 3, 128, 128, 3)
    assert found.labels.tolist() == [int(example.forged) for example in examples]
    assert found.owners.tolist() == list(range(CHUNK + 3))


def test_two_processes_make_the_same_samples_as_one(tmp_path: Path):
    examples = made_examples(tmp_path / "pictures", 2 * CHUNK + 3)
    one, two = (
        prepared("ela_cnn", examples, tmp_path / str(n), seed=1, report=silent, words="", workers=n) for n in (1, 2)
    )
    np.testing.assert_array_equal(one.inputs, two.inputs)


def test_parts_that_are_there_are_not_made_again(tmp_path: Path):
    examples = made_examples(tmp_path / "pictures", CHUNK + 3)
    first = prepared("ela_cnn", examples, tmp_path / "parts", seed=1, report=silent, words="")
    for example in examples:
        example.path.unlink()
    second = prepared("ela_cnn", examples, tmp_path / "parts", seed=1, report=silent, words="")
    np.testing.assert_array_equal(first.inputs, second.inputs)


def test_pictures_on_which_the_method_is_not_applicable_give_no_samples(tmp_path: Path):
    flat, textured = made_examples(tmp_path / "flat", 1, flat=True), made_examples(tmp_path / "textured", 2)
    found = prepared("ela_cnn", flat + textured, tmp_path / "parts", seed=1, report=silent, words="")
    assert found.owners.tolist() == [1, 2]
    with pytest.raises(UnusableData, match="none among 1"):
        prepared("ela_cnn", flat, tmp_path / "flat-parts", seed=1, report=silent, words="")


def test_a_training_leaves_a_model_folder_that_loads_and_says_how_it_was_made(tmp_path: Path, sides: Any):
    manifest = grown(tmp_path / "weights/random_forest", sides)
    assert load("random_forest", tmp_path / "weights").name == "random_forest"
    assert manifest["config"]["trees"] == 3
    assert manifest["data"]["train"] == {
        "pictures": 12,
        "forged": 6,
        "sources": {"made": 12},
        "histories": {"B1": 12},
    }
    assert not (tmp_path / "weights/random_forest" / CHECKPOINT).exists()


def test_a_finished_training_is_not_done_again_and_another_one_takes_its_place(tmp_path: Path, sides: Any):
    first = grown(tmp_path / "model", sides)
    (tmp_path / "model/calibration.json").write_text("{}")
    calls: list[str] = []
    again = grown(tmp_path / "model", sides, report=lambda _done, _total, words: calls.append(words))
    assert (again, calls) == (first, [])
    other = grown(tmp_path / "model", sides, seed=2)
    assert other["task"] != first["task"]


def test_a_stopped_training_goes_on_and_only_with_the_same_arguments(tmp_path: Path, sides: Any):
    def stop(done: int, total: int, words: str) -> None:
        if done == total and "held" in words:
            raise Stopped

    with pytest.raises(Stopped):
        grown(tmp_path / "model", sides, report=stop)
    with pytest.raises(UnusableData, match="begun"):
        grown(tmp_path / "model", sides, seed=2)
    for example in (*sides[0], *sides[1]):
        example.path.write_bytes(b"." * example.path.stat().st_size)  # nothing is read a second time
    assert grown(tmp_path / "model", sides)["seed"] == 1


def test_forgetting_removes_a_model_and_what_was_begun_and_nothing_else(tmp_path: Path, sides: Any):
    folder = tmp_path / "model"
    grown(folder, sides)
    (folder / CHECKPOINT).mkdir()
    (folder / "notes.txt").write_text("mine")
    forget(folder)
    assert [path.name for path in folder.iterdir()] == ["notes.txt"]


def test_a_method_without_a_model_gets_a_manifest_that_names_no_files(tmp_path: Path, sides: Any):
    train("keypoint_copymove", *sides, tmp_path / "keypoint_copymove", seed=1)
    assert check_manifest(tmp_path / "keypoint_copymove")["files"] == {}
    assert load("keypoint_copymove", tmp_path).name == "keypoint_copymove"


def test_there_is_no_training_of_an_unknown_method(tmp_path: Path, sides: Any):
    with pytest.raises(UnknownMethod, match="oracle"):
        train("oracle", *sides, tmp_path, seed=1)
