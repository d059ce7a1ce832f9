"""Shapes, ground and blending, each on a made answer."""

from __future__ import annotations

import numpy as np
import pytest

from detector.forge import blending, shapes
from detector.forge.ground import place, survey
from detector.forge.site import site_at


def test_a_drawn_shape_has_about_the_area_asked_for():
    rng = np.random.default_rng(0)
    areas = [np.count_nonzero(shapes.draw(rng, 900.0)) for _ in range(60)]
    assert np.median(areas) == pytest.approx(900, rel=0.15)
    assert min(areas) > 500


def test_softness_is_zero_outside_one_inside_and_never_reaches_out():
    shape = np.zeros((40, 40), np.bool_)
    shape[10:30, 10:30] = True
    opacity = shapes.soft(shape, 5.0)
    assert (opacity[~shape] == 0).all()
    assert (opacity[shape] > 0).all()
    assert opacity[20, 20] == 1.0
    assert opacity[10, 20] < opacity[12, 20] < 1.0


def test_without_softness_the_shape_is_opaque():
    shape = np.zeros((20, 20), np.bool_)
    shape[5:15, 5:15] = True
    assert (shapes.soft(shape, 0.0) == shape).all()


def test_the_body_is_found_and_a_hole_in_it_belongs_to_it():
    picture = np.zeros((200, 200, 1), np.uint8)
    picture[30:170, 30:170] = 180
    picture[80:120, 80:120] = 20
    ground = survey(picture)
    assert ground is not None
    y, x = (round(100 / factor) for factor in ground.factor)
    assert ground.body[y, x] == 1
    assert ground.body[0, 0] == 0


def test_a_bright_margin_is_background_too():
    rng = np.random.default_rng(0)
    picture = np.full((200, 200, 1), 250, np.uint8)
    picture[50:150, 50:150, 0] = rng.integers(40, 120, (100, 100))
    ground = survey(picture)
    assert ground is not None
    assert ground.body[0, 0] == 0
    assert ground.body[ground.body.shape[0] // 2, ground.body.shape[1] // 2] == 1


def test_a_shape_that_is_larger_than_the_body_has_no_place():
    picture = np.zeros((200, 200, 1), np.uint8)
    picture[60:140, 60:140] = 200
    ground = survey(picture)
    assert ground is not None
    assert place(ground, np.ones((150, 150), np.bool_), np.random.default_rng(0)) is None
    assert place(ground, np.ones((30, 30), np.bool_), np.random.default_rng(0)) is not None


def test_a_place_to_avoid_is_avoided():
    picture = np.zeros((128, 256, 1), np.uint8)
    picture[10:118, 10:246] = 200
    ground = survey(picture)
    assert ground is not None
    taken, wanted = np.ones((60, 60), np.bool_), np.ones((50, 50), np.bool_)
    for seed in range(20):
        found = place(ground, wanted, np.random.default_rng(seed), avoid=(taken, 40, 20))
        assert found is not None
        assert found[1] >= 80 or found[0] >= 100


@pytest.fixture
def ramp_site():
    """A region in the middle of a slanted plane."""
    y, x = np.mgrid[:100, :100]
    picture = (x + y).astype(np.uint8)[:, :, None]
    ground = survey(picture)
    assert ground is not None
    return site_at(picture, ground, np.ones((30, 30), np.bool_), 35, 35)


def test_a_smooth_fill_carries_a_slope_across_the_hole(ramp_site):
    filled = blending.smooth_fill(ramp_site)
    assert np.abs(filled - ramp_site.old)[ramp_site.shape].mean() < 6.0


def test_seamless_cloning_takes_a_constant_offset_away(ramp_site):
    fitted = blending.seamless(ramp_site, ramp_site.old + 40)
    assert np.abs(fitted - ramp_site.old)[ramp_site.shape].max() < 1.0


def test_levelling_moves_the_mean_to_that_of_the_surroundings(ramp_site):
    new = np.full_like(ramp_site.old, 7.0)
    around = ramp_site.old[blending.ring(ramp_site.shape, 3)].mean()
    assert blending.levelled(ramp_site, new, 1.0)[ramp_site.shape].mean() == pytest.approx(around, abs=0.5)


def test_a_matched_histogram_has_the_quantiles_of_its_target():
    rng = np.random.default_rng(0)
    new = rng.normal(50, 5, (40, 40, 1)).astype(np.float32)
    target = rng.normal(170, 20, (2000, 1)).astype(np.float32)
    matched = blending.histogram_matched(new, np.ones((40, 40), np.bool_), target)
    assert np.percentile(matched, (25, 50, 75)) == pytest.approx(np.percentile(target, (25, 50, 75)), abs=1.5)


def test_grain_is_as_strong_as_the_noise_around():
    rng = np.random.default_rng(0)
    picture = np.clip(rng.normal(128, 10, (120, 120, 1)), 0, 255).astype(np.uint8)
    ground = survey(picture)
    assert ground is not None
    site = site_at(picture, ground, np.ones((40, 40), np.bool_), 40, 40)
    assert blending.grain(site, rng).std() == pytest.approx(10, rel=0.2)
