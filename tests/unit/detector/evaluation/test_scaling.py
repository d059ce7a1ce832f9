"""The learning curves: which pictures a point of the plan has, and what its table says."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from detector.datasets.contract import Example
from detector.errors import UnusableData
from detector.evaluation.scaling import PLAN, Point, Reached, Side, _claim, opened, part_of, table
from detector.training.contract import Samples


def _examples() -> list[Example]:
    return [
        Example(Path(f"{source}-{group}-{forged}.png"), forged, source, "CT", f"{source}:{group}", f"{source}{group}")
        for source in "abcd"
        for group in range(8)
        for forged in (False, True)
    ]


def _groups(share: float) -> set[str]:
    return {example.group for example in part_of(_examples(), Point(groups=share))}


def test_a_share_of_the_groups_is_taken_of_every_source() -> None:
    found = part_of(_examples(), Point(groups=0.25))
    assert {source: sum(example.source == source for example in found) for source in "abcd"} == dict.fromkeys("abcd", 4)


def test_a_share_of_the_sources_leaves_the_others_out_whole() -> None:
    found = part_of(_examples(), Point(sources=0.5))
    assert len({example.source for example in found}) == 2
    assert len(found) == 2 * 16


def test_a_larger_share_holds_every_smaller_one() -> None:
    shares = [_groups(share) for share in (1 / 8, 1 / 4, 1 / 2, 1.0)]
    assert all(small < large for small, large in pairwise(shares))


def test_twins_stay_together() -> None:
    found = part_of(_examples(), Point(groups=0.5))
    assert all(sum(one.pair == other.pair for other in found) == 2 for one in found)


def test_the_smallest_share_leaves_one_group_of_one_source() -> None:
    assert {example.group for example in part_of(_examples(), Point(groups=0.001, sources=0.001))} <= _groups(1 / 8)
    assert len(part_of(_examples(), Point(groups=0.001, sources=0.001))) == 2


def test_no_two_points_of_the_plan_share_a_folder() -> None:
    assert len({point.name for point in PLAN}) == len(PLAN)


def test_a_part_of_a_side_has_the_samples_of_its_examples_alone() -> None:
    examples = _examples()
    owners = np.repeat(np.arange(len(examples)), 2)
    side = Side(examples, Samples(np.arange(2 * len(examples))[:, None], owners % 2, owners))
    kept = [examples[5], examples[9]]
    part = side.part(kept)
    assert part.examples == kept
    assert part.samples.inputs.ravel().tolist() == [10, 11, 18, 19]
    assert part.samples.owners.tolist() == [5, 5, 9, 9]
    assert side.part(examples) is side


def test_a_folder_of_another_study_is_refused(tmp_path: Path) -> None:
    _claim(tmp_path / "out", {"pool": "a", "epochs": 3})
    _claim(tmp_path / "out", {"pool": "a", "epochs": 3})
    with pytest.raises(UnusableData, match="another pool or number of epochs"):
        _claim(tmp_path / "out", {"pool": "a", "epochs": 4})


def test_judged_sets_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnusableData, match="different names"):
        opened(tmp_path, [tmp_path / "a" / "strange", tmp_path / "b" / "strange"], tmp_path / "out", 3, lambda *_: None)


def test_the_table_has_a_row_for_each_point_with_its_interval() -> None:
    reached = Reached(
        Point(), 5600, 400, 11, 642_000, 6.2, (0.9, 0.8), {"strange": (0.75, 0.7, 0.8), "other": (0.7, 0.6, 0.8)}
    )
    row = table([reached]).splitlines()[-1]
    assert row == "| 400 | 11 | 5600 | 642,000 | 6 | 0.90 0.80 | 0.75 (0.70–0.80) | 0.70 (0.60–0.80) |"


def test_a_wider_network_has_more_weights_and_the_same_answer_shape() -> None:
    from detector.training.localizer_network import network

    narrow, usual, wide = (network(64, width=width) for width in (0.5, 1.0, 1.5))
    assert narrow.count_params() < usual.count_params() < wide.count_params()
    assert narrow.output_shape == usual.output_shape == wide.output_shape
