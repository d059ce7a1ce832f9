"""What the dialog of *Add to case* holds, on any page that shows a verification."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from ledger.client import Client
from ledger.client_cases import ClientCases
from ledger.errors import OutageError
from ledger.schemas import CaseOpening, ItemAddition

Page = Callable[[bytes], AppTest]
ANOTHER_PAGE = """
import hashlib, os
import streamlit as st
from dashboard.components.to_case import choose_case
from dashboard.session import client

def offer():
    data = bytes.fromhex(os.environ["TEST_IMAGE"])
    if "found" not in st.session_state:
        st.session_state.found = client().verify(data)
    choose_case(st.session_state.found, "from verify.png", "sha256:" + hashlib.sha256(data).hexdigest())

st.navigation([st.Page(offer), st.Page("screens/cases.py")]).run()
"""


@pytest.fixture
def client(stack: Any) -> Client:
    return Client(stack.url, stack.key)


def pressed(app: AppTest) -> AppTest:
    """The page after *Add the item*."""
    app.button(key="to_case.send").click().run()
    assert not app.exception
    return app


def for_a_new_case(app: AppTest, title: str = "") -> AppTest:
    app.selectbox(key="to_case.case").set_value("").run()
    if title:
        app.text_input(key="to_case.title").set_value(title)
    return app


@pytest.fixture
def another_page(stack: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Page:
    """A page that offers to add this image, which it has verified once."""

    def at(image: bytes) -> AppTest:
        for name, value in (("SERVER", stack.url), ("API_KEY", stack.key)):
            monkeypatch.setenv(f"MEDSEAL_{name}", value)
        monkeypatch.setenv("TEST_IMAGE", image.hex())
        (tmp_path / "screens").mkdir()
        (tmp_path / "screens" / "cases.py").touch()
        (tmp_path / "app.py").write_text(ANOTHER_PAGE)
        return AppTest.from_file(tmp_path / "app.py", default_timeout=30).run()

    return at


def test_a_verified_file_is_added_to_an_open_case_or_to_a_new_one(
    client: Client, another_page: Page, picture: Any
) -> None:
    case = client.cases.open(CaseOpening(title="A doubtful nodule", author="Dr. Example"))
    client.cases.append(case.id, ItemAddition(name="slice 17", file="sha256:" + "5f" * 32))
    app = another_page(picture(84))
    assert app.selectbox(key="to_case.case").value == case.id
    pressed(app)
    item = client.cases.get(case.id).items[1]
    assert (item.name, item.verification and item.verification.verdict) == ("from verify.png", "unregistered")
    assert "Item 2 of “A doubtful nodule”" in app.success[0].value
    pressed(for_a_new_case(app))
    assert "a title for a new case" in "".join(element.proto.body for element in app.main.get("html"))
    app.text_input(key="to_case.title").set_value("From the verify page")
    pressed(app)
    newest = client.cases.find(limit=1).cases[0]
    assert (newest.title, newest.items) == ("From the verify page", 1)


@pytest.mark.parametrize("call", ["open", "append"])
@pytest.mark.parametrize("written", [True, False], ids=["answer lost", "not written"])
def test_a_second_press_after_a_failure_opens_no_second_case_and_adds_no_second_item(
    client: Client,
    another_page: Page,
    picture: Any,
    monkeypatch: pytest.MonkeyPatch,
    call: str,
    written: bool,
) -> None:
    """The server took it or did not, and the page cannot know."""
    title = f"Once {call} {written}"
    app = for_a_new_case(another_page(picture(86)), title)
    asked = getattr(ClientCases, call)

    def lost(*given: Any) -> None:
        if written:
            asked(*given)
        raise OutageError("the line went dead")

    with monkeypatch.context() as while_out:
        while_out.setattr(ClientCases, call, lost)
        pressed(app)
    assert not app.success
    pressed(app)
    assert f"Item 1 of “{title}”" in app.success[0].value
    assert [line.items for line in client.cases.find().cases if line.title == title] == [1]


def test_the_same_title_again_after_a_success_is_another_case(client: Client, another_page: Page, picture: Any) -> None:
    app = for_a_new_case(another_page(picture(87)), "Twice on purpose")
    for _ in range(2):
        pressed(app)
    assert [line.items for line in client.cases.find().cases if line.title == "Twice on purpose"] == [1, 1]
