"""What medseal analyze says to people: why, how often it errs, and what was passed over."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pydicom.data
import pytest

from ledger.cli.analyze_rates import notes

NOTE = "No pictures with this save history were calibrated on: every answer is inconclusive."
RATES = {
    "regime": "lossless",
    "false_alarm": 0.04,
    "false_alarm_high": 0.11,
    "caught": 0.3,
    "miss": 0.08,
    "cleared": 0.5,
    "n_pristine": 60,
    "n_forged": 58,
}


@pytest.fixture
def with_rates(known_detector, monkeypatch):
    """Gives the known answers these rates."""

    def give(rates, **also):
        known = known_detector.analyze
        monkeypatch.setattr(
            known_detector,
            "analyze",
            lambda self, pixels, jpeg=None: replace(known(self, pixels, jpeg=jpeg), rates=rates, **also),
        )

    return give


def test_a_note_is_said_once_for_a_method_and_a_kind_of_file(run_bare, pictures, with_rates):
    with_rates({**RATES, "note": NOTE})
    shown = run_bare("analyze", pictures / "unsure.png", pictures / "clean.png").out
    assert shown.count(NOTE) == 1
    assert f"fusion, lossless: {NOTE}" in shown
    assert "of the pristine" not in shown
    row = next(line for line in shown.splitlines() if line.startswith("clean.png"))
    assert row.split("lossless")[0].count("%") == 1, "the area alone: no probability where all is inconclusive"


def test_a_decided_answer_comes_with_its_error_rates(run_bare, pictures, with_rates):
    with_rates(RATES)
    shown = run_bare("analyze", pictures / "altered.png", pictures / "clean.png").out
    assert "it calls altered 4.0 % of the pristine (95 % interval to 11 %) and 30.0 % of the forged." in shown
    assert "of held-out pictures (60 pristine, 58 forged) it finds no trace in 8.0 % of the forged and 50.0 %" in shown
    assert shown.count("Of a source unlike them it may err far more") == 1
    assert shown.count("Drawn text and marks, and changes of the whole picture, were not.") == 1


def test_rates_of_all_kinds_together_say_so():
    line = {
        "method": "vgg",
        "regime": "jpeg",
        "band": "altered",
        "applicable": True,
        "rates": {**RATES, "regime": "all"},
    }
    said, *_ = notes([line])
    assert "measured on all kinds of file together" in said


def test_rates_of_another_kind_of_file_say_so():
    line = {"method": "vgg", "regime": "lossless-deep", "band": "altered", "applicable": True, "rates": RATES}
    said, *_ = notes([{**line, "rates": {**RATES, "regime": "lossless"}}])
    assert "vgg, lossless, 16 bits: of held-out pictures" in said
    assert "measured on lossless files: too few of this kind." in said
    own, *_ = notes([{**line, "rates": {**RATES, "regime": "lossless-deep"}}])
    assert "too few" not in own


def test_the_area_of_an_inconclusive_answer_is_not_shown_but_kept(run_bare, pictures):
    assert "3.9 %" not in run_bare("analyze", pictures / "unsure.png").out
    assert run_bare("analyze", pictures / "unsure.png", "--json").line["area_percent"] == pytest.approx(3.9, abs=0.1)


def test_an_answer_without_findings_says_so(run_bare, pictures, with_rates):
    with_rates(RATES, findings=())
    assert "no finding" in run_bare("analyze", pictures / "clean.png").out


def test_of_more_frames_than_were_examined_both_counts_are_told(run_bare, tmp_path):
    pages = [np.full((64, 64), 200 if number == 9 else 50, np.uint8) for number in range(30)]
    cv2.imwritemulti(str(tmp_path / "a.tiff"), pages)
    assert "most suspicious of 8 of 30 frames: 10" in run_bare("analyze", tmp_path / "a.tiff").out


def test_not_applicable_is_counted_apart(run_bare, pictures):
    shown = run_bare("analyze", pictures / "black.png", pictures / "unsure.png").out
    assert "1 not applicable" in shown
    assert "1 inconclusive" in shown


@pytest.fixture
def mixed(tmp_path):
    """A folder of one picture, and of files that are none."""
    folder = tmp_path / "mixed"
    folder.mkdir()
    cv2.imwrite(str(folder / "clean.png"), np.full((64, 80), 50, np.uint8))
    (folder / "README.txt").write_text("What is here.")
    (folder / "profile.icc").write_bytes(bytes(36) + b"acsp")
    (folder / "DICOMDIR").write_bytes(Path(str(pydicom.data.get_testdata_file("DICOMDIR"))).read_bytes())
    return folder


def test_in_a_folder_files_that_are_no_pictures_are_passed_over(run_bare, mixed):
    ran = run_bare("analyze", mixed, "--json")
    assert ran.line["band"] == "no-trace"
    assert "3 files that are no pictures were passed over" in ran.err
    assert ran.code == 0


@pytest.mark.parametrize("name", ["README.txt", "DICOMDIR"])
def test_a_file_that_is_named_is_an_error_if_it_is_no_picture(run_bare, mixed, name):
    ran = run_bare("analyze", mixed / name, mixed / "clean.png", "--json")
    assert ran.lines[0]["error"]["code"] == "unsupported_image"
    assert ran.code == 3


def test_a_picture_of_a_kind_that_is_not_read_is_not_passed_over(run_bare, mixed):
    data = bytearray(Path(str(pydicom.data.get_testdata_file("CT_small.dcm"))).read_bytes())
    where = data.index(b"MONOCHROME2")
    data[where : where + 11] = b"MONOCHROMEX"
    (mixed / "strange.dcm").write_bytes(data)
    ran = run_bare("analyze", mixed, "--json")
    assert [line["error"]["code"] for line in ran.lines if "error" in line] == ["unsupported_image"]
    assert ran.code == 3


def test_another_format_is_passed_over_however_large_and_an_empty_file_is_not(run_bare, mixed, monkeypatch):
    monkeypatch.setenv("MEDSEAL_MAX_UPLOAD_MB", "1")
    (mixed / "archive.zip").write_bytes(b"PK\3\4" + bytes(3 << 20))
    (mixed / "empty.png").write_bytes(b"")
    ran = run_bare("analyze", mixed, "--json")
    assert [Path(line["file"]).name for line in ran.lines] == ["clean.png", "empty.png"]
    assert "4 files that are no pictures were passed over" in ran.err


def test_what_is_only_named_like_a_picture_is_not_passed_over(run_bare, mixed):
    (mixed / "notes.png").write_text("This is no picture.")
    ran = run_bare("analyze", mixed, "--json")
    assert [line["error"]["code"] for line in ran.lines if "error" in line] == ["unsupported_image"]
    assert "3 files that are no pictures were passed over" in ran.err


def test_a_folder_without_any_picture_is_bad_input(run_bare, mixed):
    (mixed / "clean.png").unlink()
    assert run_bare("analyze", mixed).code == 2


def test_methods_can_be_named_one_by_one(run_bare, pictures):
    ran = run_bare(
        *("analyze", pictures / "clean.png", "--json", "--method", "random_forest"),
        *("--method", "ela_cnn,random_forest"),
    )
    assert [line["method"] for line in ran.lines] == ["random_forest", "ela_cnn"]


def test_advice_on_a_missing_model_names_the_folder_of_ones_own(run_bare, pictures, tmp_path):
    ran = run_bare("analyze", pictures / "clean.png", "--method", "vgg", "--weights", tmp_path / "mine")
    assert f"medseal train --method vgg --data DIR --out {tmp_path / 'mine'}" in ran.err
    assert "--out" not in run_bare("analyze", pictures / "clean.png", "--method", "vgg").err


@pytest.mark.parametrize(("note", "caught"), [(None, "0.3"), (NOTE, "")])
def test_a_csv_export_holds_reasons_and_rates(run_bare, pictures, with_rates, tmp_path, note, caught):
    with_rates({**RATES, "note": note} if note else RATES)
    export = tmp_path / "a.csv"
    run_bare("analyze", pictures / "altered.png", "--export", export)
    (row,) = csv.DictReader(export.open(encoding="utf-8"))
    assert row["reasons"] == "a bright spot"
    assert (row["caught"], row["note"], row["measured_on"]) == (caught, note or "", "lossless")
    resumed = run_bare("analyze", pictures / "altered.png", "--export", export, "--resume").out
    assert "a bright spot" in resumed
    said = "it calls altered 4.0 % of the pristine (95 % interval to 11 %) and 30.0 % of the forged"
    assert (note or said) in resumed
    assert ("(60 pristine, 58 forged)" in resumed) is (note is None)


@pytest.mark.parametrize("arguments", [["--json"], []])
def test_a_reader_that_has_gone_is_no_answer_and_leaves_no_trace(arguments, tmp_path):
    reading, writing = os.pipe()
    os.close(reading)
    program = "from ledger.cli import main; main()"
    command = [sys.executable, "-c", program, "analyze", "--list-methods", "--weights", str(tmp_path), *arguments]
    ran = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writing)
    assert (ran.returncode, ran.stderr) == (141, "")


@pytest.mark.parametrize(("found", "said"), [(0.9996, ">99 %"), (0.003, "<1 %"), (0.5, "50 %"), (0.99, "99 %")])
def test_no_probability_is_shown_as_certain(run_bare, pictures, with_rates, found, said):
    with_rates(RATES, probability=found)
    assert f" {said} " in run_bare("analyze", pictures / "clean.png").out


def test_where_the_maps_were_written_is_said(run_bare, pictures, tmp_path):
    said = run_bare("analyze", pictures / "altered.png", "--out", tmp_path / "maps").err
    assert "heat maps and masks of 1 answer are in" in said
    assert str(tmp_path / "maps") in said.replace("\n", "")
    assert "heat maps" not in run_bare("analyze", pictures / "altered.png").err


def test_a_likelihood_ratio_is_shown_with_what_is_supported_and_what_it_says(run_bare, pictures):
    shown = run_bare("analyze", pictures / "altered.png").out
    assert "LR" in shown
    assert "fusion, lossless: of likelihood ratios, held-out pictures support 1/4 to 6." in shown
    assert "A likelihood ratio (LR) of 4: the evidence is about 4 times as probable if the picture was forged" in shown
    assert "not the probability that the picture is forged" in shown
    assert "Of a source unlike them it may err far more" in shown


def test_where_there_is_no_likelihood_ratio_nothing_is_said_of_one(run_bare, pictures, with_rates):
    with_rates(RATES, likelihood_ratio=None, likelihood_bounds=None)
    assert "likelihood" not in run_bare("analyze", pictures / "altered.png").out


def test_a_line_of_an_older_export_has_no_likelihood_ratio_and_is_shown():
    line = {"method": "vgg", "regime": "jpeg", "band": "altered", "applicable": True, "rates": RATES}
    assert not any("likelihood" in said for said in notes([line]))
