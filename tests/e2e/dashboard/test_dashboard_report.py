"""The report from the dashboard: made at a click, then there as PDF and as dossier."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from pypdf import PdfReader
from streamlit.testing.v1 import AppTest

from dashboard.components.report_buttons import pdf_of
from ledger.export.checking import Outcome, check_dossier

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
        return AppTest.from_function(_page, kwargs=arguments, default_timeout=60).run()

    return at


@pytest.fixture
def registered(stack: Any, picture: Callable[[int], bytes]) -> bytes:
    image = picture(4711)
    stack.service.register(image)
    stack.anchor()
    return image


def downloads(app: AppTest) -> list[str]:
    return [element.proto.label for element in app.get("download_button")]


def made(app: AppTest) -> Any:
    return app.session_state["report.made"].file


def test_nothing_is_made_before_the_click(open_buttons: Open, registered: bytes):
    app = open_buttons(registered)
    assert [button.label for button in app.button] == ["Make a report"]
    assert downloads(app) == []
    assert "report.made" not in app.session_state


def test_a_click_makes_pdf_and_dossier_of_one_verification(open_buttons: Open, registered: bytes, stack: Any):
    app = open_buttons(registered)
    app.button[0].click().run()
    assert not app.exception
    assert downloads(app) == ["Report (PDF)", "Dossier (ZIP)"]
    dossier = made(app).content
    assert check_dossier(dossier, registered, stack.service.trust().encode()).outcome is Outcome.HOLDS
    text = PdfReader(io.BytesIO(pdf_of(dossier))).pages[0].extract_text()
    assert "slice 17" in text
    assert made(app).report in text.replace("\n", "")


def test_it_stays_when_the_page_runs_again(open_buttons: Open, registered: bytes):
    app = open_buttons(registered)
    app.button[0].click().run()
    first = made(app)
    app.run()
    assert made(app) is first
    assert downloads(app) == ["Report (PDF)", "Dossier (ZIP)"]


def test_another_policy_is_another_report(open_buttons: Open, registered: bytes):
    app = open_buttons(registered)
    app.button[0].click().run()
    app.session_state["policy"] = "strict"
    app.run()
    assert downloads(app) == []
    assert [button.label for button in app.button] == ["Make a report"]


def test_after_the_image_was_checked_again_no_older_report_is_offered(open_buttons: Open, registered: bytes):
    app = open_buttons(registered)
    app.button[0].click().run()
    assert downloads(app) == ["Report (PDF)", "Dossier (ZIP)"]
    app.session_state["checked_at"] = datetime(2026, 3, 1, 13, tzinfo=UTC)
    app.run()
    assert downloads(app) == []
    assert [button.label for button in app.button] == ["Make a report"]


def test_a_server_that_does_not_answer_is_said_and_the_button_comes_back(
    open_buttons: Open, registered: bytes, silent_url: str
):
    app = open_buttons(registered, server=silent_url)
    app.button[0].click().run()
    assert not app.exception
    assert "does not answer" in "".join(element.proto.body for element in app.main.get("html"))
    assert downloads(app) == []
    app.run()
    assert [button.label for button in app.button] == ["Make a report"]


def test_a_key_that_may_not_verify_is_said(open_buttons: Open, registered: bytes, stack: Any):
    _, key = stack.service.keys.create("reader", ["history"])
    app = open_buttons(registered, key=key)
    app.button[0].click().run()
    assert not app.exception
    assert downloads(app) == []
    said = "".join(element.proto.body for element in app.main.get("html"))
    assert "Your role does not allow this" in said
    assert "verify" in said and "not_allowed" in said
