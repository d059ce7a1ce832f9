"""medseal analyze tells what rules on the file's structure found, beside the method's answer."""

from __future__ import annotations

import pytest
from structured import jpeg, png, scene, with_segment


@pytest.fixture
def edited(tmp_path):
    """A JPEG file with an editor's comment."""
    file = tmp_path / "edited.jpg"
    file.write_bytes(with_segment(jpeg(scene()), 0xFE, b"Created with GIMP"))
    return file


def test_a_line_holds_findings_and_every_rule(run_bare, edited):
    line = run_bare("analyze", edited, "--json").line
    assert line["structure"]["kind"] == "jpeg"
    assert [one["code"] for one in line["structure"]["findings"]] == ["jpeg-editor"]
    assert {rule["state"] for rule in line["structure"]["rules"]} <= {"found", "passed", "not-applicable"}


def test_people_read_the_finding_with_its_innocent_explanation(run_bare, edited):
    said = run_bare("analyze", edited).out
    assert "File structure" in said
    assert "notable: The metadata names GIMP" in said
    assert "Innocent: Editors also crop" in said


def test_the_file_is_told_once_whatever_the_number_of_methods(run_bare, edited):
    assert run_bare("analyze", edited, "--methods", "ela_cnn,random_forest").out.count("names GIMP") == 1


def test_a_finding_changes_no_exit_code_and_no_band(run_bare, edited, tmp_path):
    plain = tmp_path / "plain.jpg"
    plain.write_bytes(jpeg(scene()))
    first, second = (run_bare("analyze", file, "--json") for file in (edited, plain))
    assert (first.code, first.line["band"]) == (second.code, second.line["band"])


def test_a_name_that_promises_another_kind_is_found(run_bare, tmp_path):
    file = tmp_path / "a.jpg"
    file.write_bytes(png(scene()))
    found = run_bare("analyze", file, "--json").line["structure"]["findings"]
    assert [one["code"] for one in found] == ["file-ending"]


def test_of_several_files_those_without_anything_notable_are_only_counted(run_bare, edited, tmp_path):
    (tmp_path / "plain.png").write_bytes(png(scene()))
    said = run_bare("analyze", tmp_path).out
    assert "edited.jpg: " in said
    assert "nothing notable in the other 1" in said
    assert "plain.png: " not in said
