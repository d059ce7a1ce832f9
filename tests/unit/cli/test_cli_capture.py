"""The commands of capture, as people type them."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def drop(tmp_path: Path, images: Path) -> Path:
    """A folder with an image that nobody has registered yet and a text."""
    folder = tmp_path / "drop"
    folder.mkdir()
    (folder / "Mustermann.dcm").write_bytes((images / "CT_small.dcm").read_bytes())
    (folder / "notes").write_text("no image")
    return folder


def test_a_folder_is_scanned_once_and_counted(run: Any, drop: Path) -> None:
    ran = run("watch", drop, "--once", "--source", "scan room", "--settle", "0.1", "--patience", "0.1")
    assert ran.code == 2
    assert "scan room: 2 received, 1 in the ledger, 1 not registered" in ran.err
    assert "Mustermann" not in ran.out + ran.err
    found = {one["name"]: one for one in run("sources", "--json").lines}["scan room"]
    assert (found["received"], found["registered"], found["failed"]) == (2, 1, 1)
    assert (drop / "quarantine" / "notes.txt").read_text().count("unsupported_image") == 1
    again = run("watch", drop, "--once", "--source", "scan room")
    assert (again.code, again.out) == (0, "")


def test_json_names_each_file_with_its_registration(run: Any, drop: Path) -> None:
    ran = run("watch", drop, "--once", "--json", "--settle", "0.1", "--patience", "0.1", "--leave")
    lines = {Path(line["file"]).name: line for line in ran.lines}
    assert len(lines["Mustermann.dcm"]["registration_id"]) == 32
    assert lines["notes"]["error"]["code"] == "unsupported_image"
    assert (drop / "notes").exists()


def test_sources_are_shown_as_a_table_and_forgotten(run: Any, drop: Path) -> None:
    run("watch", drop, "--once", "--source", "to forget", "--settle", "0.1", "--patience", "0.1")
    shown = run("sources")
    assert shown.code == 0
    assert "to forget" in shown.out and "last seen" in shown.out
    assert run("sources", "--forget", "to forget").code == 0
    assert "to forget" not in run("sources").out
    assert run("sources", "--forget", "to forget").code == 2


def test_a_folder_that_is_none_and_a_name_that_is_none_are_refused(run: Any, tmp_path: Path) -> None:
    assert "unusable_file" in run("watch", tmp_path / "missing").err
    assert "invalid_source" in run("watch", tmp_path, "--source", "x" * 65).err


def test_an_address_with_a_password_is_refused_without_repeating_it(run: Any) -> None:
    ran = run("orthanc", "http://user:secret@127.0.0.1:1", "--once")
    assert ran.code == 2
    assert "_PASSWORD" in ran.err and "secret" not in ran.out + ran.err


def test_a_watch_follows_the_folder_until_it_is_told_to_stop(tmp_path: Path, images: Path) -> None:
    folder, data = tmp_path / "drop", tmp_path / "data"
    folder.mkdir()
    words = ["watch", str(folder), "--data", str(data), "--settle", "0.2"]
    command = [sys.executable, "-c", "from ledger.cli import main; main()", *words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None and process.stdout is not None
        while "watching" not in process.stderr.readline():
            assert process.poll() is None
        (folder / "a.dcm").write_bytes((images / "CT_small.dcm").read_bytes())
        assert process.stdout.readline().startswith("registered ")
        process.send_signal(signal.SIGTERM)
        started = time.monotonic()
        _, said = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 0, said
    assert "1 received, 1 in the ledger" in said
    assert time.monotonic() - started < 30
