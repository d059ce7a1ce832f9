"""A link to a verification asks the ledger anew."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from ledger.client import Client
from ledger.schemas import StatementRequest

APP = Path(__file__).resolve().parents[3] / "dashboard" / "app.py"
Follow = Callable[[str], str]


@pytest.fixture
def client(stack: Any) -> Client:
    return Client(stack.url, stack.key)


@pytest.fixture
def opened(stack: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], AppTest]:
    """The verify page of a new session that opens a link with this ``file``."""

    def at(file: str) -> AppTest:
        monkeypatch.setenv("MEDSEAL_SERVER", stack.url)
        monkeypatch.setenv("MEDSEAL_API_KEY", stack.key)
        app = AppTest.from_file(APP, default_timeout=30)
        app.query_params["file"] = file
        app.run()
        assert not app.exception
        return app

    return at


@pytest.fixture
def follow(opened: Callable[[str], AppTest]) -> Follow:
    """What the verify page says when a link with this ``file`` is opened."""
    return lambda file: said_by(opened(file))


def said_by(app: AppTest) -> str:
    return "\n".join(element.proto.body for element in app.main.get("html"))


def digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def test_a_link_to_a_registered_file_says_what_holds_now(
    follow: Follow, client: Client, picture: Callable[[int], bytes]
) -> None:
    found = client.register(picture(191))
    said = follow(digest(picture(191)))
    assert "<h2>Authentic</h2>" in said
    assert found.registration_id in said
    client.state_request(found.registration_id, StatementRequest(kind="revoke", reason="Wrong patient", author="QA"))
    said = follow(digest(picture(191)))
    assert "<h2>Withdrawn</h2>" in said
    assert "Wrong patient" in said


def test_an_open_link_asks_once_and_again_by_its_button(
    opened: Callable[[str], AppTest], client: Client, picture: Callable[[int], bytes]
) -> None:
    found = client.register(picture(194))
    app = opened(digest(picture(194))).run().run()
    assert len(client.operations.verifications(found.registration_id)) == 1
    client.state_request(found.registration_id, StatementRequest(kind="revoke", reason="Wrong patient", author="QA"))
    assert "<h2>Authentic</h2>" in said_by(app.run())
    app.button(key="verify.link.anew").click().run()
    assert "<h2>Withdrawn</h2>" in said_by(app)
    assert len(client.operations.verifications(found.registration_id)) == 2


def test_an_open_link_is_asked_about_anew_under_another_policy(
    opened: Callable[[str], AppTest], client: Client, picture: Callable[[int], bytes]
) -> None:
    found = client.register(picture(195))
    app = opened(digest(picture(195)))
    app.segmented_control(key="verify.policy").set_value("strict").run()
    policies = [note.policy for note in client.operations.verifications(found.registration_id)]
    assert policies == ["strict", "clinical"]


def test_a_link_to_an_unknown_file_does_not_call_it_unregistered(
    follow: Follow, picture: Callable[[int], bytes]
) -> None:
    titles = re.findall(r"<h[23][^>]*>(.*?)</h[23]>", follow(digest(picture(192))))
    assert titles == ["Drop this file again"]


@pytest.mark.parametrize("file", ["", "x", "sha256:12", "sha256:" + "g" * 64, "<b>"])
def test_a_link_that_names_no_file_says_so(follow: Follow, file: str) -> None:
    said = follow(file)
    assert "This link names no file" in said
    assert "<b>" not in said.replace("<b>Next step.</b>", "")


def test_the_address_names_the_file_that_is_verified(
    stack: Any, monkeypatch: pytest.MonkeyPatch, picture: Callable[[int], bytes]
) -> None:
    monkeypatch.setenv("MEDSEAL_SERVER", stack.url)
    monkeypatch.setenv("MEDSEAL_API_KEY", stack.key)
    app = AppTest.from_file(APP, default_timeout=30).run()
    app.file_uploader(key="verify.file").set_value(("a.png", picture(193), "image/png")).run()
    assert app.query_params["file"] == digest(picture(193))
