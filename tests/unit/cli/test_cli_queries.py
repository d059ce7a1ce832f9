"""medseal history, audit, rebuild, batches, registrars, revoke, supersede, dispute and keys."""

from __future__ import annotations

import sqlite3

import pytest


def test_history_answers_a_line_an_entry_newest_first(run, registered):
    lines = run("history", "--json").lines
    expected = {
        "id", "kind", "registrar", "index", "time", "state", "leaf", "target", "reason", "author", "replacement",
        "operation", "checked", "event", "anchor", "on_chain_event",
    }  # fmt: skip
    assert all(line.keys() == expected for line in lines)
    indexes = [line["index"] for line in lines]
    assert indexes == sorted(indexes, reverse=True)
    assert lines[-1]["kind"] == "genesis"


def test_history_finds_an_image_by_its_digest(run, registered):
    found = {
        line["id"]: line for line in run("history", "--digest", registered["png"]["digests"]["pixel/1"], "--json").lines
    }
    line = found[registered["png"]["registration_id"]]  # another test may have registered an image made of it
    assert line["anchor"]["block_number"] > 0
    assert line["anchor"]["transaction"].startswith("0x")
    assert line["on_chain_event"] is True


def test_history_is_limited_across_pages(run, monkeypatch):
    monkeypatch.setattr("ledger.cli.queries._PAGE", 2)
    assert len(run("history", "--limit", 3, "--json").lines) == 3


@pytest.mark.parametrize(
    ("option", "value", "some"),
    [
        ("--kind", "genesis", True),
        ("--kind", "revoke", False),
        ("--state", "final", True),
        ("--state", "blocked", False),
        ("--since", "2020-01-01", True),
        ("--since", "2999-01-01T00:00:00Z", False),
        ("--until", "2999-01-01T00:00:00+02:00", True),
        ("--until", "2020-01-01", False),
        ("--state", "reorged", False),
        ("--registrar", "Local Hospital", True),
    ],
)
def test_history_narrows(run_bare, registered, option, value, some, tmp_path, images):
    folder = registered["folder"]
    ran = run_bare("history", option, value, "--json", "--data", folder)
    assert ran.code == 0
    assert bool(ran.lines) is some


def test_history_for_people_is_a_table_with_whole_hashes(run, registered):
    out = run("history").out
    assert registered["ct"]["registration_id"] in out
    assert run("history", "--json").lines[0]["anchor"]["transaction"] in out
    assert "…" not in out


@pytest.mark.parametrize(
    "arguments",
    [
        ("history", "--since", "yesterday"),
        ("history", "--limit", "0"),
        ("history", "--kind", "party"),
        ("history", "--digest", "sha256:short"),
        ("history", "--registrar", "0" * 64),
        ("history", "--registrar", "Another Hospital"),
        ("revoke", "0" * 32, "--reason", "r", "--author", "a"),
        ("revoke", "not an id", "--reason", "r", "--author", "a"),
        ("revoke", "0" * 32, "--reason", " ", "--author", "a"),
        ("supersede", "0" * 32, "--reason", "r", "--author", "a"),
        ("keys", "create", "x", "--scope", "everything"),
        ("keys", "revoke", "nobody"),
        ("nonsense",),
        ("register",),
    ],
)
def test_bad_input_is_code_2_with_words_and_no_trace(run_bare, registered, arguments):
    ran = run_bare(*arguments, *(() if arguments == ("nonsense",) else ("--data", registered["folder"])))
    assert ran.code == 2
    assert ran.out == ""
    assert len(ran.err) > 20
    assert "Traceback" not in ran.err


def test_a_setting_that_cannot_be_used_is_named(run, monkeypatch):
    monkeypatch.setenv("MEDSEAL_ANCHOR_MODE", "sometimes")
    ran = run("history")
    assert ran.code == 2
    assert "MEDSEAL_ANCHOR_MODE" in ran.err


def test_verbose_shows_the_trace_of_an_error(run):
    ran = run("history", "--since", "yesterday", "--verbose")
    assert ran.code == 2
    assert "Traceback" in ran.err


def test_a_server_that_does_not_answer_is_an_outage(run_bare):
    ran = run_bare("history", "--server", "http://127.0.0.1:9", "--json")
    assert ran.code == 3
    assert ran.out == ""
    assert "server_unreachable" in ran.err


def test_a_sound_ledger_passes_its_audit(run):
    line = run("audit", "--json")
    assert line.code == 0
    assert line.line["consistent"] is True
    assert line.line["complete"] is True
    assert line.line["differences"] == []
    assert "consistent" in run("audit").out


