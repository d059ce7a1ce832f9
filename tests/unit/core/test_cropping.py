"""Crops found again in their originals, by samples and by tile leaves alone."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from ledger.core.cropping import crop_place, differing_box, tile_crop_place
from ledger.core.digests import digest_set
from ledger.core.images import DecodedImage, decode

Samples = np.ndarray[Any, Any]


def saved(samples: Samples, *more: Samples) -> bytes:
    """A PNG, or a TIFF of several frames."""
    file = BytesIO()
    frames = [Image.fromarray(one) for one in (samples, *more)]
    frames[0].save(file, "TIFF" if more else "PNG", **({"save_all": True, "append_images": frames[1:]} if more else {}))
    return file.getvalue()


def image(*frames: Samples) -> DecodedImage:
    return decode(saved(*frames))


def noise(seed: int, rows: int = 100, columns: int = 140) -> Samples:
    return np.random.default_rng(seed).integers(0, 255, (rows, columns), np.uint8)


WHOLE = noise(1)
TILES = digest_set(saved(WHOLE)).tiles


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_every_crop_is_found_by_its_samples(data: st.DataObject) -> None:
    rows, columns = data.draw(st.integers(3, 100)), data.draw(st.integers(3, 140))
    y, x = data.draw(st.integers(0, 100 - rows)), data.draw(st.integers(0, 140 - columns))
    assert crop_place(image(WHOLE), image(WHOLE[y : y + rows, x : x + columns])) == (x, y)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_every_crop_of_whole_tiles_is_found_by_the_leaves_alone(data: st.DataObject) -> None:
    top, left = data.draw(st.integers(0, 3)), data.draw(st.integers(0, 4))
    bottom, right = data.draw(st.integers(top, 3)) + 1, data.draw(st.integers(left, 4)) + 1
    part = WHOLE[top * 32 : bottom * 32, left * 32 : right * 32]
    assert tile_crop_place(TILES, image(part)) == (left * 32, top * 32)


@pytest.mark.parametrize("place", [(1, 0), (0, 31), (16, 16)])
def test_a_crop_between_the_tiles_is_not_found_by_the_leaves(place: tuple[int, int]) -> None:
    y, x = place
    assert tile_crop_place(TILES, image(WHOLE[y : y + 64, x : x + 64])) is None


def test_a_crop_that_ends_inside_a_tile_is_not_proven_by_the_leaves() -> None:
    assert tile_crop_place(TILES, image(WHOLE[32:90, 32:96])) is None


def test_one_changed_sample_hides_the_place() -> None:
    part = WHOLE[32:96, 32:96].copy()
    part[-1, -1] ^= 1
    assert crop_place(image(WHOLE), image(part)) is None
    assert tile_crop_place(TILES, image(part)) is None


def test_a_black_corner_does_not_hide_the_place() -> None:
    whole = WHOLE.copy()
    whole[:64, :96] = 0
    tiles = digest_set(saved(whole)).tiles
    assert crop_place(image(whole), image(whole[32:96, 32:128])) == (32, 32)
    assert tile_crop_place(tiles, image(whole[32:96, 32:128])) == (32, 32)


def test_all_frames_are_cut_at_one_place() -> None:
    first, second = noise(2), noise(3)
    tiles = digest_set(saved(first, second)).tiles
    cut = image(first[32:96, 64:128], second[32:96, 64:128])
    shifted = image(first[32:96, 64:128], second[0:64, 64:128])
    assert crop_place(image(first, second), cut) == tile_crop_place(tiles, cut) == (64, 32)
    assert crop_place(image(first, second), shifted) is None
    assert tile_crop_place(tiles, shifted) is None


def test_another_kind_of_sample_or_a_larger_image_has_no_place() -> None:
    deeper = WHOLE.astype(np.uint16)
    for other in (image(deeper[:64, :64]), image(noise(1, 200, 140)), image(WHOLE[:64, :64], WHOLE[:64, :64])):
        assert crop_place(image(WHOLE), other) is None
        assert tile_crop_place(TILES, other) is None


def test_what_differs_outside_the_boxes_is_boxed() -> None:
    changed = WHOLE.copy()
    changed[10:12, 20:25] ^= 255
    changed[50, 60] ^= 255
    assert differing_box(image(WHOLE), image(changed), []) == (20, 10, 41, 41)
    assert differing_box(image(WHOLE), image(changed), [(20, 10, 5, 2)]) == (60, 50, 1, 1)
    assert differing_box(image(WHOLE), image(changed), [(0, 0, 200, 200)]) is None
