"""History, audit and hospital before a real ledger, run without a browser."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest
import streamlit as st
from PIL import Image
from streamlit.testing.v1 import AppTest
from tables import history_rows

from ledger.client import Client
from ledger.schemas import StatementRequest, scopes_of

APP = Path(__file__).resolve().parents[3] / "dashboard" / "app.py"
Open = Callable[..., AppTest]
Picture = Callable[[int], bytes]


def words(app: AppTest) -> str:
    """Everything that the page says in its own markup."""
    return "\n".join(element.proto.body for element in app.main.get("html"))


@pytest.fixture
def client(stack: Any) -> Client:
    return Client(stack.url, stack.key)


@pytest.fixture
def open_page(stack: Any, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Opens a page of the app with a query, against the ledger or another server, with its key or another."""

    def at(page: str, *, server: str = stack.url, key: str = stack.key, **query: str) -> AppTest:
        monkeypatch.setenv("MEDSEAL_SERVER", server)
        monkeypatch.setenv("MEDSEAL_API_KEY", key)
        app = AppTest.from_file(APP, default_timeout=30).run()
        app.switch_page(f"screens/{page}.py")
        for name, value in query.items():
            app.query_params[name] = value
        app.run()
        assert not app.exception
        return app

    return at


def click(app: AppTest, label: str) -> AppTest:
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception
    return app


def drop(app: AppTest, data: bytes, name: str = "any.png") -> str:
    app.file_uploader(key="history.file").set_value((name, data, "application/octet-stream")).run()
    assert not app.exception
    return words(app)


# history


def test_a_dropped_copy_shows_the_history_of_its_registration_whatever_its_name(
    open_page: Open, client: Client, stack: Any, picture: Picture
) -> None:
    made = client.register(picture(301))
    client.register(picture(302))
    stack.anchor()
    app = open_page("history")
    said = drop(app, picture(301), "of somebody else.png")
    assert "The log has an entry about this file" in said and "exactly these bytes" in said
    assert made.registration_id in said
    assert [row["Kind"] for row in history_rows(said)] == ["register"]


def test_a_dropped_file_that_is_not_registered_gets_no_history_of_others(open_page: Open, picture: Picture) -> None:
    app = open_page("history")
    assert "No entry of the log is about this file" in drop(app, picture(399))
    assert not history_rows(words(app))


def test_a_registrar_and_an_auditor_look_a_file_up_and_nobody_notes_it(
    open_page: Open, client: Client, stack: Any, picture: Picture
) -> None:
    made = client.register(picture(306))
    for role in ("registrar", "auditor"):
        _, key = stack.service.keys.create(role, scopes_of([role]))
        assert "exactly these bytes" in drop(open_page("history", key=key), picture(306))
    assert stack.service.operations.verifications(made.registration_id) == []


def test_a_copy_in_another_container_is_found_by_its_samples(open_page: Open, client: Client, picture: Picture) -> None:
    made = client.register(picture(307))
    stream = io.BytesIO()
    Image.open(io.BytesIO(picture(307))).save(stream, "TIFF")
    said = drop(open_page("history"), stream.getvalue())
    assert "has the same samples in another file (pixel/1)" in said and made.registration_id in said


def test_a_link_to_another_registration_changes_the_filter(open_page: Open, client: Client, picture: Picture) -> None:
    one, other = client.register(picture(308)).registration_id, client.register(picture(309)).registration_id
    app = open_page("history", registration=one)
    app.query_params["registration"] = other
    app.run()
    assert app.text_input(key="history.id").value == other
    app.text_input(key="history.id").set_value(one).run()
    assert app.text_input(key="history.id").value == one


def test_a_file_that_is_no_image_is_looked_up_by_its_bytes_and_that_is_said(open_page: Open) -> None:
    said = drop(open_page("history"), b"no image at all")
    assert "No entry of the log is about this file" in said and "It is no image that can be read" in said


def test_the_life_of_an_image_tells_statements_and_who_verified_it(
    open_page: Open, client: Client, stack: Any, picture: Picture
) -> None:
    made = client.register(picture(303))
    stack.anchor()
    client.verify(picture(303))
    client.state_request(made.registration_id, StatementRequest(kind="dispute", reason="Contested", author="QA"))
    said = words(open_page("history", registration=made.registration_id))
    for word in ("From capture to today", "Anchored on the chain", "Verified</b> <span>dashboard", "Disputed", "Today"):
        assert word in said


def test_completeness_is_stated_and_follows_what_waits(
    open_page: Open, client: Client, stack: Any, picture: Picture
) -> None:
    client.register(picture(304))
    stack.anchor()
    assert "its head equals the contract" in words(open_page("history"))
    client.register(picture(305))
    assert "What waits for its anchor has nothing to vouch for it yet: 1 entry." in words(open_page("history"))
    stack.anchor()


def test_a_link_to_a_block_or_transaction_reads_the_chain(
    open_page: Open, client: Client, stack: Any, picture: Picture
) -> None:
    made = client.register(picture(306))
    stack.anchor()
    anchor = client.registration(made.registration_id).anchor
    assert anchor is not None
    said = words(open_page("history", block=str(anchor.block_number)))
    assert anchor.block_hash in said
    app = open_page("history", transaction=str(anchor.transaction))
    assert "HeadAdvanced" in words(app) and "succeeded" in words(app)
    assert "Every entry of the log" in words(click(app, "Back to the history"))


