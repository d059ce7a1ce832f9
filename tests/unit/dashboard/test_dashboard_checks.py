"""The numbered checks as rows."""

from __future__ import annotations

import re
from collections.abc import Callable

from dashboard.components.checks import changed_attributes, changed_tiles, check_markup, checks_markup
from ledger.schemas import CheckResult, Verification

Make = Callable[..., Verification]


def test_all_twelve_checks_stand_in_their_order_whatever_order_they_came_in(verification: Make) -> None:
    markup = checks_markup(list(reversed(verification().checks)))
    numbers = re.findall(r'ms-check-number">(\d+)<', markup)
    assert numbers == [str(number) for number in range(12)]


def test_each_status_stands_as_a_word(verification: Make) -> None:
    statuses = {1: "failed", 5: "undetermined", 8: "skipped"}
    markup = checks_markup(verification(statuses=statuses).checks)
    assert "9 passed · 1 failed · 1 skipped · 1 undetermined" in markup
    assert all(f'ms-check-status">{word}<' in markup for word in ("passed", "failed", "skipped", "undetermined"))


def test_changed_attributes_stand_in_a_table_and_not_again_among_the_figures() -> None:
    change = {"path": "0010,0010", "name": "PatientName", "change": "changed"}
    check = CheckResult(
        number=3, name="data set", status="failed", detail="differs", figures={"attributes": [change], "count": 1}
    )
    markup = check_markup(check)
    assert "<td>PatientName</td><td>changed</td>" in markup
    assert markup.count("PatientName") == 1
    assert "<dt>count</dt>" in markup


def test_an_attribute_without_a_name_is_listed_by_its_path() -> None:
    assert changed_attributes({"attributes": [{"path": "0011,1001", "name": None, "change": "added"}]}) == [
        ["0011,1001", "–", "added"]
    ]
    assert changed_attributes({}) == []


def test_changed_tiles_come_from_check_2_and_from_nowhere_else(verification: Make) -> None:
    tile = [0, 32, 64, 32, 32]
    assert changed_tiles(verification(figures={2: {"changed_tiles": [tile]}})) == [(0, 32, 64, 32, 32)]
    assert changed_tiles(verification(figures={3: {"changed_tiles": [tile]}})) == []


def test_tiles_of_another_shape_are_left_out(verification: Make) -> None:
    wrong = [[0, 1, 2, 3], ["0", 1, 2, 3, 4], None, 7]
    assert changed_tiles(verification(figures={2: {"changed_tiles": wrong}})) == []


def test_a_check_without_figures_has_nothing_to_open() -> None:
    check = CheckResult(number=7, name="in force", status="passed", detail="yes")
    assert "<details" not in check_markup(check)
