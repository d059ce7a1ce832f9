"""Several files at once on the verify page, and links to one of them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.components import verifying
from ledger.client import Client

APP = Path(__file__).resolve().parents[3] / "dashboard" / "app.py"
Picture = Callable[[int], bytes]
Open = Callable[..., AppTest]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The files that the page sent to the ledger, in their order."""
    sent: list[bytes] = []
    verify = Client.verify

    def counted(self: Client, data: bytes, **options: Any) -> Any:
        sent.append(data)
        return verify(self, data, **options)

    monkeypatch.setattr(Client, "verify", counted)
    return sent


@pytest.fixture
def open_page(stack: Any, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Opens the verify page, with ``?file=`` when a link names one."""

    def at(file: str = "", server: str = stack.url, key: str = stack.key) -> AppTest:
        monkeypatch.setenv("MEDSEAL_SERVER", server)
        monkeypatch.setenv("MEDSEAL_API_KEY", key)
        app = AppTest.from_file(APP, default_timeout=30)
        if file:
            app.query_params["file"] = file
        app.run()
        assert not app.exception
        return app

    return at


def give(app: AppTest, *files: tuple[str, bytes]) -> None:
    app.file_uploader(key="verify.file").set_value([(name, data, "image/png") for name, data in files]).run()
    assert not app.exception


def words(app: AppTest) -> str:
    return "\n".join(element.proto.body for element in app.main.get("html"))


def shown(app: AppTest) -> str:
    """The name of the file whose verdict stands on the page."""
    return re.findall(r"Verdict on <b>(.*?)</b>", words(app))[0]


def link(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def test_several_files_stand_in_a_list_with_their_verdicts_and_the_first_is_shown(
    open_page: Open, stack: Any, picture: Picture, patched: Callable[[int], tuple[bytes, bytes]]
) -> None:
    Client(stack.url, stack.key).register(picture(301))
    app = open_page()
    give(app, ("known.png", picture(301)), ("new.png", patched(302)[0]), ("notes.txt", b"no image" * 9))
    assert "3 files: 1 authentic · 1 unregistered · 1 undetermined" in words(app)
    verdicts = re.findall(r'ms-file-verdict"><span[^>]*>(.*?)</span>', words(app))
    assert verdicts == ["Authentic", "Unregistered", "Undetermined"]
    assert shown(app) == "known.png"


def test_choosing_another_file_shows_it_and_names_it_in_the_address_without_asking_again(
    open_page: Open, picture: Picture, asked: list[bytes]
) -> None:
    app = open_page()
    give(app, ("a.png", picture(303)), ("b.png", picture(304)))
    app.button(key="files.open.1").click().run()
    assert shown(app) == "b.png"
    assert app.query_params["file"] in (link(picture(304)), [link(picture(304))])
    assert asked == [picture(303), picture(304)]


def test_a_link_opens_its_file_when_it_is_given_among_others(open_page: Open, picture: Picture) -> None:
    app = open_page(link(picture(306)))
    give(app, ("a.png", picture(305)), ("b.png", picture(306)))
    assert shown(app) == "b.png"


def test_a_link_within_the_session_opens_the_file_again_and_asks_once_what_holds_now(
    open_page: Open, picture: Picture, asked: list[bytes]
) -> None:
    app = open_page()
    give(app, ("a.png", picture(307)))
    app.switch_page("screens/history.py").run()
    app.switch_page("screens/verify.py")
    app.query_params["file"] = link(picture(307))
    app.run()
    assert not app.exception
    app.run()
    assert shown(app) == "a.png"
    assert asked == [picture(307)] * 2


def test_what_was_verified_before_is_offered_when_no_file_is_given(open_page: Open, picture: Picture) -> None:
    app = open_page()
    give(app, ("a.png", picture(308)))
    app.file_uploader(key="verify.file").set_value([]).run()
    assert "No image yet" in words(app)
    app.button(key=f"earlier.{link(picture(308))}").click().run()
    assert shown(app) == "a.png"


def test_check_again_asks_again(open_page: Open, picture: Picture, asked: list[bytes]) -> None:
    app = open_page()
    give(app, ("a.png", picture(309)))
    next(button for button in app.button if button.label == "Check again").click().run()
    assert asked == [picture(309)] * 2
    assert shown(app) == "a.png"


def test_an_outage_stops_the_run_and_names_what_was_not_asked(
    open_page: Open, picture: Picture, asked: list[bytes], silent_url: str
) -> None:
    app = open_page(server=silent_url)
    give(app, ("a.png", picture(310)), ("b.png", picture(311)))
    assert "2 files: 2 no verdict" in words(app)
    assert "The MedSeal server does not answer" in words(app)
    app.button(key="files.open.1").click().run()
    assert "Not asked" in words(app)
    assert asked == [picture(310)] * 2


def test_a_broken_file_stops_nothing(open_page: Open, patched: Callable[[int], tuple[bytes, bytes]]) -> None:
    app = open_page()
    give(app, ("empty.png", b""), ("b.png", patched(312)[0]))
    assert "2 files: 1 no verdict · 1 unregistered" in words(app)
    assert "This file is empty" in words(app)


def test_a_file_is_examined_once_for_all_ways_to_look_at_it(
    open_page: Open, picture: Picture, asked: list[bytes], detector: Any
) -> None:
    detector.answer = replace(detector.answer, band="altered", probability=0.95)
    app = open_page()
    give(app, ("a.png", picture(313)))
    app.run()
    assert asked == [picture(313)]


def test_old_files_are_forgotten_when_they_are_too_large_and_the_ones_at_hand_never(
    open_page: Open, picture: Picture, asked: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verifying, "_MOST_BYTES", 10)
    app = open_page()
    give(app, ("a.png", picture(314)), ("b.png", picture(315)))
    app.run()
    assert asked == [picture(314), picture(315)]
    give(app, ("c.png", picture(316)))
    app.run()
    assert asked == [picture(314), picture(315), picture(316)]
    app.file_uploader(key="verify.file").set_value([]).run()
    assert [one.key for one in app.button if str(one.key).startswith("earlier.")] == [f"earlier.{link(picture(316))}"]


def test_a_verified_file_offers_its_report(open_page: Open, picture: Picture) -> None:
    app = open_page()
    give(app, ("a.png", picture(317)))
    assert {"Report (PDF)", "Dossier (ZIP)"} <= {one.proto.label for one in app.get("download_button")}


def test_the_way_to_the_history_is_shown_to_those_who_may_read_it(
    open_page: Open, stack: Any, picture: Picture
) -> None:
    Client(stack.url, stack.key).register(picture(318))
    app = open_page()
    give(app, ("a.png", picture(318)))
    assert len(app.main.get("page_link")) == 1
    _, key = stack.service.keys.create("verifier", ["verify"])
    app = open_page(key=key)
    give(app, ("a.png", picture(318)))
    assert "<h2>Authentic</h2>" in words(app)
    assert len(app.main.get("page_link")) == 0
