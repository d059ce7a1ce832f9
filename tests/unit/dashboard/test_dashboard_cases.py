"""What a case looks like: its seal, its items, its trail, and what the forms make of what is typed."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, get_args

import pytest

from dashboard.case_words import EVENTS, EVIDENCE, FINDINGS, SEALS, TROUBLES
from dashboard.components.case_forms import parameters_of, region_of
from dashboard.components.case_view import head_markup, item_markup, line_markup, seal_markup, timeline_markup
from dashboard.components.statement import said_rows, subject_of
from ledger.core.entry import CASE_EVENTS
from ledger.schemas import (
    Case,
    CaseEvent,
    CaseItem,
    CaseLine,
    CaseTrouble,
    HistoryEntry,
    Verification,
    VerificationSummary,
)
from ledger.schemas.cases import Evidence, ItemStatus

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ID, FILE = "3a" * 16, "sha256:" + "5f" * 32


def event(sequence: int, kind: str, content: dict[str, Any] | None, **given: Any) -> CaseEvent:
    told = {"author": "Dr. Example", "state": "final", "block_number": 12} | given
    return CaseEvent(
        id=f"{sequence:032x}", sequence=sequence, event=kind, time=NOON, index=sequence + 4, content=content,
        entry="{}", **told,
    )  # fmt: skip


def case(*events: CaseEvent, **given: Any) -> Case:
    opening = event(0, "open", {"title": "A <b>case</b>", "question": "Painted in?"})
    items = [CaseItem(number=1, name="<i>slice</i>", file=FILE, status="confirmed", reason="too smooth")]
    told: dict[str, Any] = {"status": "open", "intact": True, "items": items, "title": "A <b>case</b>"} | given
    return Case(id=ID, registrar="7c" * 32, opened_at=NOON, changed_at=NOON, events=[opening, *events], **told)


def plain(markup: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", markup))


@pytest.mark.parametrize(
    ("words", "known"),
    [(EVENTS, CASE_EVENTS), (FINDINGS, get_args(ItemStatus)), (EVIDENCE, get_args(Evidence)),
     (TROUBLES, get_args(CaseTrouble.model_fields["code"].annotation)), (SEALS, (True, False, None))],
)  # fmt: skip
def test_everything_that_a_case_can_say_has_words(words: dict[Any, Any], known: tuple[Any, ...]) -> None:
    assert set(words) == set(known)


@pytest.mark.parametrize(("intact", "title"), [(True, "Intact"), (False, "Not intact"), (None, "Undetermined")])
def test_the_seal_says_in_words_whether_the_case_holds(intact: bool | None, title: str) -> None:
    assert f"<h3>{title}</h3>" in seal_markup(case(intact=intact))


def test_the_seal_names_each_event_that_does_not_hold_and_what_the_chain_says() -> None:
    trouble = CaseTrouble(code="content_missing", detail="expected, found")
    found = plain(
        seal_markup(case(event(1, "add", None, trouble=trouble), intact=False, log_trouble="the contract counts 9"))
    )
    assert "Event 1 (Item added): The content of this event is gone" in found
    assert "The contract counts 9." in found


def test_the_seal_says_what_waits_for_a_block() -> None:
    waiting = event(1, "note", {"text": "x"}, state="sequenced", block_number=None)
    assert "1 event still waits for a block" in plain(seal_markup(case(waiting)))
    assert "waits" not in seal_markup(case())


def test_an_item_shows_its_finding_its_verification_and_what_was_written_about_it() -> None:
    summary = VerificationSummary(
        verdict="altered", accepted=False, policy="clinical", reason="one region differs", checked_at=NOON,
        detector="ela_cnn 1.0: inconclusive", registration_id="0d" * 16,
    )  # fmt: skip
    item = CaseItem(number=1, name="slice", file=FILE, status="cannot-tell", verification=summary)
    bookmark = {
        "item": 1, "evidence": "change-map", "method": "trace/1", "comment": "inside", "region": [1, 2, 3, 4],
        "frame": 0, "parameters": {"level": 0.5},
    }  # fmt: skip
    others = (event(2, "note", {"text": "on another", "item": 2}), event(3, "note", {"text": "on the case"}))
    found = plain(item_markup(case(event(1, "bookmark", bookmark), *others, items=[item]), item))
    for words in ("Altered", "cannot tell", "One region differs", "ela_cnn 1.0", "0d0d0d0d", "inside",
                  "The change map · trace/1 · x 1, y 2, w 3, h 4 · frame 1 · level = 0.5"):  # fmt: skip
        assert words in found
    assert "on another" not in found
    assert "on the case" not in found


def test_an_item_whose_content_is_lost_is_not_called_unverified() -> None:
    found = plain(item_markup(case(), CaseItem(number=1, name=None, file=None, status="open")))
    assert "content lost" in found
    assert "not verified" not in found


def test_the_trail_shows_every_event_with_its_place_and_what_does_not_hold() -> None:
    trouble = CaseTrouble(code="content_differs", detail="expected, found")
    closing = event(2, "close", {"conclusion": "altered"}, by="reading room 2")
    found = plain(timeline_markup(case(event(1, "note", None, trouble=trouble, author=None), closing)))
    assert "3 log entries" in found
    assert "log index 6, block 12" in found
    assert "The stored content is not the one that the log entry commits to" in found
    assert "Dr. Example (recognised as reading room 2)" in found


def test_two_people_of_one_name_look_different_in_the_trail() -> None:
    ids = ("person:" + "0a1b2c3d" * 4, "person:" + "4e5f6071" * 4)
    notes = [event(at, "note", {"text": "x"}, author=None, by="A. Smith", by_id=who) for at, who in enumerate(ids, 1)]
    found = plain(timeline_markup(case(*notes)))
    assert "A. Smith, person 0a1b2c3d" in found
    assert "A. Smith, person 4e5f6071" in found
    assert all(who in found for who in ids)


def test_an_entry_whose_row_cannot_be_found_is_said_so() -> None:
    assert "row not found" in timeline_markup(case(event(1, "note", {"text": "x"}, state=None)))


def test_nothing_that_was_written_is_read_as_markup() -> None:
    written = event(1, "note", {"text": "<script>x</script>", "item": 1}, author="<u>me</u>")
    line = CaseLine(id=ID, title="<b>", status="open", items=1, events=2, author="<u>", opened_at=NOON, changed_at=NOON)
    made = case(written)
    for markup in (head_markup(made), item_markup(made, made.items[0]), timeline_markup(made), line_markup(line)):
        assert not re.search(r"<script|<u>|<b>case|<i>slice|<b></", markup)


def test_a_list_line_says_what_the_case_holds_and_when_its_title_is_lost() -> None:
    line = CaseLine(id=ID, title=None, status="closed", items=1, events=5, author=None, opened_at=NOON, changed_at=NOON)
    found = plain(line_markup(line))
    assert "(content lost)" in found
    assert "closed" in found
    assert "1 item · 5 events" in found


@pytest.mark.parametrize(
    ("typed", "read"),
    [("", None), ("1, 2, 30, 40", (1, 2, 30, 40)), ("1 2 3 4", (1, 2, 3, 4)), ("0,0,1,1", (0, 0, 1, 1))],
)
def test_a_region_is_read_as_typed(typed: str, read: tuple[int, ...] | None) -> None:
    assert region_of(typed) == read


@pytest.mark.parametrize("typed", ["1,2,3", "a,b,c,d", "1,2,0,4", "-1,2,3,4", "1.5,2,3,4", "1,2,3,4,5"])
def test_another_region_is_refused_in_words(typed: str) -> None:
    with pytest.raises(ValueError, match="Expected a region"):
        region_of(typed)


def test_parameters_are_lines_of_names_and_values() -> None:
    typed = " level = 0.5 \n\nn=3\nwho = me = you\nsure=true"
    assert parameters_of(typed) == {"level": 0.5, "n": 3, "who": "me = you", "sure": True}
    for wrong in ("level", "= 3", "level ="):
        with pytest.raises(ValueError, match="name = value"):
            parameters_of(wrong)


def test_a_case_entry_in_the_history_is_of_a_case_and_of_no_registration() -> None:
    entry = HistoryEntry(
        id=ID, kind="case", registrar="7c" * 32, index=4, time=NOON, state="final", leaf="8d" * 32,
        on_chain_event=True, target=ID, event="note",
    )  # fmt: skip
    rows = dict(said_rows(entry))
    assert subject_of(entry) is None
    assert ID in rows["Of case"]
    assert rows["Event"] == "note"


def test_a_summary_keeps_the_verdict_its_policy_and_the_registration(verification: Any) -> None:
    found: Verification = verification("altered", accepted=False)
    summary = VerificationSummary.of(found)
    assert (summary.verdict, summary.accepted, summary.policy) == ("altered", False, "clinical")
    assert summary.registration_id == "1" * 32
    assert summary.detector is None
