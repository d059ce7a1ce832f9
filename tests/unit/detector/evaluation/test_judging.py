"""A finished model judged on sets of known truth, and its bands set anew on one of them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from detector.calibrate import Calibration
from detector.evaluation.judging import Bands, by_name, each_set, judge, set_anew, table, told_apart, without_its_source
from detector.evaluation.outcomes import Outcome
from detector.modalities import rates_by_modality
from detector.serving import check_manifest, write_manifest

_ONE = Outcome(
    "0.png", False, "there", "CT", "0", "0", None, None, "B1", None, None, "lossless", 0.0, "", False, 0.5, 250_000
)


def made(
    lift: float, base: float = 0.0, *, modality: str = "CT", regime: str = "lossless", count: int = 60
) -> list[Outcome]:
    """``count`` pairs whose forged twin scores ``lift`` above the pristine one, which lies about ``base``."""
    rng = np.random.default_rng(7)
    found = []
    for number in range(count):
        score = base + float(rng.standard_normal())
        heat = ((250, 20, 800), (3, 9000, 180))
        shared = replace(_ONE, group=str(number), pair=str(number), modality=modality, regime=regime)
        found.append(replace(shared, path=f"p{number}.png", score=score, heat=((3, 10_000, 0),)))
        forged = {"path": f"f{number}.png", "forged": True, "forgery": "splicing", "score": score + lift, "heat": heat}
        found.append(replace(shared, **forged))  # type: ignore[arg-type]
    return found


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A model folder with a calibration that was made where pristine pictures score low."""
    folder = tmp_path / "fusion"
    folder.mkdir()
    (folder / "fusion.json").write_text("{}")
    write_manifest(folder, method="fusion", version="1", seed=3)
    set_anew(folder, {"known": made(6.0)}, ["known"])
    return folder


def stored(model: Path) -> Bands:
    calibration = Calibration.load(model / "calibration.json")
    return lambda _: calibration


def test_a_picture_is_judged_by_bands_that_its_source_had_no_part_in() -> None:
    high = [replace(one, source="high") for one in made(6.0, base=5.0)]
    low = [replace(one, source="low") for one in made(6.0)]
    bands = without_its_source(high + low)
    assert judge(high, bands)[0].alarms[0] > 0.5, "the bands of the low source alone would let none pass"
    assert judge(low, bands)[0].alarms[0] == 0
    elsewhere = [replace(one, source="elsewhere") for one in low]
    assert judge(elsewhere, bands)[0].alarms[0] <= 0.05


def test_a_regime_that_no_other_source_has_is_judged_by_all() -> None:
    alone = [replace(one, source="alone") for one in made(6.0, base=5.0)]
    others = [replace(one, source="others") for one in made(6.0, regime="jpeg")]
    assert judge(alone, without_its_source(alone + others))[0].caught[0] > 0.8


def test_rows_name_what_was_right_and_how_far_the_marked_area_is_off(model: Path) -> None:
    rows = {(row.grouping, row.name): row for row in judge(made(6.0), stored(model))}
    row = rows["history", "B1"]
    assert row.pictures == 120
    assert row.auc[0] > 0.98
    assert row.auc[1] <= row.auc[0] <= row.auc[2]
    assert row.f1[0] == pytest.approx(2 * 800 / (820 + 980), abs=0.01)
    assert row.area_error == pytest.approx(1.6, abs=0.05)
    assert row.seconds == pytest.approx(2.0)
    assert row.ece < 0.05, "the bands were set on these very pictures"
    assert row.inconclusive < 0.05
    assert {name for grouping, name in rows if grouping == "forgery"} == {"splicing"}


def test_bands_that_were_set_elsewhere_alarm_and_those_set_anew_do_not(model: Path) -> None:
    strange = made(6.0, base=5.0)
    before = judge(strange, stored(model))[0]
    anew, _ = set_anew(model, {"known": made(6.0), "strange": strange}, ["strange"])
    after = judge(strange, lambda _: anew)[0]
    assert before.alarms[0] > 0.5
    assert after.alarms[0] <= 0.05
    assert after.caught[0] > 0.8
    assert after.auc == before.auc


