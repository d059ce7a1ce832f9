"""The pooled precision, how it is shown, the bar chart beside what the seed paper reports, and what else is shown."""

import json
import math
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from detector.evaluation import plots
from detector.evaluation import report as reporting
from detector.evaluation.columns import Columns
from detector.evaluation.learning import Training, read_training
from detector.evaluation.outcomes import Outcome
from detector.evaluation.summary import Figure, MethodSummary, Results, broken_down, pooled_precision


def _table(*seeds: tuple[int, int, int]) -> Columns:
    """Of each seed so many forged and so many pristine pictures called forged, and so many of each class not."""
    rows = [
        (seed, forged, 0.9 if called else 0.1)
        for seed, (right, wrong, quiet) in enumerate(seeds)
        for forged, called, count in (
            (True, True, right),
            (False, True, wrong),
            (True, False, quiet),
            (False, False, quiet),
        )
        for _ in range(count)
    ]
    outcomes: Any = tuple(SimpleNamespace(group=str(number)) for number in range(len(rows)))
    seed, forged, probability = (np.asarray(column) for column in zip(*rows, strict=True))
    nothing, none = np.full(len(rows), math.nan), np.zeros(len(rows), np.bool_)
    kept: tuple[Outcome, ...] = outcomes
    return Columns(kept, seed, forged, probability, probability, none, none, *[nothing] * 7)


def test_the_precision_is_that_of_the_counts_of_all_seeds() -> None:
    found = pooled_precision(_table((1, 0, 40), (30, 23, 20)), 50)
    assert found.mean == pytest.approx(31 / 54)
    assert found.seeds == pytest.approx((1.0, 30 / 53))
    assert found.low <= 0.45 and found.high >= 0.69


def test_the_precision_of_two_pictures_has_a_wide_interval() -> None:
    found = pooled_precision(_table((2, 0, 40), (0, 0, 40)), 50)
    assert (found.mean, found.high) == (1.0, 1.0)
    assert found.low == pytest.approx(0.342, abs=1e-3)


def test_there_is_no_precision_where_nothing_was_called_forged() -> None:
    found = pooled_precision(_table((0, 0, 10)), 50)
    assert all(math.isnan(value) for value in (found.mean, found.low, found.high))


def _results(*protocols: str) -> Results:
    figures = {key: Figure(0.5, 0.4, 0.6) for key in (*reporting.MAIN, *reporting.BANDS, *reporting.PIXELS)}
    counts = {"tp": 2, "fp": 1, "tn": 8, "fn": 9, "without_answer": 0, "failed": 0, "copies_told": 0, "copies": 0}
    row = MethodSummary("vgg", counts, figures, {})
    about: dict[str, Any] = {
        "config": "c",
        "data": "d",
        "date": "t",
        "commits": [],
        "seeds": [1],
        "machine": "m",
        "sources_out": [],
    }
    about |= {"bootstrap_rounds": 1, "left_out": [], "unfinished": [], "shipped": []}
    return Results(about, dict.fromkeys(protocols, (row,)))


def test_the_table_says_of_how_many_the_precision_is_and_what_the_paper_reports() -> None:
    said = reporting.markdown(_results("paper", "source-out", "leaky"))
    assert said.count("| 0.50 [0.40, 0.60] of 3 |") == 3
    assert said.count("| 120 | – | – | – | – | 0.93 | 0.95 | 0.91 | 0.93 | – | – |") == 3
    assert "The precision is TP / (TP + FP) of these sums" in said


def test_the_bar_chart_has_the_papers_figures_in_each_panel_and_a_legend_outside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[Any] = []

    def keep(figure: Any, path: Path) -> Path:
        drawn.append(figure)
        return path

    monkeypatch.setattr(plots, "_saved", keep)
    plots._bars(_results("paper", "honest"), tmp_path / "bars.png")
    bars = drawn[0]
    assert len(bars.legends) == 1 and not any(axis.get_legend() for axis in bars.axes)
    for axis in bars.axes:
        heights = {round(float(patch.get_height()), 2) for patch in axis.patches}
        assert heights == {0.5, 0.91, 0.93, 0.95}


def test_curves_that_keep_no_epoch_are_not_in_the_table_of_learning(tmp_path: Path) -> None:
    (tmp_path / "history-network.json").write_text(json.dumps({"epochs": [{"loss": 0.5}]}))
    assert read_training(tmp_path) is None


def test_the_protocol_in_parts_is_the_honest_one_or_else_the_left_out_source() -> None:
    assert broken_down(["source-out", "honest"]) == "honest"
    assert broken_down(["leaky", "source-out"]) == "source-out"
    assert broken_down(["leaky"]) is None


def test_how_a_network_learned_is_read_from_its_curves(tmp_path: Path) -> None:
    epochs = [{"loss": loss, "held_loss": loss + 0.1, "held_accuracy": 0.8, "seconds": 1} for loss in (0.6, 0.25, 0.2)]
    (tmp_path / "history-network.json").write_text(json.dumps({"best": 1, "epochs": epochs}))
    found = read_training(tmp_path)
    assert found == Training(3, 2, 0.2, 0.25, 0.35, 0.8)
    said = reporting.markdown(replace(_results("paper"), learning={"honest": {"vgg": (found, found)}}))
    assert "| honest | vgg | 2 of 3 / 2 of 3 | 0.200 / 0.200 | 0.250 / 0.250 | 0.350 / 0.350 |" in said
