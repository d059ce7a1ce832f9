"""Error rates by modality: what is shipped is what the benchmark counted."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from detector.errors import WeightsUnusable
from detector.modalities import CODES, counted, judged_alone, note_on, rates_by_modality
from detector.registry import METHODS

TABLE = Path(__file__).parents[4] / "docs/benchmark/table.md"
_HEAD = "### False alarms by modality: pristine pictures called *altered* [95 %]"


def alarms() -> dict[tuple[str, str], tuple[int, int, float, float]]:
    """By method and modality: alarms, pristine pictures, and the interval's ends, as the table prints them."""
    lines = TABLE.read_text().split(_HEAD)[1].strip().split("\n\n")[0].splitlines()
    head, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if "---" not in line]
    found = {}
    for name, *cells in rows:
        for method, cell in zip(head[1:], cells, strict=True):
            said = re.fullmatch(r"(\d+) of (\d+) \[([\d.]+), ([\d.]+)\]", cell)
            if said:
                found[method, name] = (int(said[1]), int(said[2]), float(said[3]), float(said[4]))
    return found


@pytest.mark.parametrize("method", [name for name in METHODS if not judged_alone(name)])
def test_the_shipped_counts_and_intervals_are_those_of_the_benchmarks_table(method: str) -> None:
    shipped = {
        one.modality: (one.false_alarms, one.pristine, *(round(end, 2) for end in one.false_alarm_interval))
        for one in rates_by_modality(method)
    }
    assert shipped == {name: cell for (who, name), cell in alarms().items() if who == method}


@pytest.mark.parametrize("method", ["fusion", "localizer"])
def test_a_method_that_was_judged_by_itself_has_its_own_counts(method: str) -> None:
    found = rates_by_modality(method)
    assert {"CXR", "MRI brain", "ultrasound breast"} <= {one.modality for one in found}
    assert all(one.false_alarms <= 0.5 * one.pristine for one in found)
    assert f"python -m detector.evaluation.judging --method {method}" in note_on(method)
    assert "docs/" not in note_on(method)


def test_counts_of_a_method_s_own_folder_go_before_those_of_the_benchmark(tmp_path: Path) -> None:
    cell = {"pristine": 40, "forged": 38, "false_alarms": 9, "caught": 3, "auc": None}
    body = {"format": 1, "protocol": "honest"}
    (tmp_path / "vgg").mkdir()
    (tmp_path / "modalities.json").write_text(json.dumps(body | {"methods": {"vgg": {"CT": cell}}}))
    own = cell | {"false_alarms": 1}
    (tmp_path / "vgg" / "modalities.json").write_text(json.dumps(body | {"methods": {"vgg": {"CT": own}}}))
    (ct,) = rates_by_modality("vgg", tmp_path)
    assert ct.false_alarms == 1
    assert "evaluation.judging" in note_on("vgg", tmp_path)


def test_every_modality_of_the_table_has_its_dicom_codes() -> None:
    assert {name for _, name in alarms()} == set(CODES)


def test_counts_are_taken_from_the_results_of_a_run(tmp_path: Path) -> None:
    area = {"mean": 0.61234, "low": 0.5, "high": 0.7, "seeds": []}
    cell = {"pristine": 40, "forged": 38, "auc": area, "found": 0.5, "false_alarms": 2, "pixel_f1": None}
    unknown = cell | {"auc": {"mean": None, "low": None, "high": None}, "found": None}
    row = {"method": "vgg", "breakdowns": {"modality": {"CT": cell, "MR": unknown}}}
    results = {"about": {"date": "2026-12-01", "seeds": [1, 2]}, "protocols": {"honest": [row], "leaky": []}}
    (tmp_path / "modalities.json").write_text(json.dumps(counted(results)))
    ct, mr = rates_by_modality("vgg", tmp_path)
    assert (ct.false_alarms, ct.pristine, ct.caught, ct.forged, ct.auc) == (2, 40, 19, 38, (0.6123, 0.5, 0.7))
    assert ct.false_alarm_interval == pytest.approx((0.0061, 0.1692), abs=1e-4)
    assert (mr.caught, mr.auc) == (0, None)


def test_a_method_that_was_not_measured_has_no_rates_and_the_note_says_so(tmp_path: Path) -> None:
    assert rates_by_modality("vgg", tmp_path) == ()
    assert note_on("vgg", tmp_path) == "The error rates of this method were not measured by modality."


def test_a_method_that_was_calibrated_anew_says_that_its_counts_are_of_another_calibration() -> None:
    assert "the shipped one was made on more pictures" in note_on("keypoint_copymove")
    assert "one of them is shipped" in note_on("ela_cnn")


@pytest.mark.parametrize(
    "body",
    ["{", '{"format": 2}', '{"format": 1, "protocol": "honest", "methods": {"vgg": {"CT": {"pristine": 1}}}}'],
)
def test_a_file_of_another_form_is_refused(tmp_path: Path, body: str) -> None:
    (tmp_path / "modalities.json").write_text(body)
    with pytest.raises(WeightsUnusable, match="rates by modality"):
        rates_by_modality("vgg", tmp_path)


def test_more_false_alarms_than_pictures_are_refused(tmp_path: Path) -> None:
    cell = {"pristine": 1, "forged": 1, "false_alarms": 2, "caught": 0, "auc": None}
    (tmp_path / "modalities.json").write_text(
        json.dumps({"format": 1, "protocol": "honest", "methods": {"vgg": {"CT": cell}}})
    )
    with pytest.raises(WeightsUnusable, match="out of range"):
        rates_by_modality("vgg", tmp_path)
