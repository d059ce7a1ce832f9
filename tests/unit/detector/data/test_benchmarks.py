"""A benchmark set has twins of one history, balanced, exact in its masks, and the same every time."""

from __future__ import annotations

import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from detector import benchmarks, twins
from detector.benchmarks import make_set, quotas
from detector.datasets.contract import FORGERIES, HISTORIES, Example, Picture
from detector.datasets.opening import check, open_dataset
from detector.datasets.reading import read_mask, read_picture
from detector.errors import UnusableData


@pytest.fixture(scope="module")
def made(hospital: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("sets") / "set"
    make_set(open_dataset(hospital), out, count=64, seed=5, processes=1)
    return out


@pytest.fixture(scope="module")
def examples(made: Path) -> list[Example]:
    return open_dataset(made)


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _pairs(examples: list[Example]) -> list[tuple[Example, Example]]:
    return list(zip(examples[::2], examples[1::2], strict=True))


def test_a_set_keeps_the_contract(examples: list[Example]) -> None:
    check(examples)
    assert len(examples) == 64
    assert all(example.mask is not None for example in examples if example.forged)


def test_twins_share_everything_but_the_edit(examples: list[Example]) -> None:
    for plain, forged in _pairs(examples):
        assert (plain.forged, forged.forged) == (False, True)
        for name in ("pair", "group", "source", "history", "first_quality", "last_quality", "dhash"):
            assert getattr(plain, name) == getattr(forged, name)
        assert plain.path.suffix == forged.path.suffix


def test_a_lossless_pair_differs_inside_the_mask_and_nowhere_else(examples: list[Example]) -> None:
    lossless = [pair for pair in _pairs(examples) if pair[0].history == "B1"]
    assert lossless
    for plain, forged in lossless:
        assert forged.mask is not None
        one, other = read_picture(plain.path).pixels, read_picture(forged.path).pixels
        differs = (one != other).reshape(*one.shape[:2], -1).any(axis=2)
        mask = read_mask(forged.mask)
        assert not differs[~mask].any()
        assert differs[mask].mean() > 0.5


def test_the_area_is_that_of_the_mask_in_the_file(examples: list[Example]) -> None:
    for _, forged in _pairs(examples):
        assert forged.mask is not None
        assert forged.area == pytest.approx(np.mean(read_mask(forged.mask)))


def test_sources_histories_and_forgeries_are_balanced(examples: list[Example]) -> None:
    forged = [example for example in examples if example.forged]
    assert {Counter(example.history for example in forged)[history] for history in HISTORIES} <= {7, 8, 9}
    assert max(Counter(example.source for example in forged).values()) <= 11
    assert min(Counter(example.forgery for example in forged)[kind] for kind in FORGERIES) >= 5


def test_every_patient_is_used_before_any_is_used_again(examples: list[Example]) -> None:
    used = Counter(example.group for example in examples if example.forged and example.source == "grey")
    assert len(used) == 8


def test_a_later_candidate_never_borrows_from_its_own_patient(
    hospital: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    originals = [example for example in open_dataset(hospital) if example.source == "grey"]
    broken = replace(originals[0], path=tmp_path / "none.png", group="another")
    lent: list[Path] = []

    def noting(path: Path, **options: bool) -> Picture:
        lent.append(path)
        return read_picture(path, **options)

    monkeypatch.setattr(twins, "read_picture", noting)
    donors = (originals[2], originals[3], originals[4])
    benchmarks.make_set(originals, tmp_path / "set", count=2, seed=1, processes=1)
    lent.clear()
    job = benchmarks.Job(0, 1, "B1", "splicing", False, (broken, originals[2]), donors)
    pair = twins.make(job, tmp_path / "set")
    assert originals[2].group == originals[3].group != originals[4].group
    assert pair[0].group == originals[2].group
    assert pair[1].forgery == "splicing"
    assert lent == [broken.path, originals[2].path, originals[4].path]


def test_two_processes_make_the_same_set_and_report_every_pair(hospital: Path, tmp_path: Path) -> None:
    said: list[tuple[int, int]] = []
    for processes in (1, 2):
        out = tmp_path / str(processes)
        make_set(
            open_dataset(hospital),
            out,
            count=12,
            seed=9,
            processes=processes,
            report=lambda done, total, _words: said.append((done, total)),
        )
    assert _files(tmp_path / "1") == _files(tmp_path / "2")
    assert said == [(done, 12) for done in range(2, 13, 2)] * 2


def test_a_run_that_was_stopped_goes_on_where_it_was(
    hospital: Path, made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[int] = []
    whole = benchmarks.make_pair

    def stopping(job: benchmarks.Job, out: Path) -> int:
        if len(done) == 5:
            raise KeyboardInterrupt
        done.append(job.index)
        return whole(job, out)

    monkeypatch.setattr(benchmarks, "make_pair", stopping)
    with pytest.raises(KeyboardInterrupt):
        make_set(open_dataset(hospital), tmp_path / "set", count=16, seed=5, processes=1)
    again: list[int] = []
    monkeypatch.setattr(benchmarks, "make_pair", lambda job, out: (again.append(job.index), whole(job, out))[1])
    resumed = make_set(open_dataset(hospital), tmp_path / "set", count=16, seed=5, processes=1)
    assert (done, again) == ([0, 1, 2, 3, 4], [5, 6, 7])
    assert resumed == open_dataset(tmp_path / "set")
    make_set(open_dataset(hospital), tmp_path / "fresh", count=16, seed=5, processes=1)
    assert _files(tmp_path / "set") == _files(tmp_path / "fresh")


def test_a_finished_set_is_read_and_not_made_again(
    hospital: Path, made: Path, examples: list[Example], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(benchmarks, "make_pair", None)
    assert make_set(open_dataset(hospital), made, count=64, seed=5) == examples


def test_a_folder_with_another_set_is_refused(hospital: Path, made: Path) -> None:
    with pytest.raises(UnusableData, match="found another set"):
        make_set(open_dataset(hospital), made, count=64, seed=6)


def test_a_folder_with_other_files_is_refused(hospital: Path, tmp_path: Path) -> None:
    (tmp_path / "precious.txt").write_text("mine")
    with pytest.raises(UnusableData, match="empty folder"):
        make_set(open_dataset(hospital), tmp_path, count=4, seed=1)


def test_pictures_that_cannot_be_read_are_passed_over(hospital: Path, tmp_path: Path) -> None:
    copy = tmp_path / "hospital"
    shutil.copytree(hospital, copy)
    (copy / "grey" / "0_0.png").write_bytes(b"broken")
    assert len(make_set(open_dataset(copy), tmp_path / "set", count=48, seed=1, processes=1)) == 48


def test_pictures_with_no_room_for_a_forgery_make_no_set(tmp_path: Path, hospital: Path) -> None:
    copy = tmp_path / "hospital"
    shutil.copytree(hospital, copy)
    for path in copy.rglob("*.png"):
        path.write_bytes(b"broken")
    with pytest.raises(UnusableData, match="found room for 0"):
        make_set(open_dataset(copy), tmp_path / "set", count=4, seed=1, processes=1)


@pytest.mark.parametrize("count", [0, 7, -2])
def test_a_count_that_is_not_of_pairs_is_refused(hospital: Path, tmp_path: Path, count: int) -> None:
    with pytest.raises(UnusableData, match="even count"):
        make_set(open_dataset(hospital), tmp_path / "set", count=count, seed=1)


def test_small_sources_give_what_they_have_and_large_ones_share_the_rest() -> None:
    assert quotas({"large": 300, "small": 2, "middle": 50}, 100, most=4) == {"large": 46, "middle": 46, "small": 8}


def test_every_picture_is_used_more_often_when_there_are_too_few() -> None:
    assert quotas({"a": 2, "b": 3}, 40, most=4) == {"a": 16, "b": 24}
