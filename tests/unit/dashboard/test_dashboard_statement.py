"""What the dashboard says of an entry that speaks of another one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from dashboard.components.statement import said_rows, subject_of
from ledger.schemas import HistoryEntry

ID, ORIGINAL = "0d" * 16, "1e" * 16


def entry(kind: str, **said: Any) -> HistoryEntry:
    return HistoryEntry(
        id=ID, kind=kind, registrar="7c" * 32, index=4, time=datetime(2026, 3, 2, tzinfo=UTC), state="final",
        leaf="8d" * 32, on_chain_event=True, **said,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "subject"), [("register", ID), ("derive", ID), ("revoke", ORIGINAL), ("genesis", ORIGINAL)]
)
def test_an_entry_that_registers_is_about_itself_and_any_other_about_its_target(kind: str, subject: str) -> None:
    assert subject_of(entry(kind, target=ORIGINAL)) == subject


def test_a_derive_entry_shows_its_origin_its_operation_and_how_far_it_was_checked() -> None:
    rows = dict(
        said_rows(entry("derive", target=ORIGINAL, operation="cropped", checked="declared", reason="<b>", author="QA"))
    )
    assert ORIGINAL in rows["Derived from registration"]
    assert rows["Operation"] == "cropped (its author&#x27;s word, not checked)"
    assert rows["Said"] == "&lt;b&gt; (QA)"


def test_an_entry_that_says_nothing_shows_nothing() -> None:
    assert said_rows(entry("register")) == []
