"""Generators that nothing is trained on: each fills the hole, keeps the rest, and looks as it says."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from detector.errors import UnusableData
from detector.forge import forge_with
from detector.forge.bands import matched_texture, nodule
from detector.forge.exemplar import exemplar
from detector.forge.ground import survey
from detector.forge.site import Edit, NoPlace, Site, site_at
from detector.forge.solving import biharmonic, cloned
from detector.forge.strange import GENERATORS, on_tissue, poisson

HOLE = np.zeros((48, 48), np.bool_)
HOLE[16:32, 14:34] = True


def ramp() -> Any:
    y, x = np.mgrid[:48, :48].astype(np.float32)
    return (3 * x - 2 * y + 100)[:, :, None]


def test_a_plate_over_a_ramp_is_the_ramp():
    broken = np.where(HOLE[:, :, None], 0, ramp()).astype(np.float32)
    assert biharmonic(broken, HOLE) == pytest.approx(ramp(), abs=0.01)


def test_what_is_cloned_has_the_gradients_of_its_source_and_meets_the_border():
    bump = 20 * np.exp(-(((np.mgrid[:48, :48] - 24) ** 2).sum(0)) / 8).astype(np.float32)[:, :, None]
    found = cloned(ramp(), bump + 500, HOLE, mixed=True)
    assert found[24, 24, 0] > ramp()[24, 24, 0] + 8
    assert found == pytest.approx(ramp() + bump, abs=12)
    assert (found[~HOLE] == ramp()[~HOLE]).all()
    assert cloned(ramp(), ramp() + 77, HOLE, mixed=False) == pytest.approx(ramp(), abs=0.01)


def test_a_hole_at_the_border_cannot_be_solved():
    with pytest.raises(NoPlace):
        biharmonic(ramp(), np.ones((48, 48), np.bool_))


@pytest.mark.parametrize("blended", [True, False])
def test_stripes_are_continued_by_patches(blended: bool):
    stripes = np.tile(np.where(np.arange(96) % 6 < 3, 200.0, 50.0).astype(np.float32), (96, 1))
    hole = np.zeros((96, 96), np.bool_)
    hole[40:56, 38:58] = True
    found = exemplar(np.where(hole, 0, stripes).astype(np.float32), hole, np.random.default_rng(0), blended=blended)
    assert np.abs(found - stripes)[hole].mean() < 25
    assert (found[~hole] == stripes[~hole]).all()


def test_a_single_patch_s_word_brings_no_value_that_is_not_there():
    values = np.random.default_rng(1).integers(0, 9, (80, 80)).astype(np.float32)
    hole = np.zeros((80, 80), np.bool_)
    hole[34:46, 34:46] = True
    found = exemplar(np.where(hole, 1e6, values).astype(np.float32), hole, np.random.default_rng(2), blended=False)
    assert np.isin(np.round(found, 3), values).all()


def test_matched_texture_is_as_strong_as_what_lies_around():
    noise = cv2.GaussianBlur(np.random.default_rng(3).normal(0, 30, (96, 96)).astype(np.float32), (0, 0), 0.8)
    hole = np.zeros((96, 96), np.bool_)
    hole[30:70, 30:70] = True
    made = matched_texture(np.where(hole, 0, noise).astype(np.float32), hole, np.random.default_rng(4))
    assert made[hole].std() == pytest.approx(noise[~hole].std(), rel=0.3)


def test_a_nodule_is_a_plateau_that_ends_before_the_hole_does():
    bump = nodule(HOLE, np.random.default_rng(5))
    assert bump.max() > 0.95
    assert bump[~HOLE].max() < 0.3


@pytest.mark.parametrize("name", GENERATORS)
def test_each_generator_changes_what_the_mask_says_and_nothing_else(name: str, made: Any):
    picture = made(1, 160, np.uint16, 0, 3000)
    found = forge_with(picture, np.random.default_rng(6), name, GENERATORS[name], (0.01, 0.05))
    assert (found.pixels[~found.mask] == picture[~found.mask]).all()
    assert (found.pixels != picture)[found.mask].mean() > 0.5
    assert found.forgery == name
    assert found.operation.startswith(name)


def test_a_donor_s_part_is_cloned_in(made: Any):
    donor = made(2, 200, np.uint16, 1, 1500)
    ground = survey(donor)
    assert ground is not None
    found = forge_with(
        made(1, 160, np.uint16, 0, 3000), np.random.default_rng(7), "poisson", poisson(donor, ground), (0.01, 0.05)
    )
    outside = ~found.mask
    assert (found.pixels[outside] == made(1, 160, np.uint16, 0, 3000)[outside]).all()
    assert (found.pixels != made(1, 160, np.uint16, 0, 3000))[found.mask].mean() > 0.5
    assert found.operation.startswith("poisson")


def test_no_region_is_forged_in_air():
    picture = np.zeros((128, 128, 1), np.uint16)
    picture[70:, :, 0] = 1000 + np.random.default_rng(8).integers(0, 50, (58, 128)).astype(np.uint16)
    ground = survey(picture)
    assert ground is not None
    asked: list[int] = []

    def seen(site: Site, _: np.random.Generator) -> Edit:
        asked.append(site.top)
        raise NoPlace("only looking")

    shape = np.ones((12, 12), np.bool_)
    for top in (10, 90):
        with pytest.raises(NoPlace):
            on_tissue(seen)(site_at(picture, ground, shape, top, 40), np.random.default_rng(9))
    assert len(asked) == 1


def test_a_picture_where_a_generator_finds_no_place_is_unusable(made: Any):
    def never(site: Site, rng: np.random.Generator) -> Edit:
        raise NoPlace("never")

    with pytest.raises(UnusableData):
        forge_with(made(), np.random.default_rng(0), "never", never, (0.01, 0.05))
