"""Tiles, maps and the head, with stand-in networks whose answers are known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from detector.localizer.features import features
from detector.localizer.head import STATISTICS, Head, statistics
from detector.localizer.mapping import forged_odds
from detector.localizer.tiles import MeanTiles, odds_map
from detector.methods.localizer import Localizer

Array = npt.NDArray[Any]
Tissue = Callable[..., Array]


class Local:
    """Answers each cell by the mean residual of its surroundings, within reach."""

    def __init__(self) -> None:
        self.shapes: list[tuple[int, ...]] = []

    def odds(self, pixels: npt.NDArray[np.int8], blocks: npt.NDArray[np.float16]) -> npt.NDArray[np.float32]:
        """See TileNetwork."""
        self.shapes.append(pixels.shape)
        assert pixels.shape[0] % 32 == 0 and pixels.shape[1] % 32 == 0
        assert blocks.shape[:2] == (pixels.shape[0] // 8, pixels.shape[1] // 8)
        blurred = cv2.blur(pixels[..., 3].astype(np.float32), (65, 65), borderType=cv2.BORDER_REPLICATE)
        return blurred[2::4, 2::4].copy()


@pytest.mark.parametrize("side", [200, 333, 512])
def test_a_picture_in_several_tiles_has_the_map_of_one(tissue: Tissue, side: int):
    found = features(tissue(2, side=side))
    one = odds_map(Local(), found, whole=1024)
    several = Local()
    parts = odds_map(several, found, whole=64, core=128)
    assert len(several.shapes) > 1
    reach = 80 // 4  # beyond it the padding of a whole picture shows
    inner = np.s_[: one.shape[0] - reach, : one.shape[1] - reach]
    assert np.abs(one[inner] - parts[inner]).max() < 1e-4


@pytest.mark.parametrize("shape", [(64, 64), (64, 2048), (130, 70), (2048, 96)])
@pytest.mark.parametrize("deep", [False, True])
def test_evidence_has_the_pictures_rows_and_columns(shape: tuple[int, int], deep: bool):
    rng = np.random.default_rng(3)
    pixels = rng.integers(0, 4096 if deep else 256, shape).astype(np.uint16 if deep else np.uint8)
    found = _localizer().examine(pixels)
    assert found.heatmap.shape == shape and found.heatmap.dtype == np.float32
    assert float(found.heatmap.min()) >= 0 and float(found.heatmap.max()) <= 1
    assert np.isfinite(found.score)


def test_the_same_picture_gives_the_same_evidence(tissue: Tissue):
    first, second = (_localizer().examine(tissue(7, colour=True)) for _ in range(2))
    assert first.score == second.score
    assert (first.heatmap == second.heatmap).all()


def test_a_map_that_stands_out_somewhere_scores_higher_than_an_even_one():
    even = np.full((64, 64), -3.0, np.float32)
    marked = even.copy()
    marked[20:30, 20:30] = 3.0
    head = Head(np.zeros(len(STATISTICS)), np.ones(len(STATISTICS)), np.ones(len(STATISTICS)), 0.0)
    assert head.score(statistics(marked)) > head.score(statistics(even))


def test_the_head_survives_its_file():
    rng = np.random.default_rng(1)
    head = Head(rng.normal(size=len(STATISTICS)), np.ones(len(STATISTICS)), rng.normal(size=len(STATISTICS)), 0.5)
    found = statistics(rng.normal(size=(32, 32)).astype(np.float32))
    assert Head.from_json(head.to_json()).score(found) == head.score(found)
    with pytest.raises(ValueError, match="other statistics"):
        Head.from_json({**head.to_json(), "statistics": ["another"]})


def _localizer() -> Localizer:
    count = len(STATISTICS)
    return Localizer(Local(), Head(np.zeros(count), np.ones(count), np.full(count, 0.1), 0.0), "test")


def test_a_larger_picture_than_a_panel_is_mapped_in_panels_on_the_grid(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("detector.localizer.mapping.PANEL", 256)
    rng = np.random.default_rng(5)
    picture = rng.integers(0, 256, (300, 530)).astype(np.uint8)
    network = Local()
    found = forged_odds(network, picture, None)
    assert found.odds.shape == (75, 133) and np.isfinite(found.odds).all()
    assert len(network.shapes) == 6


def test_the_mean_over_mirror_images_is_the_same_for_a_mirrored_picture():
    rng = np.random.default_rng(6)
    picture = cv2.GaussianBlur(rng.integers(0, 256, (128, 128)).astype(np.uint8), (0, 0), 1.0)
    straight = forged_odds(Local(), picture, None, turns=4).odds
    mirrored = forged_odds(Local(), np.ascontiguousarray(picture[:, ::-1]), None, turns=4).odds
    assert np.abs(straight - mirrored[:, ::-1]).max() < 0.5


class Even:
    """The same log odds everywhere."""

    def __init__(self, odds: float) -> None:
        self._odds = odds

    def odds(self, pixels: npt.NDArray[np.int8], blocks: npt.NDArray[np.float16]) -> npt.NDArray[np.float32]:
        """See TileNetwork."""
        return np.full((blocks.shape[0] * 2, blocks.shape[1] * 2), self._odds, np.float32)


def test_several_networks_answer_with_the_mean_of_their_log_odds(tissue: Tissue):
    found = odds_map(MeanTiles([Even(-3.0), Even(1.0), Even(5.0)]), features(tissue(2)))
    assert found.dtype == np.float32
    assert np.allclose(found, 1.0)


def test_the_mean_follows_each_network_over_all_tiles(tissue: Tissue):
    found = features(tissue(2, side=200))
    mixed = odds_map(MeanTiles([Local(), Even(2.0)]), found, whole=64, core=128)
    assert np.allclose(mixed, (odds_map(Local(), found, whole=64, core=128) + 2.0) / 2, atol=1e-5)
