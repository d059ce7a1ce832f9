"""The suite of altered copies: copies, their truth, tiles and rates."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from ledger.bench import main
from ledger.bench.altering import material, measures, others, tiles
from ledger.bench.altering.copies import RECIPES, Recipe, make
from ledger.bench.altering.forging import CLASSES, alter
from ledger.bench.altering.made import SIDE, made_pictures, slice_of
from ledger.bench.altering.pixels import opened
from ledger.bench.altering.running import tasks

EXACT = [recipe for recipe in RECIPES if recipe.quality is None and not recipe.text]


def grey(patient: int = 0, number: int = 0) -> np.ndarray:
    return (slice_of(1, patient, number)[:, : SIDE - 40] * 200).astype(np.uint8)


def random() -> np.random.Generator:
    return np.random.default_rng(5)


@pytest.mark.parametrize("recipe", EXACT, ids=lambda recipe: recipe.name)
def test_the_matrix_of_a_copy_takes_a_changed_spot_to_where_it_is_in_the_file(recipe: Recipe) -> None:
    original, mask = grey(), np.zeros((SIDE, SIDE - 40), bool)
    mask[140:156, 90:106] = True
    changed = np.where(mask, 255 - original // 2, original).astype(np.uint8)
    files = [make(recipe, original, one, mask, random()) for one in (original, changed)]
    pristine, altered = (opened(copy.data).astype(int) for copy in files)
    rows, columns = np.nonzero(np.abs(altered - pristine) > 3)
    x, y = files[1].matrix[:, :2] @ (98, 148) + files[1].matrix[:, 2]
    assert (columns.mean() + 0.5, rows.mean() + 0.5) == pytest.approx((x, y), abs=0.6)
    assert altered.shape == files[1].size


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_a_pristine_copy_has_no_true_pixel_unless_text_was_burned_in(recipe: Recipe) -> None:
    copy = make(recipe, grey(), grey(), np.zeros((SIDE, SIDE - 40), bool), random())
    assert copy.truth.any() == recipe.text
    assert (copy.delta > 4) == recipe.text


def test_what_the_crop_cuts_off_is_not_part_of_the_truth() -> None:
    crop = next(recipe for recipe in RECIPES if recipe.name == "crop")
    copy = make(crop, grey(), 255 - grey(), np.ones((SIDE, SIDE - 40), bool), random())
    assert copy.truth.sum() <= copy.size[0] * copy.size[1] < copy.truth.size


def test_pixels_that_both_versions_show_as_black_are_not_part_of_the_truth() -> None:
    original = grey()
    original[:50] = 0
    changed = original.copy()
    changed[40:60] //= 2
    mask = np.zeros(original.shape, bool)
    mask[40:60] = True
    copy = make(RECIPES[0], original, changed, mask, random())
    assert not copy.truth[:50].any() and copy.truth[50:60].mean() > 0.9


@pytest.mark.parametrize("name", ["none", "rotate", "flip", "r50"])
def test_a_mask_that_marks_the_true_tiles_of_the_copy_scores_one(name: str) -> None:
    recipe = next(recipe for recipe in RECIPES if recipe.name == name)
    mask = np.zeros((SIDE, SIDE - 40), bool)
    mask[32:64, 16:128] = True
    changed = np.where(mask, 255, 0).astype(np.uint8)
    copy = make(recipe, np.ones_like(changed), np.where(mask, changed, 1).astype(np.uint8), mask, random())
    named = tiles.at_centres(opened(copy.data) > 127, copy, 16)
    truth, half = tiles.truths(copy.truth, 16)
    assert (truth == half).all() and truth.sum() == 2 * 7
    assert tiles.compared(named, truth, tiles.shown(copy, 16)) == (14, 0, 0)


def test_a_tile_with_one_altered_pixel_is_true_but_not_half_true() -> None:
    mask = np.zeros((20, 20), bool)
    mask[17, 3] = True
    truth, half = tiles.truths(mask, 8)
    assert truth.tolist() == [[False] * 3, [False] * 3, [True, False, False]]
    assert not half.any()


@pytest.mark.parametrize("kind", CLASSES)
def test_each_class_changes_half_a_percent_to_fifteen_and_nothing_beside_its_mask(kind: str) -> None:
    original = grey()
    made = alter(original, kind, grey(1), random())
    assert made is not None and made.kind == kind
    assert 0.005 <= made.mask.mean() <= 0.15
    assert not ((made.pixels != original) & ~made.mask).any()


def test_rates_of_single_trials_have_wilsons_interval() -> None:
    assert measures.wilson(0.0, 10) == pytest.approx((0.0, 0.2775), abs=1e-4)
    found = measures.estimate([(str(number), float(number < 9)) for number in range(10)])
    assert found is not None
    assert (found["value"], found["low"], found["high"]) == pytest.approx((0.9, 0.5958, 0.9821), abs=1e-4)


def test_copies_of_one_patient_do_not_make_an_interval_narrower() -> None:
    once = measures.estimate([(str(number), float(number < 9)) for number in range(10)])
    often = measures.estimate([(str(number), float(number < 9)) for number in range(10) for _ in range(50)])
    never = measures.estimate([(str(number), 0.0) for number in range(10) for _ in range(50)])
    assert once is not None and often is not None and never is not None
    assert often["high"] - often["low"] > 0.7 * (once["high"] - once["low"])
    assert never["high"] == pytest.approx(0.2775, abs=1e-4)


def test_nothing_counted_is_no_rate() -> None:
    assert measures.estimate([]) is None
    assert measures.f1((0, 0, 0)) == measures.f1((0, 3, 2)) == 0
    assert measures.f1((6, 2, 2)) == 0.75


def test_a_plain_difference_shows_a_patch_and_nothing_in_a_copy_that_is_the_same() -> None:
    original = grey()
    changed = original.copy()
    changed[100:130, 100:130] += 40
    found = others.difference(original, changed)
    assert found[105:125, 105:125].all() and found.sum() < 1200
    assert not others.difference(original, original).any()


def test_hashes_name_the_nearest_within_their_limit() -> None:
    hashes = others.as_rows([others.pdq(grey(patient)) for patient in range(4)])
    assert others.nearest(others.pdq(grey(2)), hashes, others.PDQ_BITS) == 2
    assert others.nearest(others.pdq(255 - grey(2)), hashes, others.PDQ_BITS) is None


def taken(folder: Path) -> list[material.Taken]:
    found = [material.take(example.path) for example in made_pictures(folder, 3, 0)]
    return [one for one in found if isinstance(one, material.Taken)]


def test_a_file_saved_again_shows_the_same_image_and_a_neighbouring_slice_does_not(tmp_path: Path) -> None:
    found = taken(tmp_path)
    again = material.take(tmp_path / "grey-000-0.png")
    assert isinstance(again, material.Taken) and len(found) == 6
    assert material.same_images([*found, again]) == [0, 1, 2, 3, 4, 5, 0]


def test_what_is_no_image_is_left_out_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"no picture")
    assert str(material.take(tmp_path / "a.png")).startswith("not readable by the ledger")


def picture(number: int, source: str, megapixels: float = 0.1, image: int | None = None) -> material.Picture:
    shown = number if image is None else image
    return material.Picture(str(number), Path(), source, "CT", str(number), shown, 1, False, megapixels, None)


def test_originals_are_drawn_from_each_source_in_turn_and_photographs_never() -> None:
    many = [picture(number, "many") for number in range(200)]
    few = [picture(number, "few", image=1000 + number // 2) for number in range(200, 208)]
    large = [picture(number, "large", 9.0) for number in range(208, 218)]
    photographs = [picture(number, "b_photographs") for number in range(218, 230)]
    rows = material.drawn([*many, *few, *large, *photographs], 400, 1)
    counts = [sum(first <= row < last for row in rows) for first, last in ((0, 200), (200, 208), (208, 218))]
    assert counts == [90, 4, 3] and len(rows) == 97
    assert {row // 200 for row in material.drawn(many + few, 4, 1)} == {0, 1}


def test_a_donor_is_another_image_of_the_same_modality() -> None:
    pictures = [picture(0, "a", image=7), picture(1, "a", image=7), picture(2, "a", image=8)]
    assert [donor for _, donor, _, _ in tasks([0, 1], pictures, 3)] == [2, 2]
    assert tasks([0], pictures[:2], 3)[0][1] is None


def test_a_quick_run_on_made_pictures_names_no_wrong_original(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["altered", "--quick", "--json", "--count", "3", "--jobs", "1", "--out", str(tmp_path)]) == 0
    found = json.loads(capsys.readouterr().out)["altered"]
    assert found["run"]["originals"] == 3 and found["run"]["registered"] == 6
    assert found["targets"]["wrong"] == 0
    # The made pictures are grainier than real ones: heavy compression leaves too little of the grain to be sure.
    assert found["targets"]["found_straight"]["value"] >= 0.8
    assert found["transforms"]["none"]["found"]["value"] == found["transforms"]["flip"]["found"]["value"] == 1
    assert found["targets"]["false_alarms"]["value"] <= 0.05
    assert found["targets"]["f1_mild"]["value"] >= 0.8
    assert found["otherwise"]["rotate"]["pdq"]["found"]["value"] == 0
    assert set(found["transforms"]) == {recipe.name for recipe in RECIPES}
    outcomes = (tmp_path / "outcomes.jsonl").read_text().splitlines()
    assert len(outcomes) == found["run"]["copies"] == found["all"]["copies"]
    assert (tmp_path / "altered.md").read_text().count("\n| cropped by 5 % |") == 3
