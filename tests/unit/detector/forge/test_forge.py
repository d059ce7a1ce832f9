"""What a forgery and its mask must keep, whatever the kind."""

from __future__ import annotations

import time

import numpy as np
import pytest

from detector.datasets.contract import FORGERIES
from detector.errors import UnreadablePicture, UnusableData
from detector.forge import LARGEST, SMALLEST, forge
from detector.types import Region

PICTURES = {
    "grey": {"dtype": np.uint8, "channels": 0, "top": 250},
    "one sample": {"dtype": np.uint8, "channels": 1, "top": 250},
    "colour": {"dtype": np.uint8, "channels": 3, "top": 250},
    "alpha": {"dtype": np.uint8, "channels": 4, "top": 250},
    "twelve bits": {"dtype": np.uint16, "channels": 0, "top": 4095},
    "sixteen bits": {"dtype": np.uint16, "channels": 3, "top": 65000},
}


def differing(first, second):
    return (first != second).reshape(*first.shape[:2], -1).any(axis=2)


@pytest.mark.parametrize("kind", FORGERIES)
@pytest.mark.parametrize("facts", PICTURES.values(), ids=PICTURES)
def test_outside_the_mask_nothing_changes_and_inside_it_most_does(made, kind, facts):
    for seed in range(6):
        picture, donor = made(seed, **facts), made(seed + 100, **facts)
        before = picture.copy()
        found = forge(picture, np.random.default_rng(seed), kind=kind, donor=donor)
        changed = differing(found.pixels, picture)
        assert not (changed & ~found.mask).any()
        assert changed[found.mask].mean() >= 0.5
        assert (picture == before).all()


@pytest.mark.parametrize("kind", FORGERIES)
@pytest.mark.parametrize("facts", PICTURES.values(), ids=PICTURES)
def test_shape_depth_and_range_are_those_of_the_original(made, kind, facts):
    picture, donor = made(1, **facts), made(2, **facts)
    found = forge(picture, np.random.default_rng(3), kind=kind, donor=donor)
    assert (found.pixels.shape, found.pixels.dtype) == (picture.shape, picture.dtype)
    assert found.pixels.min() >= picture.min()
    assert found.pixels.max() <= picture.max()


def test_sixteen_bits_are_not_cut_to_eight(made):
    picture = made(1, dtype=np.uint16, top=60000)
    for kind in ("modification", "removal"):
        found = forge(picture, np.random.default_rng(1), kind=kind)
        assert len(np.unique(found.pixels[found.mask] % 256)) > 50


@pytest.mark.parametrize("kind", FORGERIES)
def test_the_area_is_that_of_the_mask_and_within_the_bounds(made, kind):
    for seed in range(25):
        found = forge(made(seed), np.random.default_rng(seed), kind=kind, donor=made(seed + 50))
        assert found.area == pytest.approx(found.mask.mean())
        assert SMALLEST <= found.area <= LARGEST


@pytest.mark.parametrize("kind", FORGERIES)
def test_the_region_lies_inside_the_body(made, kind):
    picture = made(0)
    body = picture > 0
    for seed in range(25):
        found = forge(picture, np.random.default_rng(seed), kind=kind, donor=made(1))
        assert body[found.mask].mean() > 0.85
        if found.origin is not None:
            assert body[found.origin].mean() > 0.85


@pytest.mark.parametrize("kind", [*FORGERIES, None])
def test_the_same_seed_makes_the_same_forgery(made, kind):
    first, second = (forge(made(0), np.random.default_rng(9), kind=kind, donor=made(1)) for _ in range(2))
    assert (first.pixels == second.pixels).all()
    assert (first.mask == second.mask).all()
    assert (first.forgery, first.operation, first.area) == (second.forgery, second.operation, second.area)


def test_another_seed_makes_another_forgery(made):
    first, second = (forge(made(0), np.random.default_rng(seed)) for seed in (1, 2))
    assert (first.mask != second.mask).any()


def test_only_a_copy_move_has_an_origin_and_it_does_not_touch_the_copy(made):
    for seed in range(12):
        for kind in FORGERIES:
            found = forge(made(seed), np.random.default_rng(seed), kind=kind, donor=made(seed + 50))
            assert found.forgery == kind
            assert (found.origin is not None) == (kind == "copy-move")
            assert found.origin is None or not (found.origin & found.mask).any()


