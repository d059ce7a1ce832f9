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
def follow(stack: Any, monkeypatch: pytest.MonkeyPatch) -> Follow:
    """What the verify page says when a link with this ``file`` is opened."""

    def at(file: str) -> str:
        monkeypatch.setenv("MEDSEAL_SERVER", stack.url)
        monkeypatch.setenv("MEDSEAL_API_KEY", stack.key)
        app = AppTest.from_file(APP, default_timeout=30)
        app.query_params["file"] = file
        app.run()
        assert not app.exception
        return "\n".join(element.proto.body for element in app.main.get("html"))

    return at


def digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def test_a_link_to_a_registered_file_says_what_holds_now(
    follow: Follow, client: Client, picture: Callable[[int], bytes]
) -> None:
    found = client.register(picture(81))
    said = follow(digest(picture(81)))
    assert "<h2>Authentic</h2>" in said
    assert found.registration_id in said
    client.state_request(found.registration_id, StatementRequest(kind="revoke", reason="Wrong patient", author="QA"))
    said = follow(digest(picture(81)))
    assert "<h2>Withdrawn</h2>" in said
    assert "Wrong patient" in said


def test_a_link_to_an_unknown_file_does_not_call_it_unregistered(
    follow: Follow, picture: Callable[[int], bytes]
) -> None:
    titles = re.findall(r"<h[23][^>]*>(.*?)</h[23]>", follow(digest(picture(82))))
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
    app.file_uploader(key="verify.file").set_value(("a.png", picture(83), "image/png")).run()
    assert app.query_params["file"] == digest(picture(83))
