"""Cases in a whole ledger: what is written, how it reads back, and that nothing of it is in the log."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from ledger.errors import CaseClosed, Conflict, InputError, InvalidCase, NotFound
from ledger.schemas import (
    Bookmark,
    Case,
    CaseClosing,
    CaseNote,
    CaseOpening,
    CaseReopening,
    ItemAddition,
    ItemJudgement,
)

ME = "Dr. Example"
FILE, OTHER = "sha256:" + "5f" * 32, "sha256:" + "6a" * 32
OPENING = CaseOpening(title="Jane Doe's nodule", question="Painted in?", author=ME)


@pytest.fixture
def cases(hospital: Any) -> Any:
    return hospital.service.cases


@pytest.fixture
def case(cases: Any) -> Case:
    """A case with one item."""
    made = cases.open(OPENING)
    answer: Case = cases.append(made.id, ItemAddition(name="slice 17", file=FILE, author=ME))
    return answer


def codes(case: Case) -> list[tuple[int, str]]:
    return [(event.sequence, event.trouble.code) for event in case.events if event.trouble]


def test_a_case_goes_from_its_opening_to_its_conclusion(cases: Any, case: Case, hospital: Any) -> None:
    for action in (
        CaseNote(text="sent by mail", author=ME),
        Bookmark(item=1, evidence="region", method="eye", comment="too smooth", region=(1, 2, 3, 4), author=ME),
        ItemJudgement(item=1, status="confirmed", reason="see the bookmark", author=ME),
        CaseClosing(conclusion="altered after capture", author=ME),
    ):
        case = cases.append(case.id, action)
    assert hospital.service.anchor_pending(60)
    case = cases.get(case.id)
    assert (case.title, case.question, case.status, case.intact) == (OPENING.title, OPENING.question, "closed", True)
    assert [event.event for event in case.events] == ["open", "add", "note", "bookmark", "status", "close"]
    assert [event.sequence for event in case.events] == list(range(6))
    assert {event.state for event in case.events} == {"final"}
    assert all(event.block_number for event in case.events)
    assert [(item.number, item.name, item.status) for item in case.items] == [(1, "slice 17", "confirmed")]
    assert case.events[3].content == {
        "item": 1, "evidence": "region", "method": "eye", "comment": "too smooth", "region": [1, 2, 3, 4],
    }  # fmt: skip


def test_nothing_that_was_written_is_in_the_log(case: Case, hospital: Any) -> None:
    bodies = [entry.body for entry in hospital.service.store.entries(hospital.service.parts.registrar.id)]
    assert len(bodies) == 3
    for word in (b"Jane", b"nodule", b"slice", b"5f5f", ME.encode()):
        assert not any(word in body for body in bodies)


def test_a_case_reads_the_same_after_a_restart_and_a_rebuild(case: Case, hospital: Any) -> None:
    hospital.service.anchor_pending(60)
    before = hospital.service.cases.get(case.id)
    hospital.service.rebuild()
    hospital.restart()
    assert hospital.service.cases.get(case.id) == before


def test_a_case_that_waits_for_its_anchor_is_intact_and_says_that_it_waits(case: Case) -> None:
    assert case.intact is True
    assert [event.state for event in case.events] == ["sequenced", "sequenced"]


def test_the_summary_of_a_verification_is_kept_with_its_item(cases: Any, case: Case) -> None:
    summary = {
        "verdict": "altered", "accepted": False, "policy": "clinical", "reason": "one region differs",
        "checked_at": "2026-03-02T09:15:04.120Z", "registration_id": "0d" * 16, "detector": "ela_cnn 1.0: inconclusive",
    }  # fmt: skip
    addition = ItemAddition.model_validate({"name": "b", "file": OTHER, "verification": summary, "author": ME})
    found = cases.append(case.id, addition)
    assert found.items[1].verification == addition.verification


def test_an_event_that_may_not_follow_writes_nothing(cases: Any, case: Case, hospital: Any) -> None:
    size = hospital.service.store.log_size(hospital.service.parts.registrar.id)
    for action, error in (
        (CaseNote(text="x", item=2, author=ME), NotFound),
        (CaseReopening(reason="x", author=ME), Conflict),
        (ItemAddition(name="again", file=FILE, author=ME), Conflict),
        (CaseNote(text="nobody says so"), InvalidCase),
    ):
        with pytest.raises(error):
            cases.append(case.id, action)
    cases.append(case.id, CaseClosing(conclusion="x", author=ME))
    with pytest.raises(CaseClosed):
        cases.append(case.id, CaseNote(text="late", author=ME))
    assert hospital.service.store.log_size(hospital.service.parts.registrar.id) == size + 1


def test_an_unknown_case_is_not_found(cases: Any) -> None:
    for ask in (lambda: cases.get("0" * 32), lambda: cases.append("0" * 32, CaseNote(text="x", author=ME))):
        with pytest.raises(NotFound, match="expected a case"):
            ask()


def test_a_repeated_event_id_writes_once_and_another_event_under_it_is_refused(cases: Any, case: Case) -> None:
    note = CaseNote(text="once", author=ME, event_id="ab" * 16)
    first, again = cases.append(case.id, note), cases.append(case.id, note)
    assert again == first
    assert [event.id for event in again.events][-1] == "ab" * 16
    with pytest.raises(Conflict, match="event id"):
        cases.append(case.id, note.model_copy(update={"text": "twice"}))
    with pytest.raises(Conflict, match="event id"):
        cases.append(cases.open(OPENING).id, note)


def test_a_repeated_opening_answers_the_case_that_it_opened(cases: Any) -> None:
    opening = OPENING.model_copy(update={"event_id": "cd" * 16})
    assert cases.open(opening).id == cases.open(opening).id == "cd" * 16
    with pytest.raises(Conflict):
        cases.open(opening.model_copy(update={"title": "another"}))


def test_a_repeated_event_is_answered_even_in_a_case_that_was_closed_since(cases: Any, case: Case) -> None:
    note = CaseNote(text="once", author=ME, event_id="ab" * 16)
    cases.append(case.id, note)
    closed = cases.append(case.id, CaseClosing(conclusion="x", author=ME))
    assert cases.append(case.id, note) == closed


def test_writers_at_the_same_time_get_a_place_each(hospital: Any, case: Case) -> None:
    def write(name: str) -> None:
        for at in range(4):
            hospital.service.cases.append(case.id, CaseNote(text=f"{name} {at}", author=name))

    threads = [threading.Thread(target=write, args=(f"reviewer {at}",)) for at in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = hospital.service.cases.get(case.id)
    assert (found.intact, len(found.events)) == (True, 18)
    assert len({event.content["text"] for event in found.events[2:]}) == 16


def test_a_list_shows_the_last_changed_first_by_status_and_in_pages(cases: Any, case: Case) -> None:
    second = cases.open(CaseOpening(title="second", author=ME))
    cases.append(case.id, CaseClosing(conclusion="x", author=ME))
    page = cases.find()
    assert [(line.title, line.status, line.items, line.events) for line in page.cases] == [
        (OPENING.title, "closed", 1, 3),
        ("second", "open", 0, 1),
    ]
    assert [line.id for line in cases.find(status="open").cases] == [second.id]
    first, rest = cases.find(limit=1), cases.find(limit=1, offset=1)
    assert (first.more, rest.more, first.cases + rest.cases) == (True, False, page.cases)
    with pytest.raises(InputError):
        cases.find(limit=0)


def test_history_lists_case_entries_by_kind_and_by_case(case: Case, hospital: Any) -> None:
    rows = hospital.service.history(kind="case").entries
    assert [(row.event, row.target) for row in rows] == [("add", case.id), ("open", case.id)]
    assert hospital.service.history(registration=case.id).entries == rows


def test_a_case_id_is_no_registration_and_has_no_receipt(case: Case, hospital: Any) -> None:
    for ask in (hospital.service.registration, hospital.service.receipt):
        with pytest.raises(NotFound):
            ask(case.id)


# what somebody with the database can do

TAMPERED = [
    ("content = CAST(replace(content, 'nodule', 'module') AS BLOB)", (0, "content_differs"), {"case_differs"}),
    ("salt = zeroblob(32)", (0, "content_differs"), {"case_differs"}),
    ("case_id = replace(case_id, substr(case_id, 1, 8), '00000000')", (0, "content_differs"), {"case_differs"}),
    ("sequence = 9", (0, "content_differs"), {"case_differs"}),
]


@pytest.mark.parametrize(("change", "trouble", "audited"), TAMPERED, ids=[row[0].split()[0] for row in TAMPERED])
def test_each_column_that_was_changed_is_named_by_the_case_and_by_the_audit(
    case: Case, hospital: Any, change: str, trouble: tuple[int, str], audited: set[str]
) -> None:
    assert hospital.edit_database(f"UPDATE case_event SET {change} WHERE sequence = 0") == 1
    found = hospital.service.cases.get(case.id)
    assert (found.intact, codes(found), found.title) == (False, [trouble], None)
    assert found.items[0].name == "slice 17"
    differences = hospital.service.audit().differences
    assert {(one.code, one.index) for one in differences} == {(code, 1) for code in audited}


def test_contents_that_changed_places_are_named(case: Case, hospital: Any) -> None:
    (first, second) = (event.id for event in case.events)
    for old, new in ((first, "x"), (second, first), ("x", second)):
        hospital.edit_database("UPDATE case_event SET id = ? WHERE id = ?", new, old)
    found = hospital.service.cases.get(case.id)
    assert codes(found) == [(0, "content_differs"), (1, "content_differs")]
    assert {one.code for one in hospital.service.audit().differences} == {"case_differs"}


def test_an_erased_content_is_named_and_leaves_every_proof_as_it_was(case: Case, hospital: Any) -> None:
    hospital.service.anchor_pending(60)
    assert hospital.edit_database("DELETE FROM case_event WHERE sequence = 1") == 1
    found = hospital.service.cases.get(case.id)
    assert (found.intact, codes(found)) == (False, [(1, "content_missing")])
    assert [(item.number, item.name) for item in found.items] == [(1, None)]
    report = hospital.service.audit()
    assert [(one.code, one.index) for one in report.differences] == [("case_missing", 2)]


def test_a_case_can_go_on_after_a_content_was_erased(case: Case, hospital: Any) -> None:
    hospital.edit_database("DELETE FROM case_event WHERE sequence = 1")
    found = hospital.service.cases.append(case.id, ItemJudgement(item=1, status="cleared", author=ME))
    assert found.items[0].status == "cleared"
    assert codes(found) == [(1, "content_missing")]


def test_an_entry_that_was_rewritten_with_its_content_is_not_the_contracts_log(case: Case, hospital: Any) -> None:
    hospital.service.anchor_pending(60)
    change = 'replace(CAST(body AS TEXT), \'"event":"add"\', \'"event":"note"\')'
    hospital.edit_database(f"UPDATE log_entry SET body = CAST({change} AS BLOB) WHERE position = 2")
    hospital.restart()
    found = hospital.service.cases.get(case.id)
    assert found.intact is False
    assert "not the log that the contract holds" in (found.log_trouble or "")


def test_a_case_whose_last_event_was_taken_away_is_not_intact_once_it_was_anchored(case: Case, hospital: Any) -> None:
    hospital.service.anchor_pending(60)
    hospital.edit_database("DELETE FROM case_event WHERE sequence = 1")
    hospital.edit_database("DELETE FROM log_entry WHERE position = 2")
    hospital.edit_database("UPDATE log SET size = 2")
    hospital.restart()
    found = hospital.service.cases.get(case.id)
    assert (found.intact, len(found.events)) == (False, 1)
    assert "the contract counts 3 entries" in (found.log_trouble or "")


def test_a_moved_row_of_the_log_is_audited_and_the_case_still_reads_whole(case: Case, hospital: Any) -> None:
    hospital.edit_database("UPDATE log_entry SET target = 'elsewhere' WHERE position = 2")
    found = hospital.service.cases.get(case.id)
    assert [event.event for event in found.events] == ["open", "add"]
    assert [event.state for event in found.events] == ["sequenced", None]
    assert {one.code for one in hospital.service.audit().differences} == {"entry_row_differs"}


def test_without_the_chain_a_sound_case_is_undetermined_and_not_intact(remote_hospital: Any, remote_chain: Any) -> None:
    case = remote_hospital.service.cases.open(OPENING)
    remote_chain.stop()
    found = remote_hospital.service.cases.get(case.id)
    if found.intact is True:  # the chain's last answer may be remembered for a second
        threading.Event().wait(1.1)
        found = remote_hospital.service.cases.get(case.id)
    assert found.intact is None
    assert found.log_open
    assert found.title == OPENING.title


def test_a_sound_ledger_with_cases_audits_consistent(case: Case, hospital: Any) -> None:
    hospital.service.anchor_pending(60)
    report = hospital.service.audit()
    assert (report.consistent, report.complete, report.entries) == (True, True, 3)