def test_a_plain_copy_shows_what_its_origin_shows(made):
    picture = made(4, size=200)
    checked = 0
    for seed in range(60):
        found = forge(picture, np.random.default_rng(seed), kind="copy-move")
        if found.operation != "patch-translated":
            continue
        shift = np.argwhere(found.origin).min(axis=0) - _corner_of_copy(found)
        inner = _deep_inside(found.mask)
        y, x = np.argwhere(inner).T
        equal = found.pixels[y, x] == picture[y + shift[0], x + shift[1]]
        assert equal.mean() > 0.99
        checked += 1
    assert checked >= 3


def _corner_of_copy(found):
    """Where the copied shape begins: its mask may lack a row at a soft edge, so both are aligned by overlap."""
    import cv2

    mask, origin = found.mask.astype(np.float32), found.origin.astype(np.float32)
    rows, columns = (np.flatnonzero(found.origin.any(axis=axis)) for axis in (1, 0))
    template = origin[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    match = cv2.matchTemplate(mask, template, cv2.TM_CCORR)
    places = np.argwhere(match >= match.max() - 0.5)
    return np.round(places.mean(axis=0)).astype(int)


def _deep_inside(mask):
    import cv2

    depth = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 5)
    return depth > 0.75 * depth.max()


def test_every_operation_of_the_issue_is_made(made):
    found = set()
    for seed in range(140):
        found.add(forge(made(seed % 5), np.random.default_rng(seed), donor=made(9)).operation)
    joined = " ".join(found)
    for word in ("rotated", "scaled", "mirrored", "skewed", "translated", "blurred", "cloned", "seamless", "resample"):
        assert word in joined
    for word in ("stretch", "brightness", "sharpen", "noise", "telea", "navier-stokes", "texture", "blur"):
        assert word in joined


def test_alpha_stays_as_it_is(made):
    picture = made(0, channels=4)
    found = forge(picture, np.random.default_rng(0))
    assert (found.pixels[:, :, 3] == picture[:, :, 3]).all()


def test_a_given_region_is_the_one_forged(made):
    picture = made(0, size=200)
    region = Region(70, 80, 40, 30)
    for kind in ("modification", "removal", "copy-move"):
        mask = forge(picture, np.random.default_rng(5), kind=kind, region=region).mask
        assert not np.delete(mask, np.s_[70:110], axis=1).any()
        assert not np.delete(mask, np.s_[80:110], axis=0).any()


@pytest.mark.parametrize("shape", [(1, 400), (20, 400), (31, 31)])
def test_a_picture_that_is_too_small_is_unusable(shape):
    picture = np.random.default_rng(0).integers(0, 255, shape).astype(np.uint8)
    with pytest.raises(UnusableData, match="at least 32"):
        forge(picture, np.random.default_rng(0))


@pytest.mark.parametrize("kind", [None, "copy-move", "removal"])
def test_a_constant_picture_is_unusable(kind):
    with pytest.raises(UnusableData):
        forge(np.full((128, 128), 77, np.uint8), np.random.default_rng(0), kind=kind)


def test_two_flat_halves_leave_nothing_to_forge_by_filling():
    picture = np.zeros((128, 128), np.uint8)
    picture[:, 30:] = 200
    with pytest.raises(UnusableData, match="no place"):
        forge(picture, np.random.default_rng(0), kind="removal", region=Region(60, 40, 30, 30))


def test_splicing_without_a_donor_is_unusable(made):
    with pytest.raises(UnusableData, match="donor"):
        forge(made(0), np.random.default_rng(0), kind="splicing")


def test_an_unknown_kind_is_unusable(made):
    with pytest.raises(UnusableData, match="copy-move"):
        forge(made(0), np.random.default_rng(0), kind="deepfake")


@pytest.mark.parametrize("picture", [np.zeros((64, 64), np.float32), np.zeros((64, 64, 2), np.uint8)])
def test_samples_of_another_kind_are_unreadable(picture):
    with pytest.raises(UnreadablePicture):
        forge(picture, np.random.default_rng(0))


def test_a_donor_of_another_depth_and_colour_is_taken(made):
    found = forge(made(0), np.random.default_rng(0), kind="splicing", donor=made(1, dtype=np.uint16, channels=3))
    assert found.pixels.dtype == np.uint8


def test_a_picture_of_512_pixels_takes_well_under_a_fifth_of_a_second(made):
    picture, donor = made(0, size=512), made(1, size=512)
    began = time.process_time()
    for seed in range(24):
        forge(picture, np.random.default_rng(seed), kind=FORGERIES[seed % 4], donor=donor)
    assert (time.process_time() - began) / 24 < 0.15
