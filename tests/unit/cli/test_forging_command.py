"""medseal forge: a small set from made pictures."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from detector.datasets.opening import open_dataset


@pytest.fixture
def pristine(tmp_path):
    """Eight made pictures, the first kind of data set: a folder with ``pristine``."""
    folder = tmp_path / "material" / "pristine"
    folder.mkdir(parents=True)
    for seed in range(8):
        noise = np.random.default_rng(seed).standard_normal((160, 160)).astype(np.float32)
        grey = sum(cv2.GaussianBlur(noise, (0, 0), sigma) * sigma for sigma in (1, 4, 12))
        cv2.imwrite(str(folder / f"{seed}.png"), cv2.normalize(grey, None, 30, 220, cv2.NORM_MINMAX).astype(np.uint8))
    return folder.parent


def test_a_set_is_made_told_and_can_be_opened(run_bare, pristine, tmp_path):
    ran = run_bare("forge", pristine, "--out", tmp_path / "set", "--count", "8", "--histories", "A,B2", "--json")
    assert ran.code == 0, ran.err
    line = ran.line
    assert (line["pictures"], line["forged"]) == (8, 4)
    assert set(line["histories"]) <= {"A", "B2", "C"}
    assert 0.001 < line["least_area"] <= line["greatest_area"] < 0.2
    assert len(open_dataset(tmp_path / "set")) == 8


def test_pictures_of_one_group_give_no_splices_and_the_summary_says_so(run_bare, pristine, tmp_path):
    patient = pristine / "one-patient"
    (pristine / "pristine").rename(patient)
    arguments = ("forge", pristine, "--out", tmp_path / "set", "--count", "8")
    ran = run_bare(*arguments, "--json")
    assert ran.code == 0, ran.err
    assert "splicing" not in ran.line["forgeries"]
    assert ran.line["lacking"]["splicing"] == 1
    assert "splicing 1" in run_bare(*arguments).out.split("fewer than asked for")[1]


def test_a_finished_set_is_told_again_in_words(run_bare, pristine, tmp_path):
    arguments = ("forge", pristine, "--out", tmp_path / "set", "--count", "4", "--seed", "3")
    first, again = run_bare(*arguments), run_bare(*arguments)
    assert (first.code, again.code) == (0, 0)
    assert first.out == again.out
    assert "made 4 pictures" in first.out
    assert "histories" in first.out


def test_another_set_in_the_folder_is_left_alone(run_bare, pristine, tmp_path):
    run_bare("forge", pristine, "--out", tmp_path / "set", "--count", "4")
    ran = run_bare("forge", pristine, "--out", tmp_path / "set", "--count", "4", "--seed", "2")
    assert ran.code == 2
    assert "another set" in ran.err


@pytest.mark.parametrize("arguments", [("--count", "3"), ("--histories", "Z"), ("--histories", "")])
def test_what_no_set_can_be_made_of_is_bad_input(run_bare, pristine, tmp_path, arguments):
    ran = run_bare("forge", pristine, "--out", tmp_path / "set", *arguments)
    assert ran.code == 2
    assert "unusable_data" in ran.err


def test_a_folder_that_is_not_there_is_bad_input(run_bare, tmp_path):
    assert run_bare("forge", tmp_path / "nothing", "--out", tmp_path / "set").code == 2


def test_a_source_can_be_left_out(run_bare, pristine, tmp_path):
    arguments = ("forge", pristine, "--out", tmp_path / "set", "--count", "4")
    ran = run_bare(*arguments, "--without", "mat*")
    assert ran.code == 2
    assert "pristine pictures" in ran.err
    assert run_bare(*arguments, "--without", "others").code == 0
