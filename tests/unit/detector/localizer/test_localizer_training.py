"""Crops, twins and the exported network."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from detector.benchmarks import make_set
from detector.datasets.contract import Example
from detector.datasets.opening import open_dataset
from detector.datasets.reading import read_mask, read_picture
from detector.localizer import crops
from detector.localizer.features import features
from detector.training.localizer import TRAINER

Array = npt.NDArray[Any]


@pytest.fixture(scope="module")
def wide(hospital: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Example]:
    """Sixteen wide twins of made pictures."""
    return make_set(open_dataset(hospital), tmp_path_factory.mktemp("wide"), count=32, seed=4, wide=True, processes=1)


def test_wide_twins_are_saved_alike(wide: list[Example]):
    for plain, forged in zip(wide[::2], wide[1::2], strict=True):
        assert plain.pair == forged.pair and forged.forged and not plain.forged
        assert (plain.history, plain.first_quality, plain.last_quality, plain.path.suffix) == (
            forged.history,
            forged.first_quality,
            forged.last_quality,
            forged.path.suffix,
        )
        assert forged.mask is not None
        one, other = read_picture(plain.path), read_picture(forged.path)
        assert one.pixels.shape == other.pixels.shape and one.pixels.dtype == other.pixels.dtype
        assert read_mask(forged.mask).shape == other.pixels.shape[:2]


def test_a_wide_set_holds_what_a_plain_one_does_not(wide: list[Example], hospital: Path, tmp_path: Path):
    plain = make_set(open_dataset(hospital), tmp_path / "plain", count=32, seed=4, processes=1)
    assert {e.operation for e in wide} - {e.operation for e in plain}


def test_lossless_wide_pictures_differ_in_the_mask_alone(wide: list[Example]):
    for plain, forged in zip(wide[::2], wide[1::2], strict=True):
        if plain.history != "B1" or forged.mask is None:
            continue
        one, other = read_picture(plain.path).pixels, read_picture(forged.path).pixels
        outside = ~read_mask(forged.mask)
        assert (one[outside] == other[outside]).all()


def test_twins_are_cropped_at_the_same_places(wide: list[Example]):
    plain, forged = wide[0], wide[1]
    ours, ours_labels = TRAINER.prepare(plain, 1)
    theirs, their_labels = TRAINER.prepare(forged, 2)
    assert ours.shape == theirs.shape and ours.dtype == np.uint8
    assert ours_labels.sum() == 0 and their_labels[0] == 1
    brightness = [crops.unpack(rows).blocks[..., 0].astype(float) for rows in (ours, theirs)]
    assert np.median(np.abs(brightness[0] - brightness[1])) < 0.02


def test_a_crop_comes_back_as_it_was_packed(tissue: Callable[..., Array]):
    picture = tissue(3, side=300)
    found = features(picture)
    mask = np.zeros(picture.shape, np.bool_)
    mask[60:100, 80:120] = True
    batch = crops.unpack(crops.pack(found, mask, (40, 16))[None])
    assert (batch.pixels[0] == found.pixels[40:296, 16:272]).all()
    assert (batch.blocks[0] == found.blocks[5:37, 2:34]).all()
    assert batch.truth[0, 5:15, 16:26].min() == 100 and (batch.truth[0] == 100).sum() == 100


def test_cells_beyond_a_small_picture_are_unknown(tissue: Callable[..., Array]):
    batch = crops.unpack(crops.pack(features(tissue(3, side=128)), None, (0, 0))[None])
    assert (batch.truth[0, :32, :32] == 0).all() and (batch.truth[0, 32:] == crops.UNKNOWN).all()


def test_a_turned_crop_has_turned_truth_and_residuals_in_their_new_directions(tissue: Callable[..., Array]):
    picture = tissue(3)
    mask = np.zeros(picture.shape, np.bool_)
    mask[:64, :64] = True
    rows = crops.pack(features(picture), mask, (0, 0))[None].repeat(16, axis=0)
    turned = crops.turned(crops.unpack(rows), np.random.default_rng(0))
    again = crops.unpack(crops.pack(features(np.ascontiguousarray(np.rot90(picture))), np.rot90(mask), (0, 0))[None])
    gaps = [np.abs(one.astype(int) - again.pixels[0]).mean() for one in turned.pixels]
    best = int(np.argmin(gaps))
    assert gaps[best] < 1.0
    assert (turned.truth[best] == again.truth[0]).all()
