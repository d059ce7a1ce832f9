"""Nothing that belongs together is on two sides of a split."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from detector.datasets.contract import Example
from detector.datasets.hashing import dhash
from detector.datasets.opening import open_dataset
from detector.datasets.splitting import NEAR, Split, clustered, random_split, split, without_source
from detector.errors import UnusableData
from detector.evaluation.intervals import auc


def _examples(source: str, groups: int, each: int, seed: int = 0) -> list[Example]:
    rng = np.random.default_rng(seed)
    return [
        Example(
            path=Path(f"{source}/{group}/{number}"),
            forged=False,
            source=source,
            modality="m",
            group=f"{source}:{group}",
            pair=f"{source}/{group}/{number}",
            dhash=int(rng.integers(2**64, dtype=np.uint64)),
        )
        for group in range(groups)
        for number in range(each)
    ]


def _sides(made: Split) -> dict[Path, int]:
    return {example.path: side for side, part in enumerate((made.train, made.held, made.test)) for example in part}


def test_no_group_is_on_two_sides_and_no_picture_is_lost() -> None:
    examples = _examples("a", 30, 3) + _examples("b", 20, 2, seed=1)
    made = split(examples, seed=3)
    groups = [{example.group for example in part} for part in (made.train, made.held, made.test)]
    assert not groups[0] & groups[1] and not groups[0] & groups[2] and not groups[1] & groups[2]
    assert set(_sides(made)) == {example.path for example in examples}


def test_each_source_is_divided_by_the_shares() -> None:
    made = split(_examples("a", 40, 1) + _examples("b", 20, 2, seed=1), seed=3, shares=(0.5, 0.25, 0.25))
    counts = [Counter(example.source for example in part) for part in (made.train, made.held, made.test)]
    assert counts == [{"a": 20, "b": 20}, {"a": 10, "b": 10}, {"a": 10, "b": 10}]


def test_a_source_of_one_group_goes_wholly_to_a_side_that_the_seed_draws() -> None:
    examples = _examples("single", 1, 5)
    sides = []
    for seed in range(20):
        found = set(_sides(split(examples, seed)).values())
        assert len(found) == 1
        sides.append(found.pop())
    assert len(set(sides)) > 1


def test_the_same_seed_splits_alike_in_any_order_and_another_seed_otherwise() -> None:
    examples = _examples("a", 30, 2)
    assert _sides(split(examples, 1)) == _sides(split(examples[::-1], 1))
    assert _sides(split(examples, 1)) != _sides(split(examples, 2))


def test_near_duplicates_of_two_patients_are_one_cluster() -> None:
    examples = _examples("a", 40, 1)
    base = examples[0].dhash or 0
    examples[7] = replace(examples[7], dhash=base ^ (2**NEAR - 1))
    examples[9] = replace(examples[9], dhash=base ^ (2 ** (NEAR + 1) - 1) << 30)
    found = clustered(examples)
    assert found[0].group == found[7].group != found[9].group


def test_heads_of_two_hospitals_are_no_near_duplicates() -> None:
    one, other = _examples("a", 1, 1)[0], _examples("b", 1, 1)[0]
    assert one.dhash is not None
    first, second = clustered([one, replace(other, dhash=one.dhash ^ 0b111)])
    assert first.group != second.group


def test_twins_are_one_cluster_even_under_two_group_names() -> None:
    one, other = _examples("a", 2, 1)
    first, second = clustered([one, replace(other, pair=one.pair)])
    assert first.group == second.group


def test_hashes_that_are_missing_are_computed_from_the_pictures(hospital: Path) -> None:
    found = clustered(open_dataset(hospital))
    assert all(example.dhash is not None for example in found)


def test_a_hash_hardly_changes_with_size_depth_and_compression(tissue: Callable[..., npt.NDArray[Any]]) -> None:
    pixels = tissue(5, 512)[128:384, 128:384]
    _, jpeg = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 60])
    alike = [
        cv2.resize(pixels, (128, 128), interpolation=cv2.INTER_AREA),
        pixels.astype(np.uint16) * 257,
        cv2.imdecode(jpeg, cv2.IMREAD_UNCHANGED),
    ]
    assert all((dhash(other) ^ dhash(pixels)).bit_count() <= NEAR for other in alike)
    assert (dhash(tissue(6, 512)[128:384, 128:384]) ^ dhash(pixels)).bit_count() > NEAR


def test_without_a_source_neither_it_nor_its_clusters_are_left() -> None:
    kept, wanted = _examples("a", 10, 1), _examples("b", 10, 1, seed=1)
    kept[0] = replace(kept[0], dhash=wanted[0].dhash)
    others, out = without_source(kept + wanted, "b")
    assert [example.path for example in out] == [example.path for example in wanted]
    assert [example.path for example in others] == [example.path for example in kept[1:]]


def test_an_unknown_source_is_refused() -> None:
    with pytest.raises(UnusableData, match="found 'c' of a"):
        without_source(_examples("a", 3, 1), "c")


def test_the_random_split_has_the_papers_sizes_and_divides_groups() -> None:
    made = random_split(_examples("a", 300, 2), seed=1, shares=(0.8, 0.0, 0.2))
    assert (len(made.train), len(made.held), len(made.test)) == (480, 0, 120)
    assert {example.group for example in made.train} & {example.group for example in made.test}


def _twins(count: int) -> list[Example]:
    """Pairs of a pristine picture and its forgery, of patients with two pairs each."""
    return [
        replace(example, forged=forged, path=example.path / str(forged))
        for example in _examples("a", count // 2, 2)
        for forged in (False, True)
    ]


def test_the_random_split_keeps_twins_together() -> None:
    made = random_split(_twins(100), seed=1, shares=(0.6, 0.2, 0.2))
    assert (len(made.train), len(made.held), len(made.test)) == (120, 40, 40)
    pairs = [{example.pair for example in part} for part in (made.train, made.held, made.test)]
    assert sum(map(len, pairs)) == len(set.union(*pairs))


def test_a_model_that_recognizes_pictures_only_guesses_under_the_random_split() -> None:
    examples = _twins(200)
    rng = np.random.default_rng(0)
    looks = {example.pair: rng.normal(size=4) for example in examples}
    seen = {example.path: looks[example.pair] + rng.normal(size=4) / 100 for example in examples}
    found = []
    for seed in range(5):
        made = random_split(examples, seed)
        known = np.stack([seen[example.path] for example in made.train])
        nearest = [int(np.linalg.norm(known - seen[example.path], axis=1).argmin()) for example in made.test]
        scores = [float(made.train[number].forged) for number in nearest]
        found.append(auc(scores, [example.forged for example in made.test]))
    assert np.mean(found) == pytest.approx(0.5, abs=0.05)


def test_shares_that_do_not_sum_to_one_are_refused() -> None:
    with pytest.raises(UnusableData, match="sum to 1"):
        split(_examples("a", 3, 1), 1, shares=(0.5, 0.1, 0.1))
