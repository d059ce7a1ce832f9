"""Markup that holds whatever comes from outside."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from dashboard.components.markup import chip, code, details, facts, figure, heading, plain, short, table, text, when


@given(st.text())
def test_no_value_from_outside_becomes_an_element_or_leaves_its_attribute(value: str) -> None:
    allowed = chip("a", "good", "b").count("<") + code("a").count("<") + table(["h"], [["c"]]).count("<")
    made = chip(value, "good", value) + code(value) + table([value], [[value]])
    assert made.count("<") == allowed
    assert '"' not in text(value)
    assert heading(value, value).count("<") == heading("a", "b").count("<")
    assert details(value, "").count("<") == details("a", "").count("<")


@given(st.text())
def test_no_mark_of_markdown_is_left_without_its_backslash_and_no_line_ends(value: str) -> None:
    left = plain(value).replace("\\\\", "")
    assert all(left[at - 1] == "\\" for at, mark in enumerate(left) if mark in "`*_[]()!:$~<>#&|")
    assert len(left.splitlines()) <= 1


def test_a_usual_name_stays_as_it_is() -> None:
    assert plain("slice 17, left-2.dcm") == "slice 17, left-2.dcm"


@given(st.text(alphabet="0123456789abcdef", min_size=18, max_size=64))
def test_a_shortened_hash_keeps_its_prefix_and_both_ends(value: str) -> None:
    shown = short("sha256:" + value)
    assert shown.startswith("sha256:" + value[:10])
    assert shown.endswith(value[-6:])


def test_a_short_identifier_stays_whole() -> None:
    assert short("0123456789abcdef") == "0123456789abcdef"


def test_times_are_shown_in_utc_and_say_so() -> None:
    berlin = timezone(timedelta(hours=2))
    assert when(datetime(2026, 7, 1, 14, 30, tzinfo=berlin)) == "2026-07-01 12:30:00 UTC"
    assert when(datetime(2026, 7, 1, 12, 30, tzinfo=UTC)) == "2026-07-01 12:30:00 UTC"
    assert when(None) == "–"


def test_figures_are_text_as_it_is_and_structures_as_json() -> None:
    assert figure("plain") == "plain"
    assert figure([1, {"a": None}]) == '[1, {"a": null}]'


def test_facts_keep_ready_markup_and_escape_labels() -> None:
    assert facts([("<a>", "<b>x</b>")]) == ('<dl class="ms-facts"><div><dt>&lt;a&gt;</dt><dd><b>x</b></dd></div></dl>')