def test_an_entry_changed_in_the_database_fails_the_audit(run_bare, images, tmp_path):
    run_bare("register", images / "phantom.png", "--data", tmp_path)
    with sqlite3.connect(tmp_path / "medseal.db") as database:
        changed = database.execute(
            "UPDATE log_entry SET body = CAST(replace(body, 'register', 'registex') AS BLOB) WHERE kind = 'register'"
        )
        assert changed.rowcount == 1
    ran = run_bare("audit", "--json", "--data", tmp_path)
    assert ran.code == 1
    assert ran.line["consistent"] is False
    assert ran.line["differences"][0]["code"]
    shown = run_bare("audit", "--data", tmp_path)
    assert "INCONSISTENT" in shown.out


def test_a_rebuilt_index_equals_the_old_one(run):
    ran = run("rebuild", "--json")
    assert ran.code == 0
    assert ran.line["equal"] is True
    assert ran.line["entries"] >= 3


def test_batches_say_their_gas(run):
    lines = run("batches", "--json").lines
    assert lines[0]["state"] == "final"
    assert lines[0]["anchor"]["gas_used"] > 20_000
    assert "gas an entry" in run("batches", "--limit", 1).out


def test_registrars_are_known_to_store_and_contract(run):
    line = run("registrars", "--json").line
    assert line["on_chain_status"] == "active"
    assert line["log_size"] >= line["on_chain_size"] > 0
    assert "Local Hospital" in run("registrars").out


def test_a_revoked_registration_verifies_as_withdrawn(run_bare, images, tmp_path):
    made = run_bare("register", images / "phantom.png", "--no-wait", "--json", "--data", tmp_path).line
    identity = made["registration_id"]
    ran = run_bare("revoke", identity, "--reason", "wrong patient", "--author", "QA", "--json", "--data", tmp_path)
    assert ran.code == 0
    assert ran.line["state"] == "final"
    assert ran.line["target"] == identity
    verified = run_bare("verify", images / "phantom.png", "--json", "--data", tmp_path)
    assert verified.code == 1
    assert verified.line["verdict"] == "withdrawn"
    again = run_bare("history", "--registration", identity, "--json", "--data", tmp_path)
    assert [line["kind"] for line in again.lines] == ["revoke", "register"]


def test_a_superseded_registration_names_its_replacement_and_a_disputed_one_is_undetermined(run_bare, images, tmp_path):
    names = ("phantom.png", "phantom.jpg", "MR_small.dcm")
    files = [images / name for name in names]
    old, new, third = run_bare("register", *files, "--no-wait", "--json", "--data", tmp_path).lines
    words = ("--reason", "better window", "--author", "QA", "--data", tmp_path)
    stated = run_bare("supersede", old["registration_id"], "--by", new["registration_id"], *words, "--json")
    assert stated.line["replacement"] == new["registration_id"]
    disputed = run_bare("dispute", third["registration_id"], *words, "--no-wait")
    assert disputed.code == 0
    assert "dispute entry" in disputed.out
    told = run_bare("history", "--data", tmp_path).out
    assert f"{stated.line['id']}: better window (QA), replaced by {new['registration_id']}" in told
    codes = [run_bare("verify", file, "--data", tmp_path).code for file in files]
    assert codes == [1, 0, 3]


def test_control_characters_of_others_do_not_reach_the_terminal(run_bare, images, tmp_path):
    made = run_bare("register", images / "phantom.png", "--no-wait", "--json", "--data", tmp_path).line
    words = ("--reason", "\x1b[31mred\x07", "--author", "QA", "--no-wait", "--data", tmp_path)
    run_bare("revoke", made["registration_id"], *words)
    for ran in (
        run_bare("verify", images / "phantom.png", "--data", tmp_path),
        run_bare("history", "--data", tmp_path),
    ):
        assert "\x1b[31m" not in ran.out
        assert "\x07" not in ran.out
        assert "red" in ran.out


def test_a_key_is_shown_once_and_listed_without_its_secret(run):
    made = run("keys", "create", "scanner 3", "--scope", "register", "--scope", "verify", "--json").line
    assert made["secret"].startswith("ms_")
    listed = run("keys", "list", "--json")
    assert made["secret"] not in listed.out
    (key,) = [key for key in listed.lines if key["id"] == made["id"]]
    assert key["scopes"] == ["register", "verify"]
    assert key["revoked_at"] is None
    assert run("keys", "revoke", made["id"]).code == 0
    (key,) = [key for key in run("keys", "list", "--json").lines if key["id"] == made["id"]]
    assert key["revoked_at"] is not None
    assert "scanner 3" in run("keys", "list").out


def test_keys_need_the_data_folder(run):
    ran = run("keys", "list", "--server", "http://127.0.0.1:9")
    assert ran.code == 2
    assert "not through a server" in ran.err
