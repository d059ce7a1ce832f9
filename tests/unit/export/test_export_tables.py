"""CSV that no spreadsheet runs, and JSON lines that read back."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.export.tables import COLUMNS, csv_lines, guarded, json_lines
from ledger.schemas import HistoryEntry

Entry = Callable[..., HistoryEntry]


def rows(entries: list[HistoryEntry]) -> list[dict[str, str]]:
    text = b"".join(csv_lines(entries)).decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_every_entry_is_a_line_under_one_head(entry: Entry):
    found = rows([entry(), entry("revoke", id="5" * 32, target="1" * 32, reason="wrong patient", author="QA")])
    assert [row["kind"] for row in found] == ["register", "revoke"]
    assert list(found[0]) == list(COLUMNS)
    assert found[0]["time"] == "2026-03-01T12:00:00.000Z"
    assert found[0]["block_number"] == "17"
    assert found[0]["on_chain_event"] == "true"
    assert found[1]["reason"] == "wrong patient"


def test_no_entries_are_a_head_alone():
    assert b"".join(csv_lines([])).count(b"\r\n") == 1


def test_what_waits_for_its_anchor_has_empty_cells(entry: Entry):
    (found,) = rows([entry(anchor=None, state="sequenced", on_chain_event=False)])
    assert (found["block_number"], found["transaction"], found["block_time"]) == ("", "", "")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "=HYPERLINK(x)"])
def test_a_cell_that_would_be_a_formula_is_text(entry: Entry, text: str):
    (found,) = rows([entry("revoke", target="1" * 32, reason=text, author=text)])
    assert found["reason"] == found["author"] == f"'{text}"


@given(st.text())
def test_a_guarded_cell_never_begins_as_a_formula_and_loses_nothing(text: str):
    cell = guarded(text)
    assert not cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert cell.removeprefix("'") in (text, text.removeprefix("'"))


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_reads_back_from_its_cell(text: str):
    cells = next(csv.reader(io.StringIO(b"".join(csv_lines([_said(text)])).decode().split("\r\n", 1)[1], newline="")))
    assert cells[COLUMNS.index("reason")] == guarded(text)


def _said(text: str) -> HistoryEntry:
    facts = {"id": "1" * 32, "kind": "revoke", "registrar": "9f" * 32, "index": 1, "state": "final", "leaf": "8d" * 32}
    return HistoryEntry(**facts, time="2026-03-01T12:00:00Z", on_chain_event=False, reason=text)


def test_json_lines_read_back_as_the_entries(entry: Entry):
    entries = [entry(), entry("derive", id="5" * 32, target="1" * 32, reason="line\nbreak", author="QA")]
    lines = b"".join(json_lines(entries)).splitlines()
    assert [HistoryEntry.model_validate_json(line) for line in lines] == entries
