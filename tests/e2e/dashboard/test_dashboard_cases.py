"""The page of cases before a real ledger, run without a browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from streamlit.testing.v1 import AppTest

from ledger.client import Client
from ledger.schemas import Case, CaseClosing, CaseNote, CaseOpening, ItemAddition
from ledger.store.models import CASE

APP = Path(__file__).resolve().parents[3] / "dashboard" / "app.py"
FILE = "sha256:" + "5f" * 32
Open = Callable[..., AppTest]


@pytest.fixture
def client(stack: Any) -> Client:
    return Client(stack.url, stack.key)


@pytest.fixture
def case(client: Client) -> Case:
    """An open case with one item."""
    made = client.cases.open(CaseOpening(title="A doubtful nodule", question="Painted in?", author="Dr. Example"))
    return client.cases.append(made.id, ItemAddition(name="slice 17", file=FILE))


@pytest.fixture
def open_cases(stack: Any, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Opens the page against the ledger, at a case or at the list."""

    def at(case_id: str = "", *, server: str = stack.url, key: str = stack.key) -> AppTest:
        monkeypatch.setenv("MEDSEAL_SERVER", server)
        monkeypatch.setenv("MEDSEAL_API_KEY", key)
        app = AppTest.from_file(APP, default_timeout=30).run()
        app.switch_page("screens/cases.py")
        if case_id:
            app.query_params["case"] = case_id
        return ran(app)

    return at


def ran(app: AppTest) -> AppTest:
    app.run()
    assert not app.exception
    return app


def words(app: AppTest) -> str:
    return "\n".join(element.proto.body for element in app.main.get("html"))


def field(app: AppTest, kind: str, label: str) -> Any:
    return next(one for one in getattr(app, kind) if one.label == label)


def choose(app: AppTest, form: str) -> AppTest:
    app.segmented_control(key="case.form").set_value(form)
    return ran(app)


def press(app: AppTest, label: str) -> AppTest:
    field(app, "button", label).click()
    return ran(app)


def test_a_case_is_opened_from_the_list_and_shown(open_cases: Open, client: Client) -> None:
    app = open_cases()
    field(app, "text_input", "Title").set_value("From the page")
    field(app, "text_input", "Your name").set_value("Dr. Page")
    press(app, "Open the case")
    said = words(app)
    assert "From the page</h2>" in said
    assert "No items yet" in said
    (case_id,) = re.findall(r">([0-9a-f]{32})<", said)[:1]
    found = client.cases.get(case_id)
    assert (found.title, found.events[0].author, found.events[0].by) == ("From the page", "Dr. Page", "dashboard")


def test_a_case_without_a_title_is_not_opened(open_cases: Open, client: Client) -> None:
    before = len(client.cases.find(limit=500).cases)
    app = press(open_cases(), "Open the case")
    assert "Expected a title" in words(app)
    assert len(client.cases.find(limit=500).cases) == before


def test_a_permalink_shows_the_case_its_items_and_its_trail(open_cases: Open, case: Case) -> None:
    said = words(open_cases(case.id))
    for expected in ("A doubtful nodule", "Painted in?", "slice 17", "<h3>Intact</h3>", "Everything that happened"):
        assert expected in said


def test_a_note_is_written_once_and_the_form_is_empty_again(open_cases: Open, case: Case, client: Client) -> None:
    app = choose(open_cases(case.id), "Note")
    field(app, "text_area", "Note").set_value("Sent by mail")
    field(app, "text_input", "Your name").set_value("Dr. Example")
    press(app, "Write this note")
    assert "Sent by mail" in words(app)
    assert [one.value for one in app.success] == ["The note is in the log."]
    assert field(app, "text_area", "Note").value == ""
    assert field(app, "text_input", "Your name").value == "Dr. Example"
    assert [event.event for event in client.cases.get(case.id).events] == ["open", "add", "note"]


def test_a_bookmark_keeps_region_frame_and_parameters(open_cases: Open, case: Case, client: Client) -> None:
    app = choose(open_cases(case.id), "Bookmark")
    field(app, "text_input", "Method").set_value("by eye")
    field(app, "text_area", "What it shows").set_value("too smooth")
    field(app, "text_input", "Region in pixels").set_value("1, 2, 30, 40")
    field(app, "number_input", "Frame").set_value(3)
    field(app, "text_area", "Parameters").set_value("window = 400")
    press(app, "Keep this bookmark")
    assert client.cases.get(case.id).events[-1].content == {
        "item": 1, "evidence": "region", "method": "by eye", "comment": "too smooth", "region": [1, 2, 30, 40],
        "frame": 2, "parameters": {"window": 400},
    }  # fmt: skip


