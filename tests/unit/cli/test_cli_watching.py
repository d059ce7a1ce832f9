"""``medseal status``, ``medseal witness`` and the progress of ``medseal audit``."""

from __future__ import annotations

import shutil
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from ledger.api.app import create_app
from ledger.service import Service
from ledger.settings import Settings


@pytest.fixture
def copy(registered: dict[str, Any], tmp_path: Path) -> Path:
    """The session's folder, to be damaged."""
    return Path(shutil.copytree(registered["folder"], tmp_path / "data"))


def damage(folder: Path) -> None:
    with sqlite3.connect(folder / "medseal.db") as database:
        statement = "UPDATE log_entry SET body = CAST(replace(body, 'register', 'registex') AS BLOB) WHERE position = 1"
        assert database.execute(statement).rowcount == 1


def test_status_says_heads_queue_chain_sender_and_cost(run):
    ran = run("status")
    assert ran.code == 0
    for word in ("the log's head is the contract's head", "chain id", "ether", "gas an entry", "nobody anchors"):
        assert word in ran.out
    line = run("status", "--json").line
    assert line["logs"][0]["comparison"] == "equal"
    assert line["chain"]["height"] >= 3


def test_status_of_a_changed_log_is_code_1(run_bare, copy):
    damage(copy)
    ran = run_bare("status", "--data", copy)
    assert ran.code == 1
    assert "ANOTHER root" in ran.out


def test_a_witness_that_holds_is_code_0_and_its_proof_is_in_the_json(run):
    ran = run("witness", "--since", "2020-01-01")
    assert ran.code == 0
    assert ran.out.startswith("append-only")
    assert run("witness", "--from-head", "0", "--to-head", "1", "--json").line["result"] == "holds"


def test_a_witness_of_a_changed_log_is_code_1(run_bare, copy):
    damage(copy)
    ran = run_bare("witness", "--since", "2020-01-01", "--data", copy)
    assert ran.code == 1
    assert ran.out.startswith("NOT PROVEN")


def test_a_witness_of_a_span_before_the_first_head_is_code_3(run):
    ran = run("witness", "--since", "2020-01-01", "--until", "2020-01-02")
    assert ran.code == 3
    assert ran.out.startswith("undetermined")


@pytest.mark.parametrize(
    "asked",
    [
        (),
        ("--since", "yesterday"),
        ("--from-head", "1"),
        ("--since", "2026-01-02", "--until", "2026-01-01"),
        ("--since", "2020-01-01", "--registrar", "Nobody"),
        ("--from-head", "0", "--to-head", "999"),
    ],
)
def test_a_witness_of_nothing_sensible_is_code_2_with_advice(run, asked):
    ran = run("witness", *asked)
    assert ran.code == 2
    assert len(ran.err.splitlines()) == 2


@pytest.fixture(scope="module")
def server(registered: dict[str, Any]) -> Iterator[dict[str, str]]:
    """The session's ledger behind HTTP, as environment for commands."""
    settings = Settings(data=registered["folder"], detector="none")
    with Service.open(settings) as service:
        _, key = service.keys.create("auditor", ["audit"])
        served = uvicorn.Server(uvicorn.Config(create_app(service, settings), port=0, log_config=None))
        thread = threading.Thread(target=served.run)
        thread.start()
        while not served.started and thread.is_alive():
            time.sleep(0.01)
        port = served.servers[0].sockets[0].getsockname()[1]
        yield {"MEDSEAL_SERVER": f"http://127.0.0.1:{port}", "MEDSEAL_API_KEY": key}
        served.should_exit = True
        thread.join(10)


def test_status_witness_and_audit_work_through_a_server(run_bare, server, monkeypatch):
    for name, value in server.items():
        monkeypatch.setenv(name, value)
    assert run_bare("status", "--json").line["logs"][0]["comparison"] == "equal"
    assert run_bare("witness", "--from-head", "0", "--to-head", "1", "--json").line["result"] == "holds"
    audited = run_bare("audit", "--json")
    assert (audited.code, audited.line["consistent"], audited.line["complete"]) == (0, True, True)
