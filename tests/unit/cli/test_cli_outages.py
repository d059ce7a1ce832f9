"""A chain or a server that does not answer: commands that read say *undetermined*, with the reason and a next step."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

DEAD = "http://127.0.0.1:9"
PROBLEM = {
    "title": "Internal Server Error", "status": 500, "code": "internal_error",
    "detail": "the request could not be completed", "advice": "Report this request id to the operator: 77",
}  # fmt: skip


@pytest.fixture
def silent() -> Iterator[str]:
    """A node that takes connections and never answers, as a stopped process does."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


@pytest.fixture
def failing() -> Iterator[Callable[[int, str, bytes], str]]:
    """A server that answers every request alike."""
    servers: list[HTTPServer] = []

    def serve(status: int, kind: str, body: bytes) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None: ...

        servers.append(HTTPServer(("127.0.0.1", 0), Handler))
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_port}"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("name", ["CT_small.dcm", "never-registered.png"])
def test_without_the_chain_a_file_is_undetermined_and_its_digests_are_compared(run, images, monkeypatch, name):
    monkeypatch.setenv("MEDSEAL_CHAIN_URL", DEAD)
    ran = run("verify", images / name, "--json")
    assert (ran.code, ran.line["verdict"]) == (3, "undetermined")
    assert ran.line["checks"][1]["status"] == ("passed" if name == "CT_small.dcm" else "failed")
    assert (ran.line["checks"][5]["status"], ran.line["checks"][5]["figures"]["code"]) == (
        "undetermined",
        "chain_unreachable",
    )


def test_without_the_chain_the_words_say_why_and_what_to_do(run, images, monkeypatch):
    monkeypatch.setenv("MEDSEAL_CHAIN_URL", DEAD)
    ran = run("verify", images / "CT_small.dcm")
    assert "UNDETERMINED" in ran.out
    assert "http://127.0.0.1:9 does not answer" in ran.out
    assert "next step  Check that the node runs" in ran.out


def test_without_the_chain_a_case_is_shown_and_undetermined(run, monkeypatch):
    case = run("case", "open", "Was it changed?", "--author", "QA", "--json").line["id"]
    monkeypatch.setenv("MEDSEAL_CHAIN_URL", DEAD)
    ran = run("case", "show", case)
    assert ran.code == 3
    assert "Was it changed?" in ran.out
    assert "undetermined: the chain does not answer" in ran.out


def test_without_the_chain_status_and_history_still_answer(run, monkeypatch):
    monkeypatch.setenv("MEDSEAL_CHAIN_URL", DEAD)
    status = run("status")
    assert (status.code, "chain: does not answer (chain_unreachable)" in status.out) == (3, True)
    assert run("history", "--json").code == 0


def test_another_chain_is_undetermined_as_well(run_bare, registered, images, tmp_path):
    import shutil

    folder = Path(shutil.copytree(registered["folder"], tmp_path / "copy"))
    record = folder / "deployment.json"
    record.write_text(record.read_text().replace('"chain_id": 1337', '"chain_id": 5'))
    ran = run_bare("verify", images / "CT_small.dcm", "--data", folder, "--json")
    assert (ran.code, ran.line["verdict"]) == (3, "undetermined")
    assert ran.line["checks"][1]["figures"]["code"] == "chain_mismatch"


def test_a_node_that_hangs_makes_it_undetermined_within_seconds(run, images, monkeypatch, silent):
    monkeypatch.setenv("MEDSEAL_CHAIN_URL", silent)
    monkeypatch.setenv("MEDSEAL_CHAIN_TIMEOUT", "0.5")
    began = time.monotonic()
    ran = run("verify", images / "CT_small.dcm")
    assert ran.code == 3
    assert "did not answer" in ran.out
    assert "next step  The node hangs or has too much to do" in ran.out
    assert time.monotonic() - began < 15