def test_a_malformed_bookmark_is_refused_in_words_and_keeps_what_was_typed(open_cases: Open, case: Case) -> None:
    app = choose(open_cases(case.id), "Bookmark")
    field(app, "text_input", "Method").set_value("by eye")
    field(app, "text_area", "What it shows").set_value("too smooth")
    field(app, "text_input", "Region in pixels").set_value("somewhere")
    press(app, "Keep this bookmark")
    assert "Expected a region as x, y, width, height" in words(app)
    assert field(app, "text_input", "Method").value == "by eye"


def test_a_finding_shows_on_its_item(open_cases: Open, case: Case, client: Client) -> None:
    app = choose(open_cases(case.id), "Finding")
    field(app, "text_area", "Why").set_value("too small")
    press(app, "Write this finding")
    assert client.cases.get(case.id).items[0].status == "cannot-tell"
    assert "too small" in words(app)


def test_closing_asks_for_a_confirmation_and_reopening_for_a_reason(
    open_cases: Open, case: Case, client: Client
) -> None:
    app = choose(open_cases(case.id), "Close")
    field(app, "text_area", "Conclusion").set_value("altered")
    ran(app)
    assert field(app, "button", "Close the case").disabled
    app.checkbox[0].check()
    press(ran(app), "Close the case")
    assert client.cases.get(case.id).status == "closed"
    field(app, "text_input", "Why it is reopened").set_value("more came")
    press(app, "Reopen the case")
    assert client.cases.get(case.id).status == "open"


def test_a_case_that_somebody_closed_meanwhile_says_so(open_cases: Open, case: Case, client: Client) -> None:
    app = choose(open_cases(case.id), "Note")
    field(app, "text_area", "Note").set_value("late")
    client.cases.append(case.id, CaseClosing(conclusion="done"))
    app.run()
    assert "This case is closed" in app.info[0].value


def test_files_are_verified_and_added(open_cases: Open, case: Case, client: Client, picture: Any) -> None:
    client.register(picture(81))
    app = open_cases(case.id)
    files = [
        ("a.png", picture(81), "image/png"),
        ("letter.txt", b"hello", "text/plain"),
        ("empty.png", b"", "image/png"),
    ]
    app.file_uploader[0].set_value(files)
    press(ran(app), "Verify and add 3 files")
    said = words(app)
    found = client.cases.get(case.id)
    assert [(item.name, item.verification.verdict if item.verification else None) for item in found.items[1:3]] == [
        ("a.png", "authentic"),
        ("letter.txt", "undetermined"),
    ]
    assert "items added" in app.success[0].value
    assert "a.png" in said


def test_a_file_that_the_case_has_is_refused_in_words(open_cases: Open, case: Case, picture: Any) -> None:
    app = open_cases(case.id)
    for _ in range(2):
        app.file_uploader[0].set_value([("b.png", picture(82), "image/png")])
        press(ran(app), "Verify and add")
    assert "The case has this file already" in words(app)


def test_a_tampered_case_is_not_intact_and_does_not_show_what_was_changed(
    open_cases: Open, case: Case, client: Client, stack: Any
) -> None:
    note = client.cases.append(case.id, CaseNote(text="It was altered")).events[2]
    (kept,) = stack.service.store.case_records([note.id])

    def store(content: bytes) -> None:
        with stack.service.store.write() as connection:
            connection.execute(update(CASE).where(CASE.c.id == note.id).values(content=content))

    store(b'{"by":"dashboard","event":"note","text":"It was not"}')
    said = words(open_cases(case.id))
    store(kept.content)  # other tests audit this ledger
    assert "<h3>Not intact</h3>" in said
    assert "Event 2 (Note): The stored content is not the one" in said
    assert "It was not" not in said


@pytest.mark.parametrize(
    ("case_id", "title"), [("0" * 32, "There is no such case"), ("../keys", "That is not a case id")]
)
def test_a_link_to_no_case_is_told_in_words(open_cases: Open, case_id: str, title: str) -> None:
    assert title in words(open_cases(case_id))


def test_an_unreachable_server_has_words_of_its_own(open_cases: Open, silent_url: str) -> None:
    assert "The MedSeal server does not answer" in words(open_cases(server=silent_url))


def test_who_may_not_see_cases_is_told_so(open_cases: Open, stack: Any) -> None:
    _, narrow = stack.service.keys.create("narrow", ["history"])
    assert "This page is for other roles than yours" in words(open_cases(key=narrow))


def test_an_auditor_reads_a_case_and_finds_no_form(open_cases: Open, case: Case, stack: Any) -> None:
    _, auditor = stack.service.keys.create("auditor", ["audit"])
    app = open_cases(case.id, key=auditor)
    assert "<h3>Intact</h3>" in words(app)
    assert not app.segmented_control
    assert "that takes the scope review" in [one.value for one in app.caption][-1]


def test_the_list_shows_what_was_asked_for(open_cases: Open, case: Case, client: Client) -> None:
    client.cases.append(case.id, CaseClosing(conclusion="done"))
    app = open_cases()
    for status, shown in (("closed", True), ("open", False)):
        app.segmented_control(key="cases.status").set_value(status)
        assert (case.id in words(ran(app))) is shown
