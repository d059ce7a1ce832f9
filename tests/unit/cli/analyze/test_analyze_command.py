"""medseal analyze with a detector whose answers are known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from detector.registry import METHODS
from detector.types import Finding
from ledger.cli import analyze_view
from ledger.cli.analyze import _line, exit_code

KEYS = [
    *("file", "method", "version", "applicable", "reason", "regime", "band", "score", "probability"),
    *("likelihood_ratio", "likelihood_bounds", "area_percent"),
    *("area_interval", "heatmap", "mask", "findings", "figures", "rates", "frame", "frames", "examined", "seconds"),
    "structure",
]


def test_a_line_has_all_keys_in_order_and_only_plain_numbers(run_bare, pictures):
    line = run_bare("analyze", pictures / "altered.png", "--json").line
    assert list(line) == KEYS
    assert (line["method"], line["version"], line["band"], line["regime"]) == ("fusion", "7", "altered", "lossless")
    assert line["score"] == 200.0
    assert line["area_interval"] == [0.0, None]
    assert line["figures"] == {"level": 200.0, "ratio": None}
    assert line["findings"][0]["region"] == {"x": 0, "y": 0, "width": 20, "height": 10}
    assert (line["frame"], line["frames"], line["examined"]) == (0, 1, 1)


def test_without_a_folder_for_them_no_maps_are_written(run_bare, pictures, tmp_path):
    before = set(tmp_path.rglob("*"))
    line = run_bare("analyze", pictures / "altered.png", "--json").line
    assert (line["heatmap"], line["mask"]) == (None, None)
    assert set(tmp_path.rglob("*")) == before


def test_maps_are_pictures_of_the_pictures_size(run_bare, pictures, tmp_path):
    line = run_bare("analyze", pictures / "altered.png", "--json", "--out", tmp_path / "maps").line
    heat = cv2.imread(line["heatmap"], cv2.IMREAD_UNCHANGED)
    mask = cv2.imread(line["mask"], cv2.IMREAD_UNCHANGED)
    assert (heat.dtype, heat.shape) == (np.uint16, (64, 80))
    assert mask.shape == (64, 80)
    assert set(np.unique(mask)) == {0, 255}
    assert 100 * (mask > 0).mean() == pytest.approx(line["area_percent"])


def test_files_of_one_name_in_two_folders_have_maps_of_their_own(run_bare, pictures, tmp_path):
    twin = tmp_path / "other" / "altered.png"
    twin.parent.mkdir()
    twin.write_bytes((pictures / "altered.png").read_bytes())
    ran = run_bare("analyze", pictures / "altered.png", twin, "--json", "--out", tmp_path / "maps")
    assert len({line["heatmap"] for line in ran.lines}) == 2


def test_what_cannot_be_judged_has_a_reason_and_no_figures(run_bare, pictures, tmp_path):
    ran = run_bare("analyze", pictures / "black.png", "--json", "--out", tmp_path / "maps")
    line = ran.line
    assert (line["applicable"], line["reason"], line["band"]) == (False, "nothing on it", "inconclusive")
    assert [line[name] for name in ("score", "probability", "area_percent", "heatmap", "mask")] == [None] * 5
    assert ran.code == 3


@pytest.mark.parametrize(
    ("names", "code"),
    [
        (["clean"], 0),
        (["clean", "altered"], 1),
        (["unsure", "altered", "broken"], 1),
        (["clean", "unsure"], 3),
        (["clean", "broken"], 3),
        (["broken"], 2),
    ],
)
def test_the_exit_code_says_the_worst_that_was_found(run_bare, pictures, names, code):
    ran = run_bare("analyze", *(pictures / f"{name}.png" for name in names), "--json")
    assert ran.code == code
    assert len(ran.lines) == len(names)


def test_an_unreadable_file_is_an_error_line_and_the_rest_goes_on(run_bare, pictures, tmp_path):
    files = (pictures / "broken.png", tmp_path / "missing.png", pictures / "clean.png")
    broken, missing, clean = run_bare("analyze", *files, "--json").lines
    for line in (broken, missing):
        assert list(line) == ["file", "error"]
        assert line["error"].keys() == {"code", "message", "advice"}
    assert broken["error"]["code"] == "unreadable_image"
    assert clean["band"] == "no-trace"


def test_a_failure_inside_a_method_ends_no_run(run_bare, pictures, known_detector, monkeypatch):
    known = known_detector.analyze

    def fragile(self, pixels, *, jpeg=None):
        if np.median(pixels) == 200:
            raise ZeroDivisionError("a bug")
        return known(self, pixels, jpeg=jpeg)

    monkeypatch.setattr(known_detector, "analyze", fragile)
    failed, clean = run_bare("analyze", pictures / "altered.png", pictures / "clean.png", "--json").lines
    assert failed["error"]["code"] == "internal_error"
    assert clean["band"] == "no-trace"


def test_a_folder_stands_for_every_file_below_it(run_bare, pictures):
    (pictures / "deeper").mkdir()
    (pictures / "clean.png").rename(pictures / "deeper" / "clean.png")
    files = [Path(line["file"]).name for line in run_bare("analyze", pictures, "--json").lines]
    assert files == ["altered.png", "black.png", "broken.png", "unsure.png", "clean.png"]


def test_a_jpeg_comes_to_the_method_with_its_bytes(run_bare, tmp_path):
    cv2.imwrite(str(tmp_path / "a.jpg"), np.full((64, 64), 50, np.uint8))
    assert run_bare("analyze", tmp_path / "a.jpg", "--json").line["regime"] == "jpeg"


def test_of_many_frames_the_most_suspicious_is_told(run_bare, tmp_path):
    pages = [np.full((64, 64), level, np.uint8) for level in (50, 50, 200, 50)]
    cv2.imwritemulti(str(tmp_path / "a.tiff"), pages)
    ran = run_bare("analyze", tmp_path / "a.tiff", "--json")
    assert (ran.line["band"], ran.line["frame"], ran.line["frames"], ran.line["examined"]) == ("altered", 2, 4, 4)
    assert "most suspicious of 4 frames: 3" in run_bare("analyze", tmp_path / "a.tiff").out


def test_all_methods_are_side_by_side_and_an_unusable_one_is_named(run_bare, pictures):
    ran = run_bare("analyze", pictures / "clean.png", "--methods", "all", "--json")
    assert [line["method"] for line in ran.lines] == [name for name in METHODS if name != "vgg"]
    assert "vgg is left out" in ran.err
    shown = run_bare("analyze", pictures / "clean.png", "--method", "all").out
    assert all(name in shown for name in METHODS if name != "vgg")


def test_several_methods_can_be_named(run_bare, pictures):
    ran = run_bare("analyze", pictures / "clean.png", "--method", "random_forest,ela_cnn", "--json")
    assert [line["method"] for line in ran.lines] == ["random_forest", "ela_cnn"]


@pytest.mark.parametrize(("method", "code"), [("nonsense", "unknown_method"), ("vgg", "weights_unusable")])
def test_a_method_that_cannot_be_had_is_bad_input(run_bare, pictures, method, code):
    ran = run_bare("analyze", pictures / "clean.png", "--method", method)
    assert ran.code == 2
    assert code in ran.err


def test_the_methods_are_listed_with_what_they_lack(run_bare):
    ran = run_bare("analyze", "--list-methods", "--json")
    states = {line["method"]: line["state"] for line in ran.lines}
    assert list(states) == list(METHODS)
    assert states["vgg"] != "usable"
    assert states["fusion"] == states["ela_cnn"] == "usable"
    assert [line["method"] for line in ran.lines if line["default"]] == ["fusion"]
    assert ran.code == 0


def test_the_list_of_methods_says_what_each_is_or_what_it_lacks(run_bare):
    said = run_bare("analyze", "--list-methods").out
    assert "error levels" in said
    assert "vgg" in said
    assert "the seed paper's baseline" in said.replace("\n", " ")
    assert all(line["what"] for line in run_bare("analyze", "--list-methods", "--json").lines)


def test_nothing_to_analyze_is_bad_input(run_bare, tmp_path):
    assert run_bare("analyze").code == 2
    assert run_bare("analyze", tmp_path).code == 2


def test_people_get_words_and_no_word_says_authentic(run_bare, pictures):
    ran = run_bare("analyze", pictures)
    for words in ("altered", "no trace found", "inconclusive", "78 %", "3.9 %", "a bright spot", "not applicable"):
        assert words in ran.out
    assert "5 files: " in ran.out
    assert "authentic" not in ran.out
    assert "unreadable_image" in ran.err


def test_no_ledger_is_made(run_bare, pictures, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run_bare("analyze", pictures / "clean.png")
    assert not (tmp_path / "data").exists()


def test_the_exit_code_of_no_lines_is_zero():
    assert exit_code([]) == 0


def test_a_score_before_calibration_is_no_reason_unless_the_answer_is_altered(
    run_bare, pictures, known_detector, monkeypatch
):
    known = known_detector.analyze

    def raw(self, pixels, *, jpeg=None):
        finding = Finding("vgg-network", "The network puts 50% on forged.", "It resembles forged pictures.", "limits")
        return replace(known(self, pixels), findings=(finding,))

    monkeypatch.setattr(known_detector, "analyze", raw)
    shown = run_bare("analyze", pictures / "unsure.png").out
    assert "resembles" not in shown and "50%" not in shown
    assert "It resembles forged pictures" in run_bare("analyze", pictures / "altered.png").out


def test_a_terminal_of_a_hundred_columns_cuts_no_word(pictures, capsys, known_detector, monkeypatch):
    long = pictures / ("a_long_name_" * 4 + ".png")
    seen = known_detector().analyze(np.full((64, 80), 200, np.uint8))
    lines = [_line(file, seen, {"frame": 0, "frames": 1, "examined": 1}, None) for file in (long, pictures / "b.png")]
    monkeypatch.setattr(analyze_view, "_PIPE_WIDTH", 100)
    analyze_view.show(lines)
    shown = capsys.readouterr().out.splitlines()
    assert shown[0] == f"in {pictures}:"
    sentences = next(number for number, line in enumerate(shown) if line.startswith("fusion, "))
    assert max(map(len, shown[1:sentences])) <= 100
    assert any("altered" in line and "78 %" in line and "3.9 %" in line and "lossless" in line for line in shown)
