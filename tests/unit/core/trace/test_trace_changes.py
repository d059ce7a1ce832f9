"""What was changed in a copy: nothing in a pristine one, and where it was in a changed one."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from ledger.core.change import Change
from ledger.core.trace.cells import cells_of
from ledger.core.trace.codes import disputed_codes, oriented
from ledger.core.trace.comparing import best_fit, by_tiles, change_of, regions_of

Picture = Any
TILE = 8
"""Edge of a tile in pixels of the made pictures: 4 cells of 2 pixels."""


def compared(original: Picture, copy: Picture) -> Change:
    cells = cells_of(original, 0)
    values = np.ascontiguousarray(copy).astype(np.float32)
    assert cells is not None
    fit = best_fit(cells, values, disputed_codes(values))
    assert fit is not None
    assert fit.copy
    return change_of(fit, copy.shape, 3)


def mask_of(change: Change) -> Picture:
    mask: Picture = cv2.imdecode(np.frombuffer(change.mask, np.uint8), cv2.IMREAD_UNCHANGED)
    assert mask.shape == (change.height, change.width)
    assert set(np.unique(mask)) <= {0, 255}
    return mask == 255


def tiles(where: Picture) -> Picture:
    """The pixels of every tile that ``where`` touches."""
    rows, columns = -(-where.shape[0] // TILE), -(-where.shape[1] // TILE)
    padded = np.zeros((rows * TILE, columns * TILE), bool)
    padded[: where.shape[0], : where.shape[1]] = where
    touched = padded.reshape(rows, TILE, columns, TILE).any(axis=(1, 3))
    return np.kron(touched, np.ones((TILE, TILE), bool))[: where.shape[0], : where.shape[1]]


def overlap(one: Picture, other: Picture) -> float:
    """Intersection over union."""
    return float((one & other).sum() / max((one | other).sum(), 1))


PRISTINE = {
    "as it was": lambda made, p: p,
    "jpeg 90": lambda made, p: made.jpeg(p, 90),
    "jpeg 50": lambda made, p: made.jpeg(p, 50),
    "three quarters": lambda made, p: made.resized(p, 0.75),
    "half, jpeg 70": lambda made, p: made.jpeg(made.resized(p, 0.5), 70),
    "window": lambda made, p: np.clip((p - 60.0) * 1.6, 0, 255).astype(np.uint8),
    "gamma, jpeg": lambda made, p: made.jpeg((255 * (p / 255) ** 0.7).astype(np.uint8), 80),
    "inverted": lambda made, p: 255 - p,
    "crop, jpeg": lambda made, p: made.jpeg(p[9:171, 12:228], 80),
    "turned, jpeg": lambda made, p: made.jpeg(np.rot90(p), 80),
}


@pytest.mark.parametrize("pristine", PRISTINE.values(), ids=PRISTINE)
def test_nothing_is_changed_in_a_pristine_copy(pictures: Any, pristine: Any) -> None:
    for seed in range(4):
        original = pictures.made(seed)
        change = compared(original, pristine(pictures, original))
        assert (change.regions, change.changed_percent, change.altered) == ((), 0, False)
        assert not mask_of(change).any()


def inserted(made: Any, original: Picture) -> tuple[Picture, Picture]:
    found: tuple[Picture, Picture] = made.lesion(original, 70, 150)
    return found


def patched(_: Any, original: Picture) -> tuple[Picture, Picture]:
    where = np.zeros(original.shape, bool)
    where[92:140, 36:92] = True
    return np.clip(original + 25.0 * where, 0, 255).astype(np.uint8), where


def copied(_: Any, original: Picture) -> tuple[Picture, Picture]:
    """A piece of the picture laid over another place of it."""
    changed, where = original.copy(), np.zeros(original.shape, bool)
    changed[36:84, 156:204], where[36:84, 156:204] = original[116:164, 20:68], True
    return changed, where


CHANGES = {"an inserted lesion": inserted, "a brightened patch": patched, "a copied piece": copied}
AFTER = {
    "as it was": lambda made, p: p,
    "jpeg 70": lambda made, p: made.jpeg(p, 70),
    "window, jpeg 85": lambda made, p: made.jpeg(np.clip((p - 30.0) * 1.2, 0, 255).astype(np.uint8), 85),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("after", AFTER.values(), ids=AFTER)
def test_a_change_is_found_in_its_place(pictures: Any, change: Any, after: Any) -> None:
    original = pictures.made(1)
    changed, truth = change(pictures, original)
    found = compared(original, after(pictures, changed))
    assert found.altered
    assert overlap(mask_of(found), tiles(truth)) > 0.6


def test_a_removed_lesion_is_found_in_its_place(pictures: Any) -> None:
    original, truth = pictures.lesion(pictures.made(2), 110, 90, 14)
    healed = cv2.inpaint(original, cv2.dilate(truth.astype(np.uint8), np.ones((5, 5))), 5, cv2.INPAINT_TELEA)
    assert overlap(mask_of(compared(original, pictures.jpeg(healed, 80))), tiles(truth)) > 0.6


@pytest.mark.parametrize("number", range(8))
def test_in_a_turned_or_mirrored_copy_the_mask_lies_on_the_disputed_picture(pictures: Any, number: int) -> None:
    original = pictures.made(3)
    changed, truth = inserted(pictures, original)
    disputed = pictures.jpeg(oriented(changed, number), 80)
    found = compared(original, disputed)
    assert (found.height, found.width) == disputed.shape
    assert overlap(mask_of(found), oriented(tiles(truth), number)) > 0.6


def test_in_a_smaller_copy_the_mask_has_its_size(pictures: Any) -> None:
    original = pictures.made(1)
    changed, truth = pictures.lesion(original, 70, 150, 20)
    found = compared(original, pictures.jpeg(pictures.resized(changed, 0.75), 80))
    smaller = cv2.resize(tiles(truth).astype(np.uint8), (180, 135), interpolation=cv2.INTER_NEAREST) == 1
    assert overlap(mask_of(found), smaller) > 0.6


def test_in_a_crop_the_mask_lies_where_the_change_was_cut_to(pictures: Any) -> None:
    original = pictures.made(1)
    changed, truth = inserted(pictures, original)
    found = compared(original, pictures.jpeg(changed[9:171, 12:228], 80))
    assert overlap(mask_of(found), tiles(truth)[9:171, 12:228]) > 0.6


def test_in_a_symmetric_picture_a_moved_lesion_is_found_on_both_sides(pictures: Any) -> None:
    half = pictures.made(1, size=(180, 120))
    ground = np.hstack((half, half[:, ::-1]))
    (original, left), (moved, right) = pictures.lesion(ground, 90, 56), pictures.lesion(ground, 60, 190)
    found = compared(original, pictures.jpeg(moved, 85))
    assert overlap(mask_of(found), tiles(left) | tiles(right)) > 0.6
    assert len(found.regions) == 2


def test_the_regions_say_where_the_mask_is_white(pictures: Any) -> None:
    original = pictures.made(1)
    changed, _ = pictures.lesion(pictures.lesion(original, 60, 60, 20)[0], 120, 180, 12)
    found = compared(original, changed)
    mask = mask_of(found)
    assert len(found.regions) == 2
    assert found.regions[0].area_percent > found.regions[1].area_percent
    drawn = np.zeros(mask.shape, bool)
    for region in found.regions:
        drawn[region.y : region.y + region.height, region.x : region.x + region.width] = True
    assert not (mask & ~drawn).any()
    assert found.changed_percent == pytest.approx(100 * mask.mean(), abs=0.001)
    assert sum(region.area_percent for region in found.regions) == pytest.approx(found.changed_percent, abs=0.001)


def test_what_is_white_of_a_copy_in_place_are_whole_tiles(pictures: Any) -> None:
    original = pictures.made(1)
    mask = mask_of(compared(original, inserted(pictures, original)[0]))
    assert mask.any()
    assert (tiles(mask) == mask).all()


def test_a_change_map_names_its_basis_frames_and_limits(pictures: Any) -> None:
    found = compared(pictures.made(1), pictures.made(1))
    assert (found.basis, found.frame, found.figures["disputed_frame"]) == ("trace/1", 0, 3)
    assert found.figures["tile_pixels"] == TILE
    assert "half a percent" in found.limits


def test_a_tile_is_changed_when_any_of_its_cells_is() -> None:
    cells = np.zeros((9, 6), bool)
    cells[3, 3] = cells[8, 5] = True
    assert by_tiles(cells).tolist() == [[True, False], [False, False], [False, True]]


def test_regions_are_connected_also_by_corners_and_largest_first() -> None:
    mask = np.zeros((10, 20), bool)
    mask[0, 0] = mask[1, 1] = mask[5, 5] = True
    found = regions_of(mask)
    assert [(r.x, r.y, r.width, r.height, r.area_percent) for r in found] == [(0, 0, 2, 2, 1.0), (5, 5, 1, 1, 0.5)]


@pytest.mark.parametrize("level", [215, 140, 90])
def test_the_only_bright_thing_of_a_picture_is_seen_when_it_is_darkened(pictures: Any, level: float) -> None:
    ground = pictures.made(1).astype(float) * 0.7
    lesion = pictures.ellipse(ground.shape, (60, 150), (18, 18))
    grain = np.random.default_rng(9).normal(0, 2, ground.shape)
    bright, dark = (ground * (1 - lesion) + lesion * (value + grain) for value in (225, level))
    original, copy = (np.clip(each, 0, 255).astype(np.uint8) for each in (bright, dark))
    change = compared(original, pictures.jpeg(copy, 80))
    assert [mask_of(change)[60, 150], mask_of(change)[140, 40]] == [True, False]


def test_many_edits_do_not_hide_each_other(pictures: Any) -> None:
    original = pictures.made(1, size=(400, 400))
    copy = original.copy()
    copy[40:80, 40:80] = np.clip(copy[40:80, 40:80].astype(int) + 40, 0, 255)
    for row in range(120, 360, 60):
        for column in range(60, 360, 80):
            part = copy[row : row + 22, column : column + 22]
            part[:] = np.clip(part.astype(int) + 40, 0, 255)
    change = compared(original, pictures.jpeg(copy, 70))
    assert mask_of(change)[60, 60]