def test_what_is_called_no_trace_is_counted_of_each_class(model: Path) -> None:
    told = judge(made(6.0), stored(model))[0]
    assert told.cleared[0] > 0.8
    assert told.missed[0] <= 0.1
    assert told.alarms[0] + told.cleared[0] <= 1
    shares = (told.alarms[0] + told.cleared[0], told.caught[0] + told.missed[0])
    assert told.inconclusive == pytest.approx(1 - sum(shares) / 2, abs=1e-9), "as many of each class"


def test_one_regime_of_a_set_can_be_taken(model: Path) -> None:
    mixed = made(6.0) + made(6.0, regime="jpeg", count=30)
    found, _ = set_anew(model, {"known": mixed, "strange": made(6.0, base=5.0)}, ["strange", "known:jpeg"])
    assert found.seen == {"lossless": (60, 60), "jpeg": (30, 30)}


def test_the_manifest_names_the_new_bands_and_keeps_its_facts(model: Path) -> None:
    manifest = check_manifest(model)
    assert (manifest["version"], manifest["seed"]) == ("1", 3)
    assert {"calibration.json", "modalities.json", "fusion.json"} == set(manifest["files"])


def test_counts_by_modality_are_kept_beside_the_model(model: Path) -> None:
    set_anew(model, {"known": made(6.0) + made(0.0, modality="MR", count=30)}, ["known"])
    ct, mr = rates_by_modality("fusion", model.parent)
    assert (ct.modality, ct.pristine, ct.forged, mr.modality, mr.pristine) == ("CT", 60, 60, "MR", 30)
    assert ct.caught > mr.caught
    body = json.loads((model / "modalities.json").read_text())
    assert (body["protocol"], body["seeds"]) == ("honest", [3])


def test_of_one_patient_alone_no_interval_is_kept(model: Path) -> None:
    alone = [replace(one, group="one", modality="MR") for one in made(6.0, count=30)]
    set_anew(model, {"known": made(6.0) + alone}, ["known"])
    areas = {one.modality: one.auc for one in rates_by_modality("fusion", model.parent)}
    assert areas["CT"] is not None
    assert areas["MR"] is None


def test_the_table_has_a_line_for_each_row_and_a_dash_for_what_is_not_defined(model: Path) -> None:
    pristine = [one for one in made(6.0) if not one.forged]
    rows = judge(pristine, stored(model))
    lines = table(rows).splitlines()
    assert len(lines) == 2 + len(rows)
    assert "| – |" in lines[2]


def test_sets_of_one_name_are_judged_together_and_their_pairs_stay_apart() -> None:
    sets = {Path("/one/strange"): made(6.0), Path("/two/strange"): made(6.0), Path("/one/test"): made(0.0)}
    found = by_name(sets)
    assert {name: len(outcomes) for name, outcomes in found.items()} == {"strange": 240, "test": 120}
    assert len({one.pair for one in found["strange"]}) == 120
    assert len({one.group for one in found["strange"]}) == 60, "the same patient in both stays one"


def test_each_set_has_its_own_line() -> None:
    lines = each_set({Path("/one/strange"): made(6.0), Path("/two/strange"): made(0.0)}).splitlines()
    assert [line.split(":")[0] for line in lines] == ["- one/strange", "- two/strange"]
    assert "B1 1.000" in lines[0] and "B1 0.500" in lines[1] and "C –" in lines[0]


def test_copies_told_apart_are_those_of_which_one_side_is_hotter_and_hot() -> None:
    sides = [(0.9, 0.1), (0.8, 0.2), (0.2, 0.6), (0.4, 0.1), (0.5, 0.5), (None, None)]
    outcomes = [replace(made(6.0)[1], copy_heat=copy, origin_heat=origin) for copy, origin in sides]
    assert told_apart(outcomes) == "Copy and original told rightly: 0.67 (0.21–0.94) of 3 answers, 5 copies.\n"
    assert told_apart(outcomes[3:]) == "Copy and original told apart: of none of 2 copies.\n"
