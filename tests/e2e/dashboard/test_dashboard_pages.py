"""The pages before a real ledger, run without a browser."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pydicom
import pytest
from pydicom.data import get_testdata_file
from streamlit.testing.v1 import AppTest
from tables import history_rows

from ledger.client import Client
from ledger.schemas import StatementRequest

APP = Path(__file__).resolve().parents[3] / "dashboard" / "app.py"
Open = Callable[..., AppTest]
Picture = Callable[[int], bytes]


def words(app: AppTest) -> str:
    """Everything that the page says in its own markup."""
    return "\n".join(element.proto.body for element in app.main.get("html"))


def beside(app: AppTest) -> str:
    """Everything that the sidebar says."""
    return "\n".join(element.proto.body for element in app.sidebar.get("html"))


def titles(app: AppTest) -> str:
    """The verdict and notice titles on the page."""
    return " | ".join(re.findall(r"<h[23][^>]*>(.*?)</h[23]>", words(app)))


@pytest.fixture
def client(stack: Any) -> Client:
    return Client(stack.url, stack.key)


@pytest.fixture
def open_page(stack: Any, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Opens a page of the app against the ledger, or against another server or with another key."""

    def at(page: str = "verify", *, server: str = stack.url, key: str = stack.key, **query: str) -> AppTest:
        monkeypatch.setenv("MEDSEAL_SERVER", server)
        monkeypatch.setenv("MEDSEAL_API_KEY", key)
        app = AppTest.from_file(APP, default_timeout=30).run()
        if page != "verify":
            app.switch_page(f"screens/{page}.py")
            for name, value in query.items():
                app.query_params[name] = value
            app.run()
        assert not app.exception
        return app

    return at


def verify(app: AppTest, name: str, data: bytes) -> str:
    """What the page says once this file was given to it."""
    app.file_uploader(key="verify.file").set_value((name, data, "application/octet-stream")).run()
    assert not app.exception
    return words(app)


def test_a_registered_image_is_authentic_with_all_checks_and_its_registration(
    open_page: Open, client: Client, stack: Any, picture: Picture
) -> None:
    found = client.register(picture(1))
    stack.anchor()
    said = verify(open_page(), "a.png", picture(1))
    assert "<h2>Authentic</h2>" in said
    assert "Accepted under the clinical policy" in said
    assert re.findall(r'ms-check-number">(\d+)<', said) == [str(number) for number in range(12)]
    assert found.registration_id in said
    assert "St. Example Hospital" in said


def test_a_verdict_belongs_to_the_bytes_and_not_to_the_file_name(
    open_page: Open, client: Client, picture: Picture
) -> None:
    client.register(picture(2))
    app = open_page()
    assert "<h2>Authentic</h2>" in verify(app, "same.png", picture(2))
    assert "<h2>Unregistered</h2>" in verify(app, "same.png", picture(3))


def test_an_unregistered_image_is_neither_called_authentic_nor_forged(open_page: Open, picture: Picture) -> None:
    assert "not proof of authenticity, nor of forgery" in verify(open_page(), "b.png", picture(4))


def test_a_revoked_image_is_withdrawn_with_who_and_why(open_page: Open, client: Client, picture: Picture) -> None:
    found = client.register(picture(5))
    request = StatementRequest(kind="revoke", reason="Wrong patient <b>", author="Radiology QA")
    client.state_request(found.registration_id, request)
    said = verify(open_page(), "c.png", picture(5))
    assert "<h2>Withdrawn</h2>" in said
    assert "Wrong patient &lt;b&gt;" in said
    assert "Radiology QA" in said


def test_a_re_encoded_dicom_lists_its_changed_attribute_and_an_altered_one_its_changed_tiles(
    open_page: Open, client: Client, looked_at: Callable[[AppTest], dict[str, Any]]
) -> None:
    original = pydicom.dcmread(str(get_testdata_file("CT_small.dcm", download=False)))
    client.register(saved(original))
    original.PatientID = "another"
    app = open_page()
    said = verify(app, "ct.dcm", saved(original))
    assert "<h2>Authentic, re-encoded</h2>" in said
    assert "<td>PatientID</td><td>changed</td><td>as before</td>" in said
    pixels: npt.NDArray[Any] = original.pixel_array.copy()
    pixels[40:44, 40:44] += 1
    original.PixelData = pixels.astype(np.int16).tobytes()
    said = verify(app, "ct.dcm", saved(original))
    assert "<h2>Altered</h2>" in said
    shown = looked_at(app)
    assert len(shown["places"]) == 1
    assert shown["pictures"]["0"]["unit"] == "HU"


def saved(dataset: pydicom.Dataset) -> bytes:
    stream = io.BytesIO()
    dataset.save_as(stream)
    return stream.getvalue()


def test_the_strict_policy_is_asked_anew_and_named(open_page: Open, client: Client, picture: Picture) -> None:
    client.register(picture(6))
    app = open_page()
    verify(app, "d.png", picture(6))
    app.segmented_control(key="verify.policy").set_value("strict").run()
    assert "under the strict policy" in words(app)


def test_a_file_that_is_no_image_is_undetermined_and_has_no_preview(open_page: Open) -> None:
    said = verify(open_page(), "notes.txt", b"no image at all" * 20)
    assert "<h2>Undetermined</h2>" in said
    assert "No preview" in said


