"""The localizer's features: shapes, golden values, and what they show of known saves and edits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from detector.evaluation.intervals import auc
from detector.localizer.features import BLOCK_FEATURES, features
from detector.localizer.grids import grids
from detector.localizer.planes import view
from detector.saving import Jpeg, encode, reopened

Array = npt.NDArray[Any]
Tissue = Callable[..., Array]


@pytest.mark.parametrize("shape", [(64, 64), (65, 71), (200, 130), (64, 700)])
@pytest.mark.parametrize("kind", ["grey", "deep", "colour", "alpha"])
def test_any_picture_has_whole_blocks_of_finite_features(shape: tuple[int, int], kind: str):
    rng = np.random.default_rng(1)
    samples = {"grey": (), "deep": (), "colour": (3,), "alpha": (4,)}[kind]
    top = 4096 if kind == "deep" else 256
    pixels = rng.integers(0, top, (*shape, *samples)).astype(np.uint16 if kind == "deep" else np.uint8)
    found = features(pixels)
    down, across = -(-shape[0] // 8), -(-shape[1] // 8)
    assert found.pixels.shape == (8 * down, 8 * across, 4)
    assert found.blocks.shape == (down, across, len(BLOCK_FEATURES))
    assert np.isfinite(found.blocks).all()


def test_a_picture_of_one_level_has_finite_features():
    assert np.isfinite(features(np.full((64, 64), 7, np.uint8)).blocks).all()


def test_the_features_of_a_known_picture_are_these(tissue: Tissue):
    found = features(tissue(1), None)
    named = dict(zip(BLOCK_FEATURES, found.blocks[16, 16].astype(float), strict=True))
    golden = {name: round(named[name], 2) for name in GOLDEN}
    assert golden == pytest.approx(GOLDEN, abs=0.03)
    assert found.pixels[128, 128].tolist() == pytest.approx(PLANES, abs=1)


def test_samples_twice_as_fine_change_nothing_but_the_depth(tissue: Tissue):
    plain = features(tissue(1, bits=12).astype(np.uint16))
    finer = features((tissue(1, bits=12).astype(np.uint16) * 2).astype(np.uint16))
    rare = {BLOCK_FEATURES.index(name) for name in ("rarity", "rarity | brightness")}
    same = [k for k in range(len(BLOCK_FEATURES)) if k not in rare]
    assert np.abs(plain.blocks[..., same].astype(float) - finer.blocks[..., same].astype(float)).max() < 0.05


def test_the_first_quality_and_a_patch_without_it_are_seen_on_the_files_own_grid(tissue: Tissue):
    data, inside = _patched(tissue(3), first=70, last=92, shift=(0, 0))
    found = features(reopened(data), data)
    assert abs(100 * found.figures["first quality"] - 70) <= 1
    assert _told(found.blocks, "against the first save", inside) > 0.9


def test_a_first_save_on_another_grid_is_seen_too(tissue: Tissue):
    data, inside = _patched(tissue(4), first=65, last=95, shift=(3, 5))
    found = features(reopened(data), data)
    assert grids(view(reopened(data)).grey, jpeg=True).second == (5, 3)
    assert _told(found.blocks, "against the second save", inside) > 0.85


def test_a_jpeg_past_of_a_lossless_picture_is_seen(tissue: Tissue):
    before = reopened(encode(tissue(5), Jpeg(75)))
    picture, inside = before.copy(), np.zeros(before.shape, np.bool_)
    inside[96:160, 96:160] = True
    picture[inside] = tissue(5)[inside]
    found = features(picture)
    assert found.figures["first gain"] > 0
    assert _told(found.blocks, "against the first save", inside) > 0.9


def test_a_lossless_original_shows_no_save(tissue: Tissue):
    assert features(tissue(6)).figures["first gain"] < 0.2


def test_jpeg_bytes_that_are_none_count_as_absent(tissue: Tissue):
    assert (features(tissue(1), b"none").blocks == features(tissue(1)).blocks).all()


def _patched(original: Array, *, first: int, last: int, shift: tuple[int, int]) -> tuple[bytes, Array]:
    """A JPEG file whose middle never had the first save, and where that is."""
    inside = np.zeros(original.shape, np.bool_)
    inside[96:160, 96:160] = True
    picture = np.where(inside, original, reopened(encode(original, Jpeg(first))))
    cut = np.s_[shift[0] :, shift[1] :]
    return encode(np.ascontiguousarray(picture[cut]), Jpeg(last)), inside[cut]


def _told(blocks: Array, name: str, inside: Array) -> float:
    """The chance that a block inside says more than one outside, after a mean of 3×3."""
    values = cv2.blur(blocks[..., BLOCK_FEATURES.index(name)].astype(np.float32), (3, 3))
    rows, columns = values.shape
    padded = np.zeros((8 * rows, 8 * columns), np.float32)
    padded[: inside.shape[0], : inside.shape[1]] = inside
    share = padded.reshape(rows, 8, columns, 8).mean(axis=(1, 3))
    chosen = (share > 0.9) | (share == 0)
    return auc(values[chosen], (share > 0.9)[chosen].astype(int))


GOLDEN = {
    "brightness": 0.06,
    "low band": 1.07,
    "high band": 0.42,
    "noise": 0.66,
    "noise | brightness": 0.97,
    "high | middle": 0.14,
    "rarity": 0.0,
    "own grid": -0.62,
    "first grid around": 0.18,
    "ghost 65": 0.85,
    "ghost 95": 0.4,
}
PLANES = [29, -18, -10, -3]
