"""The state that a case's events lead to, and what is said of events that do not hold."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from ledger.core.case import Case, CaseEntry, follow
from ledger.core.casecontent import (
    Added,
    Bookmarked,
    Closed,
    Content,
    Judged,
    Noted,
    Opened,
    Reopened,
    Said,
    commit_content,
    encode_content,
)
from ledger.core.model import CaseRecord, LogEntry
from ledger.errors import CaseClosed, Conflict, NotFound

ID, SALT = "3a" * 16, bytes(range(32))
FILE, OTHER = "sha256:" + "5f" * 32, "sha256:" + "6a" * 32
ITEM = Added("slice 17", FILE)


def case(*said: Said) -> Case:
    made = Case(ID)
    for one in (Opened("A case"), *said):
        made.take(one.event, one)
    return made


def test_items_are_numbered_as_they_come_and_begin_open() -> None:
    made = case(ITEM, Added("slice 18", OTHER))
    assert [(item.number, item.status) for item in made.items.values()] == [(1, "open"), (2, "open")]
    assert made.size == 3


def test_the_last_finding_of_an_item_counts() -> None:
    made = case(ITEM, Judged(1, "confirmed", "by its noise"), Judged(1, "cannot-tell"))
    assert (made.items[1].status, made.items[1].reason) == ("cannot-tell", None)


@pytest.mark.parametrize(
    "said", [ITEM, Noted("late"), Bookmarked(1, "check", "m", "c"), Judged(1, "cleared"), Closed("x")]
)
def test_a_closed_case_takes_nothing(said: Said) -> None:
    made = case(ITEM, Closed("done"))
    with pytest.raises(CaseClosed):
        made.take(said.event, said)
    assert (made.size, made.status, len(made.items)) == (3, "closed", 1)


def test_a_closed_case_goes_on_once_it_is_reopened() -> None:
    assert case(ITEM, Closed("done"), Reopened("more came"), Noted("more")).status == "open"


def test_an_open_case_cannot_be_reopened() -> None:
    with pytest.raises(Conflict) as refused:
        case(Reopened("why not"))
    assert refused.value.code == "case_open"


@pytest.mark.parametrize("said", [Noted("x", 2), Bookmarked(2, "check", "m", "c"), Judged(2, "cleared")])
def test_an_item_that_is_not_there_is_not_found(said: Said) -> None:
    with pytest.raises(NotFound, match="item of 1 to 1, found 2") as refused:
        case(ITEM, said)
    assert refused.value.code == "unknown_item"


def test_the_same_file_is_not_added_twice() -> None:
    with pytest.raises(Conflict, match="that of item 1") as refused:
        case(ITEM, Added("another name", FILE))
    assert refused.value.code == "item_exists"


def test_a_case_opens_once_and_first() -> None:
    with pytest.raises(Conflict):
        case(Opened("again"))
    with pytest.raises(Conflict):
        Case(ID).take("note", Noted("early"))


def entry(sequence: int, said: Said, *, event: str = "") -> tuple[CaseEntry, CaseRecord]:
    """A case entry and what stands behind it."""
    data = encode_content(Content(said, "Dr. Example"))
    entry_id = ID if sequence == 0 else f"{sequence:032x}"
    row = LogEntry("7c" * 32, sequence + 1, entry_id, "case", b"", b"", ID, datetime(2026, 3, 1, tzinfo=UTC))
    made = CaseEntry(row, ID, sequence, event or said.event, commit_content(SALT, data))
    return made, CaseRecord(entry_id, ID, sequence, SALT, data)


def test_an_event_that_holds_gives_its_content_and_no_trouble() -> None:
    content, trouble = follow(Case(ID), *entry(0, Opened("A case")))
    assert (content, trouble) == (Content(Opened("A case"), "Dr. Example"), None)


@pytest.mark.parametrize(
    "change",
    [
        {"content": b"{}"},
        {"salt": bytes(32)},
        {"salt": b"short"},
        {"case": "4b" * 16},
        {"sequence": 7},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_record_that_is_not_what_the_entry_commits_to_is_not_shown(change: dict[str, object]) -> None:
    one, record = entry(0, Opened("A case"))
    content, trouble = follow(Case(ID), one, replace(record, **change))  # type: ignore[arg-type]
    assert content is None
    assert trouble is not None
    assert trouble.code == "content_differs"


def test_a_missing_content_is_named_and_the_case_goes_on_without_it() -> None:
    made = case()
    assert follow(made, entry(1, ITEM)[0], None)[1].code == "content_missing"  # type: ignore[union-attr]
    assert (made.items[1].added, made.size) == (None, 2)
    assert follow(made, *entry(2, Judged(1, "cleared")))[1] is None
    assert made.items[1].status == "cleared"


def test_the_content_of_another_event_is_not_shown() -> None:
    content, trouble = follow(case(), *entry(1, Noted("x"), event="close"))
    assert (content, trouble and trouble.code) == (None, "content_differs")


@pytest.mark.parametrize("sequence", [2, 0])
def test_an_event_out_of_its_turn_is_a_gap(sequence: int) -> None:
    one, record = entry(1, Noted("x"))
    made = case()
    _, trouble = follow(made, replace(one, sequence=sequence), replace(record, sequence=sequence))
    assert (trouble and trouble.code, made.size) == ("sequence_gap", sequence + 1)


def test_an_event_that_may_not_follow_is_named_and_changes_nothing() -> None:
    made = case(ITEM, Closed("done"))
    _, trouble = follow(made, *entry(3, Judged(1, "cleared")))
    assert (trouble and trouble.code, made.items[1].status) == ("not_allowed", "open")
