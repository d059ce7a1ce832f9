"""medseal case."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

ME = ("--author", "Dr. Example")
FAST = (*ME, "--no-wait", "--json")


@pytest.fixture(scope="module")
def folder(registered, tmp_path_factory) -> Path:
    """A copy of the session's folder, since cases are written into it and tampered with."""
    return Path(shutil.copytree(registered["folder"], tmp_path_factory.mktemp("cases") / "data"))


@pytest.fixture
def run(run_bare, folder):
    return lambda *arguments: run_bare(*arguments, "--data", folder)


@pytest.fixture
def case(run) -> str:
    ran = run("case", "open", "A doubtful nodule", "--question", "Painted in?", *FAST)
    assert ran.code == 0, ran.err
    return str(ran.line["id"])


@pytest.fixture
def item(run, case, images) -> str:
    """The case with the registered CT slice as item 1."""
    ran = run("case", "add", case, images / "CT_small.dcm", *FAST)
    assert ran.code == 0, ran.err
    return case


def test_an_opened_case_prints_its_id_and_waits_for_its_anchor(run) -> None:
    ran = run("case", "open", "A case", *ME)
    assert ran.code == 0, ran.err
    assert ran.out.startswith("case ")
    assert ran.out.rstrip().endswith((": anchored", ": final"))


def test_an_added_file_is_verified_and_known_by_its_digest(run, item, images) -> None:
    found = run("case", "show", item, "--json").line
    (one,) = found["items"]
    assert one["file"] == "sha256:" + hashlib.sha256((images / "CT_small.dcm").read_bytes()).hexdigest()
    assert (one["name"], one["verification"]["verdict"], one["status"]) == ("CT_small.dcm", "authentic", "open")


def test_files_are_added_one_by_one_and_one_that_is_there_already_is_an_error(run, item, images) -> None:
    ran = run("case", "add", item, images / "phantom.png", images / "CT_small.dcm", images / "text.txt", *FAST)
    assert ran.code == 2
    assert [line["error"]["code"] for line in ran.lines if "error" in line] == ["item_exists"]
    assert [one["name"] for one in ran.lines[-1]["items"]] == ["CT_small.dcm", "phantom.png", "text.txt"]


def test_a_name_is_given_to_a_single_file(run, case, images) -> None:
    found = run("case", "add", case, images / "phantom.png", "--name", "exhibit A", *FAST).line
    assert found["items"][0]["name"] == "exhibit A"
    refused = run("case", "add", case, images / "phantom.png", images / "CT_small.dcm", "--name", "both", *FAST)
    assert (refused.code, "single file" in refused.err) == (2, True)


def test_each_event_is_written_and_shown(run, item) -> None:
    bookmark = ("--evidence", "region", "--method", "by eye", "--comment", "too smooth", "--region", "1,2,30,40")
    given = ("-p", "level=0.5", "-p", "tiles=3", "-p", "who=me", "-p", "sure=false", "--frame", "2")
    for words in (
        ("note", item, "sent by mail", "--item", "1"),
        ("bookmark", item, "1", *bookmark, *given),
        ("status", item, "1", "cannot-tell", "--reason", "too small"),
        ("close", item, "--conclusion", "open question"),
        ("reopen", item, "--reason", "more came"),
    ):
        ran = run("case", *words, *FAST)
        assert ran.code == 0, ran.err
    found = run("case", "show", item, "--json").line
    events = {event["event"]: event["content"] for event in found["events"]}
    assert events["note"] == {"text": "sent by mail", "item": 1}
    assert events["bookmark"]["parameters"] == {"level": 0.5, "tiles": 3, "who": "me", "sure": False}
    assert (events["bookmark"]["region"], events["bookmark"]["frame"]) == ([1, 2, 30, 40], 2)
    assert (found["items"][0]["status"], found["status"], found["intact"]) == ("cannot-tell", "open", True)
    said = run("case", "show", item).out
    for words in ("A doubtful nodule: open, intact", "too smooth", "level = 0.5", "Dr. Example", "cannot-tell"):
        assert words in said


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("note", "x", "--item", "7", *ME), "unknown_item"),
        (("note", "x"), "invalid_case"),
        (("reopen", "--reason", "x", *ME), "case_open"),
        (("status", "1", "cleared", "--reason", "x" * 2001, *ME), "invalid_case"),
    ],
)
def test_what_may_not_be_written_is_refused_with_its_code(run, case, words: tuple[str, ...], code: str) -> None:
    ran = run("case", words[0], case, *words[1:], "--no-wait")
    assert (ran.code, f"({code})" in ran.err) == (2, True), ran.err


def test_a_closed_case_says_how_to_go_on(run, case) -> None:
    run("case", "close", case, "--conclusion", "done", *FAST)
    ran = run("case", "note", case, "late", *ME)
    assert (ran.code, "medseal case reopen" in ran.err) == (2, True)


def test_a_repeated_event_id_writes_once(run, case) -> None:
    words = ("case", "note", case, "once", "--event-id", hashlib.md5(case.encode()).hexdigest(), *FAST)  # noqa: S324
    assert run(*words).line == run(*words).line


def test_an_export_lets_anyone_check_each_commitment(run, item, tmp_path) -> None:
    import hmac

    assert run("case", "export", item, "--out", tmp_path / "case.json").code == 0
    found: dict[str, Any] = json.loads((tmp_path / "case.json").read_text())
    event = found["events"][0]
    said = {"author": event["author"], "event": event["event"], **event["content"]}
    content = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    made = hmac.digest(bytes.fromhex(event["salt"]), b"medseal/case/1\n" + content, "sha256").hex()
    assert made == json.loads(event["entry"])["commitment"]
    assert (tmp_path / "case.json").stat().st_mode & 0o777 == 0o600
    assert json.loads(run("case", "export", item).out) == found


def test_a_list_is_filtered_and_newest_first(run, case, item) -> None:
    run("case", "open", "Another", *FAST)
    run("case", "close", item, "--conclusion", "x", *FAST)
    listed = run("case", "list", "--json").lines
    assert listed[0]["id"] == item
    assert item not in [line["id"] for line in run("case", "list", "--status", "open", "--json").lines]
    assert len(run("case", "list", "--limit", "1", "--json").lines) == 1
    assert "A doubtful nodule" in run("case", "list").out


def test_a_case_that_does_not_hold_exits_with_no(run, item, folder) -> None:
    import sqlite3

    database = next(folder.glob("*.db"))
    with sqlite3.connect(database) as connection:
        connection.execute("DELETE FROM case_event WHERE case_id = ? AND sequence = 1", (item,))
    ran = run("case", "show", item)
    assert ran.code == 1
    assert "NOT INTACT" in ran.out
    assert "does not hold: event 1" in ran.out


def test_an_unknown_case_is_not_found(run) -> None:
    ran = run("case", "show", "0" * 32)
    assert (ran.code, "medseal case list" in ran.err) == (2, True)


def test_show_says_by_which_id_the_server_recognised_who_wrote(run, case, folder) -> None:
    from ledger.bootstrap import prepare
    from ledger.schemas import CaseNote
    from ledger.service import Service
    from ledger.settings import Settings

    with Service(prepare(Settings(data=folder))) as ledger:
        ledger.cases.append(case, CaseNote(text="seen"), by="A. Smith", by_id="person:" + "0a1b2c3d" * 4)
    shown = run("case", "show", case)
    assert "A. Smith (person:0a1b2c3d0a1b2c3d0a1b2c3d0a1b2c3d)" in shown.out
    assert run("case", "show", case, "--json").line["events"][1]["by_id"] == "person:" + "0a1b2c3d" * 4