def test_an_empty_file_has_words_of_its_own(open_page: Open) -> None:
    app = open_page()
    verify(app, "empty.png", b"")
    assert "This file is empty" in titles(app)


def test_a_server_that_does_not_answer_is_said_on_the_page_and_in_the_sidebar(
    open_page: Open, picture: Picture, silent_url: str
) -> None:
    app = open_page(server=silent_url)
    assert "The MedSeal server does not answer" in beside(app)
    verify(app, "a.png", picture(1))
    assert "The MedSeal server does not answer" in titles(app)


def test_a_missing_key_and_a_refused_key_are_told_apart_and_both_lead_to_the_sign_in(open_page: Open) -> None:
    app = open_page(key="")
    assert "The dashboard has no API key" in titles(app)
    assert app.text_input[0].label == "API key"
    app = open_page(key="ms_0123456789abcdef_wrong")
    assert "The server refused this API key" in titles(app)
    assert app.text_input[0].label == "API key"


def test_the_sidebar_names_parts_registrar_and_version(open_page: Open) -> None:
    said = beside(open_page())
    for word in ("connected", "chain", "database", "St. Example Hospital", "MedSeal 0."):
        assert word in said


def test_good_files_are_registered_beside_a_bad_one_which_says_why(
    open_page: Open, client: Client, picture: Picture
) -> None:
    app = open_page("register")
    files = [("one.png", picture(7), "image/png"), ("bad.png", b"broken" * 9, ""), ("two.png", picture(8), "image/png")]
    app.file_uploader(key="register.files").set_value(files).run()
    app.button[0].click().run()
    assert not app.exception
    assert "2 of 3 registered" in titles(app)
    assert "was registered before" not in words(app)
    assert "Next step." in words(app)
    assert client.verify(picture(7)).verdict == client.verify(picture(8)).verdict == "authentic"


def test_registering_the_same_content_again_answers_the_registration_there_is(
    open_page: Open, client: Client, picture: Picture
) -> None:
    found = client.register(picture(9))
    app = open_page("register")
    app.file_uploader(key="register.files").set_value([("again.png", picture(9), "image/png")]).run()
    app.button[0].click().run()
    assert "was registered before" in words(app)
    assert found.registration_id in words(app)


def test_an_outage_stops_the_run_and_names_what_was_not_sent(
    open_page: Open, picture: Picture, silent_url: str
) -> None:
    app = open_page("register", server=silent_url)
    files = [(f"{number}.png", picture(number), "image/png") for number in (1, 2)]
    app.file_uploader(key="register.files").set_value(files).run()
    app.button[0].click().run()
    assert "0 of 2 registered" in titles(app)
    assert "Not sent" in titles(app)


def test_history_lists_entries_and_a_link_opens_the_timeline(
    open_page: Open, client: Client, stack: Any, picture: Picture
) -> None:
    found = client.register(picture(10))
    stack.anchor()
    app = open_page("history")
    table = history_rows(words(app))
    assert "register" in {row["Kind"] for row in table}
    assert all(row["Block"].isdigit() for row in table)
    app = open_page("history", registration=found.registration_id)
    assert "From capture to finality" in titles(app)
    assert words(app).count('class="done"') == 4


def test_a_link_to_an_entry_opens_it_or_says_that_it_is_not_among_those_shown(
    open_page: Open, client: Client, stack: Any, picture: Picture
) -> None:
    found = client.register(picture(12))
    stack.anchor()
    app = open_page("history", entry=found.registration_id)
    assert "Entry: register" in titles(app)
    app = open_page("history", entry="0" * 32)
    assert "Entry: register" not in titles(app)
    assert any("not among those shown" in caption.value for caption in app.caption)


def test_filters_narrow_the_history_and_an_empty_answer_has_words(open_page: Open) -> None:
    app = open_page("history")
    app.selectbox(key="history.kind").set_value("genesis").run()
    assert {row["Kind"] for row in history_rows(words(app))} == {"genesis"}
    app.text_input(key="history.digest").set_value("sha256:" + "00" * 32).run()
    assert "No entry matches these filters" in titles(app)
    assert "says nothing about an image" in words(app)


def test_a_malformed_digest_says_what_was_expected_and_found(open_page: Open) -> None:
    app = open_page("history")
    app.text_input(key="history.digest").set_value("md5:77").run()
    assert "That is not a digest" in titles(app)
    assert "md5:77" in words(app)


def test_a_statement_made_in_the_form_changes_the_standing(open_page: Open, client: Client, picture: Picture) -> None:
    found = client.register(picture(11))
    app = open_page("history", registration=found.registration_id)
    app.segmented_control(key="say.kind").set_value("dispute").run()
    app.text_area(key="say.reason").set_value("Contested")
    app.text_input(key="say.author").set_value("QA")
    next(button for button in app.button if button.label == "Append this dispute entry").click().run()
    assert not app.exception
    assert client.registration(found.registration_id).standing == "disputed"
    assert "Contested" in words(app)
    assert "Appended: dispute" in app.success[0].value


def test_a_statement_about_nothing_says_what_is_missing(open_page: Open) -> None:
    app = open_page("history")
    next(button for button in app.button if button.label == "Append this revoke entry").click().run()
    assert "The statement was not sent" in titles(app)
