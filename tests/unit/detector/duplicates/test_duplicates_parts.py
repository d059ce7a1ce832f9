"""The steps of the search, each for itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from detector.datasets.contract import Example
from detector.duplicates import moves, pairing, points
from detector.duplicates.measures import NAMES, fisher
from detector.duplicates.model import Model, ceiling, expanded_names
from detector.duplicates.telling import SIDE_NAMES, tell
from detector.duplicates.views import enhanced, views, working
from detector.errors import UnusableData, WeightsUnusable
from detector.registry import SHIPPED
from detector.training.contract import Samples
from detector.training.sift_copymove import ANATOMY, FIRST, SECOND, TRAINER, WIDTH, fitted, logistic

Grey = npt.NDArray[np.uint8]
Body = Callable[..., Grey]
Copied = Callable[..., tuple[Grey, npt.NDArray[np.bool_]]]


def test_the_codes_in_a_mirror_are_those_of_the_mirrored_picture(body: Body) -> None:
    flat = enhanced(working(body(1, 200)))
    here, there = points.find(flat), points.find(np.ascontiguousarray(flat[:, ::-1]))
    where = there.places * (-1, 1) + (flat.shape[1] - 1, 0)
    gaps = np.hypot(*(here.places[:, None] - where[None]).transpose(2, 0, 1))
    likeness = here.mirrored @ there.codes.T
    near = (gaps < 0.7) & (np.abs(np.log(here.sizes[:, None] / there.sizes[None])) < 0.05)
    best = np.where(near, likeness, -1).max(axis=1)
    assert np.median(best[near.any(axis=1)]) > 0.97
    assert np.median((here.codes @ there.codes.T)[near]) < 0.9


def test_each_pair_stands_in_both_directions_and_tells_the_move(body: Body, copied: Copied) -> None:
    picture, _ = copied(body(1), turn=-30.0)
    found = pairing.pairs(points.find(enhanced(working(picture))))
    half = len(found) // 2
    assert np.array_equal(found.one[:half], found.two[half:])
    best = found.linear[0] if found.one[0, 0] < found.two[0, 0] else np.linalg.inv(found.linear[0])
    assert np.degrees(np.arctan2(best[1, 0], best[0, 0])) == pytest.approx(30.0, abs=6)


def test_the_first_move_is_the_one_that_most_pairs_agree_on(body: Body, copied: Copied) -> None:
    picture, _ = copied(body(1), scale=1.2)
    found = pairing.pairs(points.find(enhanced(working(picture))))
    first = next(iter(moves.moves(found, picture.shape)))
    assert first.pairs > 10
    size = float(np.sqrt(abs(np.linalg.det(first.affine[:, :2]))))
    assert max(size, 1 / size) == pytest.approx(1.2, abs=0.03)


def test_no_points_give_no_moves() -> None:
    found = pairing.pairs(points.find(np.full((100, 100), 9, np.uint8)))
    assert len(found) == 0
    assert list(moves.moves(found, (100, 100))) == []


def test_sixteen_bit_grey_is_not_rounded() -> None:
    picture = np.linspace(0, 60000, 100 * 100).reshape(100, 100).astype(np.uint16)
    assert len(np.unique(views(working(picture)).light)) > 5000


def test_fishers_z_of_independent_noise_is_small_and_of_a_copy_large() -> None:
    rng = np.random.default_rng(1)
    one, two = (rng.normal(size=(60, 60)).astype(np.float32) for _ in range(2))
    everywhere = np.ones((60, 60), bool)
    assert abs(fisher(one, two, everywhere)) < 0.06
    assert fisher(one, 3 * one + 5, everywhere) > 2
    assert fisher(one, np.zeros_like(one), everywhere) == 0.0


def test_telling_turns_its_sign_when_the_regions_change_places(body: Body, copied: Copied) -> None:
    picture, second = copied(body(2))
    first = np.roll(second, (80 - 170, 70 - 180), axis=(0, 1))
    there = np.array(((1.0, 0.0, 110.0), (0.0, 1.0, 90.0)))
    back = np.array(((1.0, 0.0, -110.0), (0.0, 1.0, -90.0)))
    one, two = tell(views(working(picture)), there, first, second), tell(views(working(picture)), back, second, first)
    assert tuple(one) == SIDE_NAMES
    for name in SIDE_NAMES:
        assert one[name] == pytest.approx(-two[name], abs=1e-4)


def samples(seed: int, copies: int = 200, alike: int = 300) -> Samples:
    """Copies whose first two numbers are higher; side numbers that are above 0 where the first is the copy."""
    rng = np.random.default_rng(seed)
    labels = np.array([FIRST, SECOND] * (copies // 2) + [0] * alike)
    rows = rng.normal(size=(len(labels), WIDTH)).astype(np.float32)
    rows[:, :4] += 8.0  # the grain agrees, so that the fitted odds are not cut
    rows[labels > 0, :2] += 2.0
    rows[:, len(NAMES) :] += np.where(labels == FIRST, 1.0, -1.0)[:, None]
    return Samples(rows, labels.astype(np.int64), np.arange(len(labels)))


def test_a_fitted_model_ranks_copies_above_anatomy_and_tells_sides() -> None:
    model = fitted(samples(1), ridge=30.0, alarms=0.05, told=0.85)
    other = samples(2)
    odds = np.array([model.odds(dict(zip(NAMES, row, strict=False))) for row in other.inputs])
    assert (odds[other.labels > 0, None] > odds[None, other.labels == 0]).mean() > 0.9
    assert (odds[other.labels == 0] >= model.accepted).mean() < 0.15
    sides = np.array([model.side_odds(dict(zip(SIDE_NAMES, row[len(NAMES) :], strict=True))) for row in other.inputs])
    assert (sides[other.labels == FIRST] > 0).mean() > 0.9
    assert (sides[other.labels == SECOND] < 0).mean() > 0.9


def test_a_match_whose_grain_does_not_agree_has_low_odds_however_large_it_is() -> None:
    model = Model.load(SHIPPED / "sift_copymove" / "model.json")
    large = dict.fromkeys(NAMES, 1.0) | {"log_area": 10.0, "log_pairs": 4.0}
    for name in ("fine", "fine_quiet", "sharpness"):
        assert ceiling(large | {name: 0.0}) <= 0 < ceiling(large)
        assert model.odds(large | {name: 0.0}) <= 0


def test_pairs_of_a_forgery_are_labelled_by_mask_and_origin(tmp_path: Path, body: Body, copied: Copied) -> None:
    picture, mask = copied(body(2))
    origin = np.roll(mask, (80 - 170, 70 - 180), axis=(0, 1))
    for name, values in (("forged", picture), ("mask", mask * 255), ("origin", origin * 255), ("pristine", body(2))):
        cv2.imwrite(str(tmp_path / f"{name}.png"), values.astype(np.uint8))
    plain = Example(tmp_path / "pristine.png", False, "made", "made", group="g", pair="p")
    edited = replace(
        plain, path=tmp_path / "forged.png", forged=True, mask=tmp_path / "mask.png", origin=tmp_path / "origin.png"
    )
    rows, labels = TRAINER.prepare(edited, 1)
    assert rows.shape == (len(labels), WIDTH)
    assert set(labels.tolist()) in ({FIRST}, {SECOND})
    assert set(TRAINER.prepare(plain, 1)[1].tolist()) <= {ANATOMY}


def test_too_few_copies_cannot_be_learned_from() -> None:
    with pytest.raises(UnusableData, match="20 copies"):
        fitted(samples(1, copies=10), ridge=1.0, alarms=0.05, told=0.85)


def test_logistic_weights_have_the_sign_of_what_they_speak_for() -> None:
    rows = np.random.default_rng(1).normal(size=(400, 2))
    weights, bias = logistic(rows, rows[:, 0] - rows[:, 1] > 0, 1.0)
    assert weights[0] > 1 > -1 > weights[1]
    assert abs(bias) < 0.5


def test_a_model_is_the_same_after_it_was_saved(tmp_path: Path) -> None:
    model = Model.load(SHIPPED / "sift_copymove" / "model.json")
    model.save(tmp_path / "model.json")
    assert Model.load(tmp_path / "model.json") == model
    assert len(model.weights) == len(expanded_names())


@pytest.mark.parametrize("change", [{"format": 2}, {"bias": float("nan")}, {"scales": [1.0]}, {"means": "none"}])
def test_a_model_of_another_form_is_unusable(tmp_path: Path, change: dict[str, object]) -> None:
    body = json.loads((SHIPPED / "sift_copymove" / "model.json").read_text("utf-8"))
    (tmp_path / "model.json").write_text(json.dumps({**body, **change}))
    with pytest.raises(WeightsUnusable):
        Model.load(tmp_path / "model.json")
