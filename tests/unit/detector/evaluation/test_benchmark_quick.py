"""The quick run on made pictures, and what is made."""

from dataclasses import replace
from pathlib import Path

from detector.evaluation import run
from detector.evaluation.config import load_config
from detector.evaluation.made import made_pictures
from detector.evaluation.report import in_order


def test_ranges_stand_in_the_order_of_their_numbers() -> None:
    told = in_order({"over 7 %", "1 to 3 %", "under 1 %", "3 to 7 %", "no JPEG save at the end", "-8 to -3"})
    assert told == ["under 1 %", "-8 to -3", "1 to 3 %", "3 to 7 %", "over 7 %", "no JPEG save at the end"]


def test_made_pictures_are_the_same_each_time(tmp_path: Path) -> None:
    first, again = made_pictures(tmp_path / "a", 2), made_pictures(tmp_path / "b", 2)
    assert [e.path.read_bytes() for e in first] == [e.path.read_bytes() for e in again]


def test_the_quick_run_makes_the_whole_table_of_made_pictures(tmp_path: Path) -> None:
    config = replace(load_config(quick=True), processes=1, rounds=50)
    results = run.evaluate(None, tmp_path, config=config, report=lambda *_: None)
    assert set(results.protocols) == {"honest", "leaky"}
    leaky = results.row("leaky", "random_forest")
    assert sum(leaky.counts[key] for key in ("tp", "fp", "tn", "fn")) == 12
    assert leaky.counts["failed"] == 0
    assert leaky.figures["auc"].mean > 0.6  # the extra save of the forged files is there to be found
    assert "## leaky" in (tmp_path / "table.md").read_text()
