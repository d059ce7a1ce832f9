"""medseal register and medseal verify."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import cv2
import pytest


def test_registering_waits_until_the_entries_are_final_and_writes_their_receipts(registered):
    for line in (registered["ct"], registered["png"]):
        assert line.keys() == {"file", "registration_id", "state", "digests", "receipt", "created"}
        assert line["state"] == "final"
        assert line["created"] is True
        receipt = json.loads(Path(line["receipt"]).read_bytes())
        assert receipt["anchor"] is not None
        assert receipt["checkpoint"] is not None
    assert {"file/1", "pixel/1", "dataset/1"} <= registered["ct"]["digests"].keys()


def test_receipts_lie_in_the_data_folder_under_their_id(registered):
    ct = registered["ct"]
    assert Path(ct["receipt"]) == registered["folder"] / "receipts" / f"{ct['registration_id']}.json"


def test_registering_the_same_image_again_answers_the_same_registration(run, registered, images):
    again = run("register", images / "CT_small.dcm", "--json").line
    assert again["registration_id"] == registered["ct"]["registration_id"]
    assert again["created"] is False


def test_without_waiting_the_receipt_is_there_and_the_anchor_is_not(run_bare, tmp_path, images):
    ran = run_bare("register", images / "phantom.jpg", "--no-wait", "--json", "--data", tmp_path / "d")
    assert ran.code == 0
    assert ran.line["state"] == "sequenced"
    assert json.loads(Path(ran.line["receipt"]).read_bytes())["anchor"] is None


def test_what_was_left_waiting_is_anchored_by_the_next_command_that_waits(run_bare, tmp_path, images):
    first = run_bare("register", images / "phantom.jpg", "--no-wait", "--json", "--data", tmp_path).line
    run_bare("register", images / "phantom.png", "--data", tmp_path)
    history = run_bare("history", "--registration", first["registration_id"], "--json", "--data", tmp_path).line
    assert history["state"] == "final"


def test_a_bad_file_is_an_error_line_and_the_rest_goes_on(run, images):
    files = ["nested", "truncated.png", "empty.png", "missing.png", "MR_small.dcm"]
    ran = run("register", *(images / name for name in files), "--json")
    assert ran.code == 2
    assert [("error" in line) for line in ran.lines] == [True, True, True, True, False]
    for line in ran.lines[:4]:
        assert line.keys() == {"file", "error"}
        assert line["error"].keys() == {"code", "message", "advice"}
        assert all(line["error"].values())
    assert ran.lines[0]["error"]["code"] == "is_directory"
    assert ran.lines[1]["error"]["code"] == "unreadable_image"


def test_a_directory_is_walked_when_asked_for(run, images):
    ran = run("register", images / "nested", "--recursive", "--json")
    assert ran.code == 0
    assert ran.line["file"].endswith("nested/deeper/dots.png")


def test_one_idempotency_key_stands_for_one_file(run, images):
    ran = run("register", images / "phantom.png", images / "phantom.jpg", "--idempotency-key", "k")
    assert ran.code == 2
    assert "one image, found 2 files" in ran.err


def test_an_idempotency_key_used_for_another_image_is_a_conflict(run, images):
    assert run("register", images / "phantom.jpg", "--idempotency-key", "once").code == 0
    ran = run("register", images / "SC_rgb_small_odd.dcm", "--idempotency-key", "once", "--json")
    assert ran.code == 2
    assert ran.line["error"]["code"] == "conflict"


def test_a_pipe_is_refused_and_not_waited_for(run, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    ran = run("register", pipe, "--json")
    assert ran.code == 2
    assert "regular file" in ran.line["error"]["message"]


def test_a_file_over_the_limit_is_refused_before_it_is_read(run, tmp_path, monkeypatch):
    monkeypatch.setenv("MEDSEAL_MAX_UPLOAD_MB", "1")
    with (tmp_path / "large.dcm").open("wb") as file:
        file.truncate(3 << 20)
    ran = run("register", tmp_path / "large.dcm", "--json")
    assert ran.code == 2
    assert ran.line["error"]["code"] == "limit_exceeded"


def test_receipts_go_where_they_are_asked_to(run, images, tmp_path):
    line = run("register", images / "phantom.png", "--receipts", tmp_path / "mine", "--json").line
    assert Path(line["receipt"]).parent == tmp_path / "mine"
    assert Path(line["receipt"]).is_file()


def test_a_receipts_folder_that_cannot_be_made_is_an_error_line(run, images):
    ran = run("register", images / "phantom.png", "--receipts", images / "text.txt", "--json")
    assert ran.code == 2
    assert ran.line["error"]["code"] == "unusable_file"


def test_words_for_people_name_the_registration_and_its_place_on_the_chain(run, registered, images):
    ran = run("register", images / "CT_small.dcm")
    assert registered["ct"]["registration_id"] in ran.out
    assert "was registered before" in ran.out
    assert "transaction 0x" in ran.out


@pytest.mark.parametrize(
    ("name", "verdict", "code"),
    [
        ("CT_small.dcm", "authentic", 0),
        ("ct-reencoded-rle.dcm", "authentic-reencoded", 0),
        ("ct-tampered.dcm", "altered", 1),
        ("never-registered.png", "unregistered", 1),
        ("text.txt", "undetermined", 3),
        ("missing.png", None, 2),
        ("nested", None, 2),
    ],
)
def test_the_exit_code_says_the_verdict(run, images, name, verdict, code):
    ran = run("verify", images / name, "--json")
    assert ran.code == code
    assert ran.line.get("verdict") == verdict


def test_a_verification_is_one_line_with_twelve_numbered_checks(run, registered, images):
    line = run("verify", images / "CT_small.dcm", "--json").line
    expected = {"file", "verdict", "policy", "checks", "registration", "change", "detection", "accepted", "reason"}
    assert expected <= line.keys()
    assert [check["number"] for check in line["checks"]] == list(range(12))
    assert all({"number", "name", "status", "detail", "figures"} == check.keys() for check in line["checks"])
    assert line["registration"]["registration_id"] == registered["ct"]["registration_id"]
    assert line["change"] is None
    assert line["detection"] is None


def test_several_files_end_with_the_worst_code(run, images):
    good, bad, lost = (images / name for name in ("CT_small.dcm", "never-registered.png", "missing.png"))
    assert run("verify", good, bad).code == 1
    assert run("verify", good, images / "text.txt", bad).code == 3
    assert run("verify", lost, images / "text.txt", good).code == 2


def test_the_strict_policy_is_named_and_used(run, images):
    line = run("verify", images / "CT_small.dcm", "--policy", "strict", "--json").line
    assert line["policy"] == "strict"
    assert line["verdict"] == "authentic"


def test_an_unknown_policy_is_a_usage_error(run, images):
    ran = run("verify", images / "CT_small.dcm", "--policy", "lax")
    assert ran.code == 2
    assert "lax" in ran.err


def test_against_names_the_original_to_compare_with(run, registered, images, tmp_path):
    identity = registered["png"]["registration_id"]
    picture = cv2.imread(str(images / "phantom.png"), cv2.IMREAD_UNCHANGED)
    picture[100, 50] ^= 1
    cv2.imwrite(str(tmp_path / "one-pixel.png"), picture)
    line = run("verify", tmp_path / "one-pixel.png", "--against", identity, "--json").line
    assert (line["verdict"], line["change"]["basis"]) == ("altered", "tile/1")
    assert line["registration"]["registration_id"] == identity


def test_a_picture_that_is_no_copy_of_the_one_named_is_not_called_altered(run, registered, images):
    identity = registered["png"]["registration_id"]
    line = run("verify", images / "never-registered.png", "--against", identity, "--json").line
    assert (line["verdict"], line["registration"]) == ("unregistered", None)
    assert identity in line["reason"]


def test_against_an_unknown_registration_is_bad_input(run, images):
    ran = run("verify", images / "never-registered.png", "--against", "0" * 32, "--json")
    assert ran.code == 2
    assert ran.line["error"]["code"] == "not_found"


def test_words_for_people_show_the_verdict_and_every_check(run, images):
    out = run("verify", images / "ct-tampered.dcm").out
    assert "ALTERED" in out
    for name in ("decode", "file digest", "inclusion proof", "anchor on chain and final", "in force", "policy"):
        assert name in out


@pytest.mark.parametrize("command", ["register", "verify"])
def test_no_error_shows_a_trace_unless_asked_for(run, images, command):
    quiet = run(command, images / "missing.png")
    assert "Traceback" not in quiet.out + quiet.err
    assert "missing.png" in quiet.err
    assert quiet.out == ""


def test_a_chain_that_is_down_before_there_is_a_ledger_makes_none(run_bare, images, tmp_path, monkeypatch):
    monkeypatch.setenv("MEDSEAL_CHAIN_URL", "http://127.0.0.1:9")
    ran = run_bare("register", images / "CT_small.dcm", "--data", tmp_path)
    assert ran.code == 3
    assert "chain_unreachable" in ran.err and "Traceback" not in ran.err
    assert not (tmp_path / "deployment.json").exists()


def test_a_file_of_any_kind_is_registered_by_its_digest_alone(run, tmp_path):
    file = tmp_path / "report.txt"
    file.write_text("findings")
    made = run("register", file, "--digest-only", "--json")
    assert made.code == 0
    assert list(made.line["digests"]) == ["file/1"]
    found = run("verify", file, "--json")
    assert (found.code, found.line["verdict"]) == (0, "authentic")


def test_several_files_end_with_a_count_of_the_verdicts(run, registered, images):
    ran = run("verify", images / "CT_small.dcm", images / "never-registered.png")
    assert ran.out.splitlines()[-1] == "2 files: 1 authentic, 1 unregistered"


def test_a_ledger_that_was_made_just_now_is_said(run_bare, images, tmp_path):
    ran = run_bare("register", images / "CT_small.dcm", "--no-wait", "--data", tmp_path / "elsewhere")
    assert "there was no ledger in" in ran.err
    assert "there was no ledger in" not in run_bare("history", "--data", tmp_path / "elsewhere").err


@pytest.mark.parametrize("words", [["verify", "FILE"], ["history"], ["status"], ["audit"], ["case", "list"]])
def test_a_question_to_a_folder_without_a_ledger_is_an_error_and_makes_none(run_bare, images, tmp_path, words):
    asked = [images / "CT_small.dcm" if word == "FILE" else word for word in words]
    ran = run_bare(*asked, "--data", tmp_path / "elsewhere")
    assert ran.code == 2
    assert "expected a ledger in" in ran.err and "--data DIR" in ran.err and "no_ledger" in ran.err
    assert not (tmp_path / "elsewhere").exists()


def test_a_command_that_waits_for_a_block_says_so_and_how_not_to(run, images, monkeypatch):
    monkeypatch.setattr("ledger.cli.images.PATIENCE", 0.05)
    monkeypatch.setattr("ledger.service.Service.anchor_pending", lambda *_: time.sleep(0.5) or False)
    ran = run("register", images / "phantom.png")
    assert ran.err.index("waiting up to 300 s for a block") < ran.err.index("not anchored after 300 s")
    assert "--no-wait" in ran.err


def test_a_command_whose_block_comes_soon_says_nothing_of_waiting(run, images):
    assert "waiting" not in run("register", images / "phantom.png").err
