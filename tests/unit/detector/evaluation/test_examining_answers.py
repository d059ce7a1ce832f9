"""Kept answers belong to the model that gave them."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from detector.datasets.contract import Example
from detector.errors import UnusableConfig
from detector.evaluation.examining import Examiners
from detector.evaluation.outcomes import Outcome
from detector.registry import SHIPPED
from detector.serving import MANIFEST, write_manifest


@pytest.fixture
def examples(tmp_path: Path) -> list[Example]:
    """One pristine picture."""
    path = tmp_path / "one.png"
    cv2.imwrite(str(path), np.random.default_rng(1).integers(0, 255, (128, 128), np.uint8))
    return [Example(path, forged=False, source="made", modality="CT", group="one", pair="one")]


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A folder with a copy of one shipped model."""
    folder = tmp_path / "models" / "ela_cnn"
    folder.mkdir(parents=True)
    for file in (SHIPPED / "ela_cnn").iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    return folder.parent


def asked(models: Path, examples: list[Example], kept: Path) -> list[Outcome]:
    with Examiners(1) as examiners:
        return examiners.examine("ela_cnn", models, examples, kept, report=lambda *_: None)


def test_answers_are_taken_from_the_file_while_the_model_is_the_same(
    models: Path, examples: list[Example], tmp_path: Path
) -> None:
    kept = tmp_path / "out" / "answers.jsonl"
    first = asked(models, examples, kept)
    kept.write_text(kept.read_text().replace('"reason":"', '"reason":"kept: '))
    assert asked(models, examples, kept)[0].reason == f"kept: {first[0].reason}"


def test_another_calibration_is_the_same_model(models: Path, examples: list[Example], tmp_path: Path) -> None:
    kept = tmp_path / "answers.jsonl"
    asked(models, examples, kept)
    (models / "ela_cnn" / "calibration.json").write_text("{}")
    write_manifest(models / "ela_cnn", method="ela_cnn", version="1")
    assert asked(models, examples, kept)


def test_answers_of_another_model_are_refused(models: Path, examples: list[Example], tmp_path: Path) -> None:
    kept = tmp_path / "answers.jsonl"
    asked(models, examples, kept)
    manifest = models / "ela_cnn" / MANIFEST
    manifest.write_text(manifest.read_text().replace('model.tflite": "', 'model.tflite": "0'))
    with pytest.raises(UnusableConfig, match="found those of another model"):
        asked(models, examples, kept)
