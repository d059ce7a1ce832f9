"""What medseal analyze writes to a file, and how a later run goes on with it."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest


def test_a_jsonl_export_holds_the_printed_lines(run_bare, pictures, tmp_path):
    export = tmp_path / "results.jsonl"
    ran = run_bare("analyze", pictures, "--json", "--export", export)
    assert [json.loads(line) for line in export.read_text().splitlines()] == ran.lines


def test_a_csv_export_has_a_row_a_line(run_bare, pictures, tmp_path):
    export = tmp_path / "results.csv"
    run_bare("analyze", pictures, "--export", export)
    rows = {Path(row["file"]).stem: row for row in csv.DictReader(export.open(encoding="utf-8"))}
    assert rows["altered"]["band"] == "altered"
    assert float(rows["altered"]["probability"]) == pytest.approx(200 / 255)
    assert rows["altered"]["findings"] == "spot"
    assert [rows["altered"][f"likelihood_{name}"] for name in ("ratio", "low", "high")] == ["4.0", "0.25", "6.0"]
    assert rows["broken"]["error_code"] == "unreadable_image"
    assert rows["black"]["score"] == ""


@pytest.mark.parametrize("name", ["results.jsonl", "results.csv"])
def test_resuming_examines_only_what_the_export_lacks(run_bare, pictures, tmp_path, name):
    export = tmp_path / name
    run_bare("analyze", pictures / "altered.png", pictures / "broken.png", "--export", export)
    before = export.read_bytes()
    ran = run_bare("analyze", pictures, "--export", export, "--resume", "--json")
    assert [Path(line["file"]).stem for line in ran.lines] == ["black", "broken", "clean", "unsure"]
    assert export.read_bytes().startswith(before)
    assert ran.code == 1
    again = run_bare("analyze", pictures, "--export", export, "--resume")
    assert "4 files were in the export and are not" in again.err
    assert again.code == 1


@pytest.mark.parametrize("name", ["results.jsonl", "results.csv"])
def test_a_line_cut_short_by_a_stop_is_made_again(run_bare, pictures, tmp_path, name):
    export = tmp_path / name
    files = pictures / "altered.png", pictures / "clean.png"
    run_bare("analyze", *files, "--export", export)
    whole = export.read_bytes()
    export.write_bytes(whole[:-30])
    ran = run_bare("analyze", *files, "--export", export, "--resume", "--json")
    assert [Path(line["file"]).stem for line in ran.lines] == ["clean"]
    assert export.read_bytes() == whole


def test_resuming_with_another_method_adds_its_lines(run_bare, pictures, tmp_path):
    export = tmp_path / "results.jsonl"
    run_bare("analyze", pictures / "clean.png", "--export", export)
    ran = run_bare(
        *("analyze", pictures / "clean.png", "--method", "random_forest", "--export", export, "--resume", "--json")
    )
    assert ran.line["method"] == "random_forest"


def test_an_export_that_is_there_is_not_written_over(run_bare, pictures, tmp_path):
    export = tmp_path / "results.jsonl"
    export.write_text("mine\n")
    ran = run_bare("analyze", pictures / "clean.png", "--export", export)
    assert ran.code == 2
    assert "export_exists" in ran.err
    assert run_bare("analyze", pictures / "clean.png", "--export", export, "--resume").code == 2
    assert export.read_text() == "mine\n"


@pytest.mark.parametrize("arguments", [("--resume",), ("--export", "results.txt")])
def test_an_export_that_cannot_be_is_bad_input(run_bare, pictures, arguments):
    assert run_bare("analyze", pictures / "clean.png", *arguments).code == 2


def stems(lines):
    return [Path(line["file"]).stem for line in lines]


@pytest.mark.parametrize("name", ["results.jsonl", "results.csv"])
def test_what_could_not_be_read_is_tried_again_and_its_error_no_longer_counts(run_bare, pictures, tmp_path, name):
    export, broken = tmp_path / name, pictures / "broken.png"
    assert run_bare("analyze", broken, pictures / "clean.png", "--export", export).code == 3
    cv2.imwrite(str(broken), np.full((64, 80), 50, np.uint8))
    ran = run_bare("analyze", pictures / "clean.png", broken, "--export", export, "--resume", "--json")
    assert stems(ran.lines) == ["broken"]
    assert "1 files were in the export and are examined again" in ran.err
    assert ran.code == 0
    assert run_bare("analyze", broken, "--export", export, "--resume", "--json").out == ""


@pytest.mark.parametrize("name", ["results.jsonl", "results.csv"])
def test_an_answer_of_another_version_is_made_anew_and_the_last_one_counts(
    run_bare, pictures, known_detector, tmp_path, monkeypatch, name
):
    export, changed = tmp_path / name, pictures / "altered.png"
    assert run_bare("analyze", changed, "--export", export).code == 1
    before = export.read_bytes()
    cv2.imwrite(str(changed), np.full((64, 80), 50, np.uint8))
    monkeypatch.setattr(known_detector, "VERSION", "8")
    ran = run_bare("analyze", changed, "--export", export, "--resume", "--json")
    assert (ran.line["version"], ran.code) == ("8", 0)
    assert "examined again" in ran.err
    assert export.read_bytes().startswith(before)
    assert export.read_bytes() != before


def test_a_method_that_has_answered_is_not_asked_again_beside_another(run_bare, pictures, tmp_path):
    export, clean = tmp_path / "results.jsonl", pictures / "clean.png"
    run_bare("analyze", clean, "--export", export)
    ran = run_bare("analyze", clean, "--method", "fusion,random_forest", "--export", export, "--resume", "--json")
    assert [line["method"] for line in ran.lines] == ["random_forest"]


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@sum", "'=1", "plain"])
def test_no_cell_is_a_formula_and_its_file_is_known_again(run_bare, pictures, tmp_path, monkeypatch, name):
    monkeypatch.chdir(pictures)
    Path(f"{name}.png").write_bytes(Path("clean.png").read_bytes())
    export = tmp_path / "results.csv"
    run_bare("analyze", "--export", export, "--", f"{name}.png")
    (row,) = csv.DictReader(export.open(encoding="utf-8"))
    assert row["file"] == ("" if name == "plain" else "'") + f"{name}.png"
    assert run_bare("analyze", "--export", export, "--resume", "--json", "--", f"{name}.png").out == ""


def test_a_negative_number_stays_a_number(run_bare, pictures, known_detector, tmp_path, monkeypatch):
    export, known = tmp_path / "results.csv", known_detector.analyze
    monkeypatch.setattr(
        known_detector, "analyze", lambda self, pixels, jpeg=None: replace(known(self, pixels), score=-2.5)
    )
    run_bare("analyze", pictures / "clean.png", "--export", export)
    (row,) = csv.DictReader(export.open(encoding="utf-8"))
    assert row["score"] == "-2.5"
