"""What the benchmark prints."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ledger.bench import machine
from ledger.bench.figures import RATE, Bare, Figure, Target
from ledger.bench.table import as_json, markdown, number

FIGURES = [
    Figure("one", "registrations", 1250.0, RATE, Target(500), Bare("rows alone", 5000.0), [1000.0, 1500.0]),
    Figure("two", "an answer", 20.0, "ms", Target(10)),
    Figure("two", "a start", 200.0, "ms", Target(150, later=True)),
]


def row(what: str) -> list[str]:
    lines = markdown(FIGURES, {}).splitlines()
    return [cell.strip() for cell in next(line for line in lines if what in line).strip("|").split("|")]


def test_a_row_says_figure_spread_target_margin_and_bare_cost() -> None:
    assert row("registrations") == [
        "registrations",
        "1,250/s (1,000 to 1,500)",
        "≥ 500/s",
        "met, 2.5×",
        "5,000/s rows alone",
        "4",
    ]


def test_a_miss_says_by_how_much() -> None:
    assert row("an answer")[2:4] == ["≤ 10.0 ms", "MISSED by 2×"]


def test_a_target_of_a_later_release_is_marked_as_such() -> None:
    assert row("a start")[2] == "≤ 150 ms (later)"


def test_all_lines_of_the_table_have_the_same_width() -> None:
    lines = [line for line in markdown(FIGURES, {}).splitlines() if line.startswith("|")]
    assert len(lines) == 2 + len(FIGURES)
    assert len({len(line) for line in lines}) == 1


def test_the_facts_of_the_machine_stand_under_the_table_and_unknown_ones_do_not() -> None:
    text = markdown(FIGURES, {"load_before": (1.5, 2.0, 0.25), "cores": 2, "commit": None})
    assert "load before: 1.5, 2, 0.25" in text and "cores: 2" in text and "commit" not in text


@pytest.mark.parametrize(
    ("value", "text"), [(0.04123, "0.0412"), (3.614, "3.61"), (41.23, "41.2"), (1234.5, "1,234"), (0.0, "0")]
)
def test_numbers_are_short_at_every_size(value: float, text: str) -> None:
    assert number(value) == text


def test_json_holds_what_the_table_holds() -> None:
    found = json.loads(as_json(FIGURES, {"cores": 2}, quick=True))
    first = found["figures"][0]
    assert (found["machine"], found["quick"], len(found["figures"])) == ({"cores": 2}, True, 3)
    assert first == {
        "suite": "one",
        "what": "registrations",
        "value": 1250.0,
        "unit": "/s",
        "lowest": 1000.0,
        "highest": 1500.0,
        "runs": 2,
        "target": {"limit": 500, "later": False},
        "met": True,
        "margin": 2.5,
        "bare": {"what": "rows alone", "value": 5000.0},
        "times_bare": 4.0,
    }


def test_a_folder_outside_a_checkout_has_no_commit(tmp_path: Path) -> None:
    assert machine.commit(tmp_path) is None


def test_the_machine_is_named() -> None:
    facts = machine.facts()
    assert facts["cores"] >= 1 and facts["processor"] and len(facts["load_before"]) == 3
