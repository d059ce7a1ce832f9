"""The pool that the localizer is made from: what is left out is nowhere else; another seed, other pictures."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from detector.datasets.contract import Example
from detector.datasets.generated import open_generated
from detector.errors import UnusableData
from detector.training.pool import main, make_pool

SIDES = ("train", "held", "strange")
"""So few groups leave none for the test."""


@pytest.fixture(scope="module")
def pool(hospital: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("pool")
    sources = sources_of_data(hospital)
    make_pool(hospital, out, seed=3, counts=(12, 4, 4, 4), without=sources[:1], processes=1)
    return out


def sources_of_data(folder: Path) -> list[str]:
    from detector.datasets.opening import open_dataset

    return sorted({example.source for example in open_dataset(folder)})


def of(folder: Path) -> list[Example]:
    return list(open_generated(folder))


def test_a_source_that_is_left_out_is_in_a_side_of_its_own_alone(pool: Path, hospital: Path) -> None:
    left_out = sources_of_data(hospital)[0]
    assert {example.source for example in of(pool / "strange")} == {left_out}
    for side in SIDES[:2]:
        assert left_out not in {example.source for example in of(pool / side)}


def test_no_group_is_on_two_sides(pool: Path) -> None:
    groups = [{example.group for example in of(pool / side)} for side in SIDES]
    assert sum(map(len, groups)) == len(set().union(*groups))


def test_another_seed_of_the_training_side_changes_its_pictures_and_no_other_side(
    pool: Path, hospital: Path, tmp_path: Path
) -> None:
    words = ["--data", str(hospital), "--out", str(tmp_path), "--seed", "3", "--counts", "12", "4", "4", "4"]
    main([*words, "--without", sources_of_data(hospital)[0], "--train-seed", "9"])

    def made(root: Path, side: str) -> list[bytes]:
        return [example.path.read_bytes() for example in of(root / side)]

    assert made(tmp_path, "train") != made(pool, "train")
    others = {one.group for side in SIDES[1:] for one in of(pool / side)}
    assert others.isdisjoint(one.group for one in of(tmp_path / "train"))
    for side in SIDES[1:]:
        assert made(tmp_path, side) == made(pool, side)


def test_another_seed_of_the_test_draws_others_of_the_same_groups(pool: Path, hospital: Path, tmp_path: Path) -> None:
    words = ["--data", str(hospital), "--out", str(tmp_path), "--seed", "3", "--counts", "0", "0", "4", "4"]
    main([*words, "--without", sources_of_data(hospital)[0], "--test-seed", "9"])
    assert {side.name for side in tmp_path.iterdir()} == {"strange"}, "the other sides are asked for or have no group"
    before, after = ([one.path.read_bytes() for one in of(root / "strange")] for root in (pool, tmp_path))
    assert before != after
    known = {one.group for side in SIDES[:2] for one in of(pool / side)}
    assert known.isdisjoint(one.group for one in of(tmp_path / "strange"))


def test_pictures_with_a_past_are_lossless_and_of_the_groups_that_are_tested(
    pool: Path, hospital: Path, tmp_path: Path
) -> None:
    words = ["--data", str(hospital), "--out", str(tmp_path), "--seed", "3", "--counts", "0", "0", "0", "0"]
    main([*words, "--without", sources_of_data(hospital)[0], "--past", "12"])
    found = of(tmp_path / "past")
    assert len(found) == 12
    assert {example.history for example in found} == {"B1"}
    assert any(example.first_quality for example in found if example.last_quality is None)
    trained = {example.group for side in SIDES[:2] for example in of(pool / side)}
    assert trained.isdisjoint(example.group for example in found)
    assert not (tmp_path / "test").exists()


def test_another_data_set_is_to_train_on_alone_and_moves_no_group(pool: Path, hospital: Path, tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    folder = tmp_path / "another" / "pictures"
    folder.mkdir(parents=True)
    for number in range(3):
        picture = cv2.GaussianBlur(rng.normal(120, 60, (192, 192)), (0, 0), 2) + rng.normal(0, 4, (192, 192))
        cv2.imwrite(str(folder / f"{number}.png"), np.clip(picture, 0, 255).astype(np.uint8))
    words = ["--data", str(hospital), "--out", str(tmp_path / "pool"), "--seed", "3", "--counts", "40", "4", "4", "4"]
    main([*words, "--without", sources_of_data(hospital)[0], "--more", str(folder.parent)])
    sides = {side: {example.source for example in of(tmp_path / "pool" / side)} for side in SIDES}
    known = {source for side in SIDES for source in {example.source for example in of(pool / side)}}
    assert sides["train"] - known
    assert not (sides["held"] | sides["strange"]) - known
    for side in SIDES[1:]:
        before, after = ({example.group for example in of(root / side)} for root in (pool, tmp_path / "pool"))
        assert before == after


def test_a_data_set_that_shares_a_patient_cannot_be_added(hospital: Path, tmp_path: Path) -> None:
    words = ["--data", str(hospital), "--out", str(tmp_path), "--seed", "3", "--counts", "12", "4", "4", "4"]
    with pytest.raises(UnusableData, match="of the same groups"):
        main([*words, "--more", str(hospital)])
    assert not list(tmp_path.iterdir())
