"""The numbered checks as rows."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

from dashboard.components.checks import (
    attributes_markup,
    changed_attributes,
    changed_tiles,
    check_markup,
    checks_markup,
)
from ledger.core.verdict import CHECK_NAMES
from ledger.schemas import CheckResult, Verification
from ledger.schemas.manual import MANUAL

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


CHANGE = {"path": "0010,0010", "name": "PatientName", "change": "changed"}


def test_changed_attributes_stand_in_a_table_of_their_own_and_not_again_among_the_figures(verification: Make) -> None:
    found = verification(figures={3: {"attributes": [CHANGE], "count": 1}})
    assert "<td>PatientName</td><td>changed</td><td>as before</td>" in attributes_markup(found)
    row = check_markup(found.checks[3])
    assert "PatientName" not in row
    assert "a table of their own" in row
    assert "<dt>count</dt>" in row


def test_an_attribute_that_changes_the_picture_says_so(verification: Make) -> None:
    slope = {"path": "0028,1053", "name": "RescaleSlope", "change": "changed"}
    found = verification(figures={3: {"attributes": [slope, CHANGE], "rendering": ["RescaleSlope"]}})
    markup = attributes_markup(found)
    assert "<td>RescaleSlope</td><td>changed</td><td>differently</td>" in markup
    assert "2 changed" in markup


def test_without_a_changed_attribute_there_is_no_table(verification: Make) -> None:
    assert attributes_markup(verification()) == ""


def test_an_attribute_without_a_name_is_listed_by_its_path() -> None:
    assert changed_attributes({"attributes": [{"path": "0011,1001", "name": None, "change": "added"}]}) == [
        ["0011,1001", "–", "added", "as before"]
    ]
    assert changed_attributes({}) == []


def test_changed_tiles_come_from_check_2_and_from_nowhere_else(verification: Make) -> None:
    tile = [0, 32, 64, 32, 32]
    assert changed_tiles(verification(figures={2: {"changed_tiles": [tile]}})) == [(0, 32, 64, 32, 32)]
    assert changed_tiles(verification(figures={3: {"changed_tiles": [tile]}})) == []


def test_tiles_of_another_shape_are_left_out(verification: Make) -> None:
    wrong = [[0, 1, 2, 3], ["0", 1, 2, 3, 4], None, 7]
    assert changed_tiles(verification(figures={2: {"changed_tiles": wrong}})) == []


def test_a_check_without_figures_says_so_when_it_is_opened() -> None:
    check = CheckResult(number=7, name="in force", status="passed", detail="yes")
    assert "No figures." in check_markup(check)


def test_all_twelve_checks_say_what_they_can_and_cannot_show(verification: Make) -> None:
    assert set(MANUAL) == set(CHECK_NAMES)
    for check in verification().checks:
        row = unescape(check_markup(check))
        assert MANUAL[check.number].shows in row and MANUAL[check.number].cannot_show in row
    words = [word for page in MANUAL.values() for word in (page.shows, page.cannot_show)]
    assert len(set(words)) == 2 * len(CHECK_NAMES)
    assert all(len(word) > 25 and word.endswith(".") for word in words)