def test_a_chain_of_medseal_up_that_hangs_is_not_taken_for_a_file_in_use(run, registered, images, silent):
    from ledger.chain.testnet import LocalTestnet

    file = registered["folder"] / "run.json"
    file.write_text(json.dumps({"chain_url": silent}))
    node = LocalTestnet(registered["folder"] / "chain" / "chain.sqlite")
    try:
        ran = run("verify", images / "CT_small.dcm", "--json")
        doctor = run("doctor")
    finally:
        node.close()
        file.unlink()
    assert (ran.code, ran.line["verdict"]) == (3, "undetermined")
    assert ran.line["checks"][5]["figures"]["code"] == "chain_silent"
    assert "FAIL  chain: " in doctor.out


def test_an_embedded_chain_that_another_command_has_makes_it_undetermined(run, registered, images, monkeypatch):
    from ledger.chain.testnet import LocalTestnet

    monkeypatch.setattr("ledger.bootstrap.open_testnet.__kwdefaults__", {"wait": 0.1})
    node = LocalTestnet(registered["folder"] / "chain" / "chain.sqlite")
    try:
        ran = run("verify", images / "CT_small.dcm", "--json")
    finally:
        node.close()
    assert (ran.code, ran.line["verdict"]) == (3, "undetermined")
    assert "is in use by process" in ran.line["checks"][5]["detail"]


def test_a_server_that_is_not_there_makes_each_file_undetermined(run_bare, images):
    ran = run_bare("verify", images / "CT_small.dcm", images / "phantom.png", "--server", DEAD, "--json")
    assert (ran.code, [line["verdict"] for line in ran.lines]) == (3, ["undetermined", "undetermined"])
    checks = ran.lines[0]["checks"]
    assert [check["status"] for check in checks[:3]] == ["passed", "undetermined", "skipped"]
    assert "expected a MedSeal server at http://127.0.0.1:9" in ran.lines[0]["reason"]
    assert checks[1]["figures"]["code"] == "server_unreachable"


@pytest.mark.parametrize(
    ("status", "kind", "body", "code"),
    [
        (502, "text/html", b"<h1>Bad gateway</h1>", "unexpected_answer"),
        (500, "application/problem+json", json.dumps(PROBLEM).encode(), "internal_error"),
    ],
)
def test_a_server_that_fails_makes_the_file_undetermined(run_bare, images, failing, status, kind, body, code):
    url = failing(status, kind, body)
    ran = run_bare("verify", images / "CT_small.dcm", "--server", url)
    assert ran.code == 3
    assert "UNDETERMINED" in ran.out
    assert "next step" in ran.out
    assert (
        run_bare("verify", images / "CT_small.dcm", "--server", url, "--json").line["checks"][1]["figures"]["code"]
        == code
    )


def test_an_empty_file_stays_bad_input_when_the_server_is_away(run_bare, images):
    ran = run_bare("verify", images / "empty.png", "--server", DEAD, "--json")
    assert ran.code == 2
    assert ran.line["error"]["code"] == "empty_file"


def test_an_image_is_registered_and_waits_while_the_chain_is_away(run, tmp_path, monkeypatch):
    from PIL import Image

    Image.effect_noise((64, 64), 40).save(tmp_path / "new.png")
    run("verify", tmp_path / "new.png")  # the ledger stands before its chain goes away
    monkeypatch.setenv("MEDSEAL_CHAIN_URL", DEAD)
    ran = run("register", tmp_path / "new.png", "--no-wait", "--json")
    assert (ran.code, ran.line["state"], ran.line["created"]) == (0, "sequenced", True)
    assert run("verify", tmp_path / "new.png", "--json").line["verdict"] != "unregistered"


def test_a_statement_does_not_begin_without_the_chain(run, images, monkeypatch):
    registered = run("register", images / "CT_small.dcm", "--json").line["registration_id"]
    monkeypatch.setenv("MEDSEAL_CHAIN_URL", DEAD)
    ran = run("revoke", registered, "--reason", "wrong patient", "--author", "Dr. A", "--no-wait")
    assert (ran.code, ran.out) == (3, "")
    assert "chain_unreachable" in ran.err
