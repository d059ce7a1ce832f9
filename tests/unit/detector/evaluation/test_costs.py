"""What a method costs, as the command prints it."""

from __future__ import annotations

from typing import Any

import pytest

from detector.evaluation.costs import main, measure_cost
from detector.registry import SHIPPED


def test_a_row_for_each_size_of_picture(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--method", "ela_cnn", "--models", str(SHIPPED), "--sides", "96", "128"])
    head, _, *rows = capsys.readouterr().out.splitlines()
    assert "CPU s a megapixel" in head
    assert [row.split(" | ")[0] for row in rows] == ["| 96", "| 128"]


def test_all_costs_are_above_zero_and_the_first_answer_holds_the_loading() -> None:
    found: dict[str, Any] = measure_cost("ela_cnn", SHIPPED, 128)
    assert all(value > 0 for value in found.values())
    assert found["first_seconds"] > found["seconds_per_megapixel"] * 128 * 128 / 1e6
    assert found["peak_mb"] > 50
