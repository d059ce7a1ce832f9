"""The report from the dashboard: one click, the same verification behind both files, and what it shall say."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from pypdf import PdfReader
from streamlit.testing.v1 import AppTest

from dashboard.components.report_buttons import Maker
from ledger.errors import NotAllowed, OutageError
from ledger.export.checking import Outcome, check_dossier
from ledger.schemas import DEFAULT_QUESTION

Open = Callable[..., AppTest]


def _page(data: bytes, name: str, policy: str) -> None:
    from datetime import UTC, datetime

    import streamlit as st

    from dashboard.components.report_buttons import show_report_buttons

    first = datetime(2026, 3, 1, 12, tzinfo=UTC)
    show_report_buttons(data, name, st.session_state.get("policy", policy), st.session_state.get("checked_at", first))


@pytest.fixture
def open_buttons(stack: Any, monkeypatch: pytest.MonkeyPatch) -> Open:
    """A page with nothing but the buttons for an image."""

    def at(data: bytes, *, server: str = stack.url, key: str = stack.key, policy: str = "clinical") -> AppTest:
        monkeypatch.setenv("MEDSEAL_SERVER", server)
        monkeypatch.setenv("MEDSEAL_API_KEY", key)
        arguments = {"data": data, "name": "slice 17", "policy": policy}
        app = AppTest.from_function(_page, kwargs=arguments, default_timeout=60).run()
        assert not app.exception
        return app

    return at


@pytest.fixture
def registered(stack: Any, picture: Callable[[int], bytes]) -> bytes:
    image = picture(4711)
    stack.service.register(image)
    stack.anchor()
    return image


def maker(app: AppTest) -> Maker:
    """What the downloads of this page are made by; a browser's click calls it."""
    found: Maker = app.session_state["report.maker"]
    return found


def text_of(pdf: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


def field(app: AppTest, label: str) -> Any:
    return next(one for one in (*app.text_input, *app.text_area, *app.toggle) if one.label == label)


def test_both_downloads_are_there_at_once_and_nothing_is_made_before_a_click(
    open_buttons: Open, registered: bytes
) -> None:
    app = open_buttons(registered)
    assert [one.proto.label for one in app.get("download_button")] == ["Report (PDF)", "Dossier (ZIP)"]
    assert maker(app).made is None


def test_pdf_and_dossier_come_from_one_verification(open_buttons: Open, registered: bytes, stack: Any) -> None:
    made = maker(open_buttons(registered))
    pdf, dossier = made.pdf(), made.dossier()
    assert check_dossier(dossier, registered, stack.service.trust().encode()).outcome is Outcome.HOLDS
    with zipfile.ZipFile(io.BytesIO(dossier)) as parts:
        assert parts.read("report.pdf") == pdf
    assert "slice 17" in text_of(pdf) and DEFAULT_QUESTION in text_of(pdf)
    assert "Asked by" not in text_of(pdf)


def test_it_stays_when_the_page_runs_again(open_buttons: Open, registered: bytes) -> None:
    app = open_buttons(registered)
    first = maker(app).file()
    app.run()
    assert maker(app).file() is first


def test_question_names_and_the_choice_of_pictures_come_into_the_report(
    open_buttons: Open, registered: bytes, stack: Any
) -> None:
    app = open_buttons(registered)
    field(app, "Question that the report answers").set_value("Was the nodule added?")
    field(app, "Name of the item").set_value("exhibit 4")
    field(app, "Your name, as the one who asked").set_value("Dr. A. Example")
    field(app, "Enclose pictures of the item").set_value(False)
    app.run()
    dossier = maker(app).dossier()
    said = text_of(maker(app).pdf())
    for words in ("Was the nodule added?", "exhibit 4", "Asked by Dr. A. Example", "not checked"):
        assert words in said
    with zipfile.ZipFile(io.BytesIO(dossier)) as parts:
        assert not any(name.endswith(".png") for name in parts.namelist())
    assert check_dossier(dossier, registered, stack.service.trust().encode()).outcome is Outcome.HOLDS


def test_the_propositions_stand_with_the_options(open_buttons: Open, registered: bytes) -> None:
    said = " ".join(one.value for one in open_buttons(registered).caption)
    assert "was altered" in said and "was not altered" in said


@pytest.mark.parametrize(
    ("name", "value"), [("policy", "strict"), ("checked_at", datetime(2026, 3, 1, 13, tzinfo=UTC))]
)
def test_another_policy_or_a_later_check_is_another_report(
    open_buttons: Open, registered: bytes, name: str, value: object
) -> None:
    app = open_buttons(registered)
    maker(app).file()
    app.session_state[name] = value
    app.run()
    assert maker(app).made is None


def test_what_is_in_the_way_is_an_error_at_the_click_and_the_next_click_tries_anew(
    open_buttons: Open, registered: bytes, silent_url: str, stack: Any
) -> None:
    made = maker(open_buttons(registered, server=silent_url))
    for _ in range(2):
        with pytest.raises(OutageError):
            made.dossier()
    _, key = stack.service.keys.create("reader", ["history"])
    with pytest.raises(NotAllowed):
        maker(open_buttons(registered, key=key)).pdf()
