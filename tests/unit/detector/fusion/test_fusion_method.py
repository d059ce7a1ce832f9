"""The default method: two parts, weighed by the regime of the file, with the weights that are shipped."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from detector.duplicates.siding import sided
from detector.errors import WeightsUnusable
from detector.fusing import Mixture, inputs
from detector.jpeg import regime
from detector.methods.fusion import Fusion, _spoken
from detector.methods.sift_copymove import SiftCopyMove
from detector.predict import Analyzer
from detector.registry import DEFAULT, SHIPPED, load
from detector.types import Band, Evidence, Finding

PARTS = ("localizer", "sift_copymove")


def made(seed: int = 1, size: tuple[int, int] = (320, 384)) -> Any:
    """Smooth shapes with texture and noise, 8 bit grey."""
    rng = np.random.default_rng(seed)
    picture = 110 + 30 * rng.standard_normal(size)
    picture = cv2.GaussianBlur(picture.astype(np.float32), (0, 0), 2.5) * 4 - 330
    return np.clip(picture + 3 * rng.standard_normal(size), 0, 255).astype(np.uint8)


def copied() -> Any:
    """A picture of which one region stands at another place too."""
    picture = made()
    picture[200:280, 250:340] = picture[40:120, 50:140]
    return picture


@pytest.fixture(scope="module")
def fusion() -> Fusion:
    found = load("fusion")
    assert isinstance(found, Fusion)
    return found


def test_it_is_the_default() -> None:
    assert DEFAULT == "fusion"
    assert Analyzer().name == "fusion"


def test_the_score_is_what_the_shipped_weights_make_of_the_parts(fusion: Fusion) -> None:
    picture = copied()
    found = fusion.examine(picture)
    figures = found.figures
    mixture = Mixture.read(json.loads((SHIPPED / "fusion" / "fusion.json").read_text()))
    both = inputs(figures["localizer_odds"], figures["copies_odds"])
    assert found.score == pytest.approx(mixture.score(both, str(regime(picture))))
    for name, part in (("localizer_odds", "localizer"), ("copies_odds", "sift_copymove")):
        assert figures[name] == pytest.approx(load(part).examine(picture).score, abs=1e-4)


def test_a_copied_region_raises_the_score_and_is_named(fusion: Fusion) -> None:
    clean, forged = fusion.examine(made()), fusion.examine(copied())
    assert forged.score > clean.score
    assert "copied_region" in {finding.code for finding in forged.findings}
    assert "copied_region" not in {finding.code for finding in clean.findings}


def _part(name: str) -> Evidence:
    return Evidence(0.0, np.zeros((8, 8), np.float32), (Finding(name, name, "", "", None),), {})


@pytest.mark.parametrize(
    ("adds", "named"),
    [
        ((2.0, 0.1, 0.0), ["map"]),
        ((-1.0, 0.4, 0.2), ["copies"]),
        ((1.0, 0.4, 3.0), ["copies", "map"]),
        ((0.4, 0.3, 0.0), []),
    ],
)
def test_only_what_speaks_for_a_forgery_is_a_reason_and_the_stronger_comes_first(
    adds: tuple[float, ...], named: list[str]
) -> None:
    assert [finding.code for finding in _spoken(np.array(adds), _part("map"), _part("copies"))] == named


def test_samples_that_stand_twice_are_called_altered() -> None:
    found = Analyzer().analyze(copied())
    assert found.band is Band.ALTERED
    assert "the same sample for sample" in found.findings[1].text


def test_the_heat_map_is_the_higher_of_the_two_and_the_map_helps_to_tell_the_copy(fusion: Fusion) -> None:
    picture = copied()
    mapped, copies = load("localizer").examine(picture).heatmap, load("sift_copymove")
    assert isinstance(copies, SiftCopyMove)
    matches, shape = copies.matches(picture)
    told = copies.evidence(sided(matches, shape, mapped), shape, picture.shape).heatmap
    assert np.allclose(fusion.examine(picture).heatmap, np.maximum(mapped, told), atol=1e-5)


def test_the_regime_is_always_said_in_words(fusion: Fusion) -> None:
    jpeg = cv2.imencode(".jpg", made(), (cv2.IMWRITE_JPEG_QUALITY, 88))[1].tobytes()
    opened = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_GRAYSCALE)
    lossless, once = fusion.examine(made()).findings[0], fusion.examine(opened, jpeg=jpeg).findings[0]
    assert lossless.code == once.code == "fusion-regime"
    assert "no JPEG save" in lossless.text
    assert "JPEG save is seen" in once.text


@pytest.mark.parametrize("shape", [(64, 64), (65, 300), (512, 70)])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_any_size_and_depth_is_examined_the_same_way_twice(fusion: Fusion, shape: Any, dtype: Any) -> None:
    picture = made(3, shape).astype(dtype) * (1 if dtype == np.uint8 else 16)
    first, second = (fusion.examine(picture) for _ in range(2))
    assert first.heatmap.shape == shape
    assert np.isfinite(first.score)
    assert first.score == second.score
    assert np.array_equal(first.heatmap, second.heatmap)


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """The shipped folders of the fusion and its parts, to be changed."""
    for name in ("fusion", *PARTS):
        shutil.copytree(SHIPPED / name, tmp_path / name)
    return tmp_path


def test_a_part_with_another_calibration_is_the_same_model(weights: Path) -> None:
    path = weights / "localizer" / "manifest.json"
    manifest = json.loads(path.read_text())
    (weights / "localizer" / "calibration.json").unlink()
    manifest["files"].pop("calibration.json")
    path.write_text(json.dumps(manifest))
    assert Fusion.load(weights / "fusion").name == "fusion"


@pytest.mark.parametrize("part", PARTS)
def test_another_model_of_a_part_is_refused(weights: Path, part: str) -> None:
    path = weights / part / "manifest.json"
    manifest = json.loads(path.read_text())
    name = next(name for name in manifest["files"] if name.endswith(("tflite", "model.json")))
    (weights / part / name).unlink()
    manifest["files"].pop(name)
    path.write_text(json.dumps(manifest))
    with pytest.raises(WeightsUnusable, match=part):
        Fusion.load(weights / "fusion")


def test_a_missing_part_is_said(weights: Path) -> None:
    shutil.rmtree(weights / "sift_copymove")
    with pytest.raises(WeightsUnusable, match="sift_copymove"):
        Fusion.load(weights / "fusion")
