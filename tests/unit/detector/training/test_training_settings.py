"""Settings of trainings: the shipped files and what is laid over them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from detector.errors import UnusableConfig
from detector.registry import METHODS
from detector.training.config import CONFIGS, load_settings, settled
from detector.training.run import trainable


@pytest.mark.parametrize("method", [name for name in METHODS if trainable(name)])
def test_each_trainable_method_has_settings_with_cost_result_and_command_on_top(method: str):
    top = (CONFIGS / f"{method}.toml").read_text().split("\n\n")[0]
    comments = [line for line in top.splitlines() if line.startswith("#")]
    for word in ("# cost:", "# result:", f"# command: medseal train --method {method} "):
        assert any(line.startswith(word) for line in comments), word
    assert load_settings(method)["count"] > 0


def test_a_file_is_laid_over_the_methods_own_settings(tmp_path: Path):
    file = tmp_path / "mine.toml"
    file.write_text("epochs = 3\nlearning_rate = 1\n")
    found = load_settings("ela_cnn", file)
    assert (found["epochs"], found["learning_rate"]) == (3, 1)
    assert found["batch"] == load_settings("ela_cnn")["batch"]


@pytest.mark.parametrize(
    "over",
    [
        {"epoch": 3},
        {"epochs": "3"},
        {"epochs": 0},
        {"epochs": True},
        {"learning_rate": -1.0},
        {"held": 0.9},
        {"histories": ["A", "Z"]},
        {"histories": []},
    ],
)
def test_an_unknown_key_a_wrong_type_or_a_value_out_of_range_is_refused(over: dict[str, Any]):
    with pytest.raises(UnusableConfig, match=next(iter(over))):
        settled("ela_cnn", over)


def test_a_file_that_is_no_toml_is_refused(tmp_path: Path):
    file = tmp_path / "mine.toml"
    file.write_text("epochs: 3")
    with pytest.raises(UnusableConfig, match=r"mine\.toml"):
        load_settings("ela_cnn", file)


def test_a_method_without_a_model_has_settings_for_its_pictures_only():
    assert set(load_settings("keypoint_copymove")) == {"count", "held", "histories", "wide"}
    with pytest.raises(UnusableConfig, match="epochs"):
        settled("keypoint_copymove", {"epochs": 3})