def test_a_block_that_is_not_there_and_one_that_is_no_number_have_words(open_page: Open) -> None:
    assert "none at number 999999" in words(open_page("history", block="999999"))
    assert "That is not a block" in words(open_page("history", block="ten"))
    assert "That is not a block" in words(open_page("history", block="9" * 5000))


# audit


def finished(app: AppTest) -> str:
    deadline = time.monotonic() + 20
    while "<h3>Result</h3>" not in words(app):
        assert time.monotonic() < deadline
        app.run()
    return words(app)


def test_an_audit_started_on_the_page_ends_in_a_result_with_its_own_address(
    open_page: Open, client: Client, stack: Any, picture: Picture
) -> None:
    client.register(picture(310))
    stack.anchor()
    app = click(open_page("audit"), "Run a full audit")
    said = finished(app)
    assert "Records, log and contract agree" in said
    assert "<h3>Result</h3>" in words(open_page("audit", run=str(app.query_params["run"])))


def test_an_audit_that_the_server_does_not_remember_has_words(open_page: Open) -> None:
    assert "That audit is not here any more" in words(open_page("audit", run="0" * 16))
    said = words(open_page("audit", run="zzz"))
    assert "That is not an audit" in said and "16 hex digits" in said


def test_an_audit_of_somebody_else_is_watched_from_the_first_visit_and_no_longer_than_it_runs(
    open_page: Open, client: Client, stack: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[str | None] = []
    fragment = st.fragment

    def counted(part: Any = None, *, run_every: Any = None) -> Any:
        if getattr(part, "__name__", "") == "watch":
            shown.append(run_every)
        return fragment(part, run_every=run_every)

    monkeypatch.setattr(st, "fragment", counted)
    runs, go_on = stack.service.operations._runs, Event()
    work = runs._work
    monkeypatch.setattr(runs, "_work", lambda progress: go_on.wait(20) and work(progress))
    run = client.operations.start_audit()
    app = open_page("audit")
    assert shown[-1] == "1s"
    go_on.set()
    while client.operations.audit_run(run.id).state == "running":
        time.sleep(0.05)
    app.run()
    assert "<h3>Result</h3>" in words(app)
    assert shown[-1] is None


def test_both_heads_stand_side_by_side(open_page: Open, client: Client, stack: Any, picture: Picture) -> None:
    client.register(picture(311))
    stack.anchor()
    log = client.operations.status().logs[0]
    said = words(open_page("audit"))
    assert f"Head {log.head_sequence}, {log.log_size:,} entries" in said
    assert said.count(f'title="{log.log_root}"') == 2


def test_the_slider_chooses_the_heads_that_are_witnessed(
    open_page: Open, client: Client, stack: Any, picture: Picture
) -> None:
    client.register(picture(312))
    stack.anchor()
    status = client.operations.status()
    first = client.operations.witness(old=0, new=1).new
    assert first is not None and first.block_time is not None
    app = click(open_page("audit"), "Witness the proof")
    assert "Nothing was anchored at the earlier moment" in words(app)
    slider = app.slider(key="witness.span")
    later = first.block_time.replace(tzinfo=None)
    app = click(slider.set_range(later, max(slider.value[1], later + timedelta(seconds=1))).run(), "Witness the proof")
    assert "Append-only: proven" in words(app)
    assert f"Head 1, {first.size} entries" in words(app)
    assert f"Head {status.logs[0].head_sequence}" in words(app)


def test_a_key_that_may_not_audit_is_told_so(open_page: Open, stack: Any) -> None:
    _, key = stack.service.keys.create("reviewer", ["verify"])
    said = words(open_page("audit", key=key))
    assert "This page is for other roles than yours" in said
    assert "auditor" in said and "Run a full audit" not in said


@pytest.mark.parametrize("page", ["history", "audit", "hospital"])
def test_each_page_says_that_the_server_does_not_answer(open_page: Open, silent_url: str, page: str) -> None:
    assert "The MedSeal server does not answer" in words(open_page(page, server=silent_url))


# hospital


def test_the_hospital_shows_queue_keys_chain_and_cost(
    open_page: Open, client: Client, stack: Any, picture: Picture
) -> None:
    client.register(picture(320))
    stack.anchor()
    said = words(open_page("hospital"))
    for word in ("St. Example Hospital", "every entry is in a block", "in use", "Gas an image", "Ed25519", "gwei"):
        assert word in said


def test_the_oldest_unanchored_entry_is_linked(open_page: Open, client: Client, stack: Any, picture: Picture) -> None:
    stack.anchor()
    made = client.register(picture(321))
    app = open_page("hospital")
    said = words(app)
    assert f"history?registration={made.registration_id}" in said
    links = {link.proto.label: link.proto.query_string for link in app.main.get("page_link")}
    assert made.registration_id in links["Show the oldest entry"]
    assert "1 entry in no block yet" in said
    stack.anchor()


# exports


def test_the_history_is_offered_as_files(open_page: Open, client: Client, picture: Picture) -> None:
    client.register(picture(330))
    labels = [element.proto.label for element in open_page("history").main.get("download_button")]
    assert labels[:4] == ["CSV", "JSON lines", "FHIR R4", "FHIR R5"]
