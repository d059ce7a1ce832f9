"""medseal up as a whole, twice on one folder: what it starts, what survives, and that nothing is left behind.

The tests of this file follow one another, as a day of a ledger does.
"""

from __future__ import annotations

import json
import os
import queue
import re
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from ledger.client import Client
from ledger.samples import registered_samples

MEDSEAL = Path(sys.executable).with_name("medseal")
START_SECONDS = 150.0


class Up:
    """A running ``medseal up`` and what it printed."""

    def __init__(self, folder: Path) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MEDSEAL_")}
        environment |= {f"MEDSEAL_{part}_PORT": "0" for part in ("API", "DASHBOARD", "CHAIN")}
        self.folder = folder
        self.lines: list[str] = []
        self._queue: queue.Queue[str | None] = queue.Queue()
        began = time.monotonic()
        self.process = subprocess.Popen(
            [MEDSEAL, "up", "--data", str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=environment,
        )
        threading.Thread(target=self._read, daemon=True).start()
        self.wait_for("Logs ", START_SECONDS)
        self.seconds = time.monotonic() - began
        self.run: dict[str, Any] = json.loads((folder / "run.json").read_text())

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._queue.put(line.rstrip("\n"))
        self._queue.put(None)

    def wait_for(self, start: str, seconds: float) -> str:
        """The next line that begins with ``start``."""
        deadline = time.monotonic() + seconds
        while True:
            line = self._queue.get(timeout=max(0.1, deadline - time.monotonic()))
            assert line is not None, f"ended before {start!r}:\n" + "\n".join(self.lines)
            self.lines.append(line)
            if line.startswith(start):
                return line

    def pids(self) -> dict[str, int]:
        found: dict[str, int] = json.loads((self.folder / "run.json").read_text())["pids"]
        return found

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def medseal(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [MEDSEAL, *(str(argument) for argument in arguments)], capture_output=True, text=True, timeout=120
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("up") / "data"


@pytest.fixture(scope="module")
def first(folder: Path) -> Iterator[Up]:
    up = Up(folder)
    up.wait_for("Admin API key", 10)
    yield up
    up.close()


@pytest.fixture(scope="module")
def admin_key(first: Up) -> str:
    return first.lines[-1].split(": ")[1]


@pytest.fixture(scope="module")
def client(first: Up, admin_key: str) -> Iterator[Client]:
    with Client(first.run["api_url"], admin_key) as client:
        yield client


def test_the_first_address_printed_is_the_dashboards_and_it_answers(first):
    address = re.search(r"http://127\.0\.0\.1:\d+\S*", "\n".join(first.lines))
    assert address is not None
    assert address[0] == first.run["dashboard_url"]
    assert httpx.get(address[0], trust_env=False).status_code == 200


def test_api_documentation_and_chain_answer_where_they_are_said_to_be(first):
    assert httpx.get(first.run["api_url"] + "/docs", trust_env=False).status_code == 200
    request = {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []}
    answer = httpx.post(first.run["chain_url"], json=request, trust_env=False).json()
    assert int(answer["result"], 16) == 1337


def test_the_samples_are_registered_and_become_final(client):
    deadline = time.monotonic() + 30
    while True:
        entries = client.history(kind="register").entries
        if len(entries) == len(registered_samples()) and all(entry.state == "final" for entry in entries):
            return
        assert time.monotonic() < deadline, entries
        time.sleep(0.2)


def test_an_image_is_registered_and_verified_with_the_printed_key(first, client, folder):
    image = (folder / "samples" / "never-registered.png").read_bytes()
    found = client.verify(image)
    # what the detector says of the picture decides between these; its own tests are about that
    assert (found.registration, found.verdict in ("unregistered", "suspect", "undetermined")) == (None, True)
    made = client.register(image, urgent=True)
    assert client.wait(made.registration_id, "final", timeout=60).anchor is not None
    assert client.verify(image).verdict == "authentic"


def test_the_copies_to_try_verify_as_their_readme_says(client, folder):
    said = dict(re.findall(r"^(\S+\.dcm) .*: (\S+)$", (folder / "samples" / "README.txt").read_text(), re.MULTILINE))
    assert len(said) == 2
    for name, verdict in said.items():
        assert client.verify((folder / "samples" / name).read_bytes()).verdict == verdict


def test_the_command_line_works_through_the_server(first, admin_key, folder, monkeypatch):
    monkeypatch.setenv("MEDSEAL_API_KEY", admin_key)
    ran = medseal("verify", folder / "samples/ct-tampered.dcm", "--json", "--server", first.run["api_url"])
    assert ran.returncode == 1, ran.stderr
    assert json.loads(ran.stdout)["verdict"] == "altered"


def test_commands_on_the_data_folder_work_beside_it(first, folder):
    ran = medseal("register", folder / "samples/ct-tampered.dcm", "--json", "--data", folder)
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["state"] == "final"


def test_a_second_one_on_the_folder_is_refused(first, folder):
    ran = medseal("up", "--data", folder)
    assert ran.returncode == 2
    assert "already_running" in ran.stderr
    assert first.run["dashboard_url"] in ran.stderr
    assert first.process.poll() is None


def test_secrets_stay_out_of_logs_arguments_and_open_files(first, admin_key, folder):
    dashboard_key = (folder / "keys" / "dashboard.key").read_text().strip()
    for secret in (admin_key, dashboard_key):
        for log in (folder / "logs").iterdir():
            assert secret not in log.read_text()
        for pid in (first.process.pid, *first.pids().values()):
            assert secret.encode() not in Path(f"/proc/{pid}/cmdline").read_bytes()
    assert admin_key.encode() not in (folder / "medseal.db").read_bytes()
    for file in [folder / "run.json", *(folder / "keys").iterdir()]:
        assert file.stat().st_mode & 0o077 == 0, file


def test_the_dashboards_environment_has_its_key_and_no_setting_of_the_ledger(first, folder):
    content = Path(f"/proc/{first.pids()['dashboard']}/environ").read_bytes().decode()
    names = {pair.partition("=")[0] for pair in content.split("\0")}
    assert {name for name in names if name.startswith("MEDSEAL_")} == {
        "MEDSEAL_SERVER",
        "MEDSEAL_API_KEY",
        "MEDSEAL_DASHBOARD_SIGN_IN",
    }


def test_a_worker_that_is_killed_is_started_again_and_goes_on(first, client, folder):
    before = first.pids()["worker"]
    os.kill(before, signal.SIGKILL)
    made = client.register((folder / "samples" / "ct-reencoded-rle.dcm").read_bytes(), urgent=True)
    first.wait_for("worker ended with status -9", 20)
    assert client.wait(made.registration_id, "final", timeout=90).state == "final"
    assert first.pids()["worker"] != before


def test_sigterm_stops_every_child_within_ten_seconds(first):
    pids = list(first.pids().values())
    assert len(pids) == 4
    began = time.monotonic()
    first.process.terminate()
    assert first.process.wait(20) == 0
    # A second above the promise for a busy machine's own delays.
    assert time.monotonic() - began < 11
    assert not any(alive(pid) for pid in pids)
    assert not (first.folder / "run.json").exists()


def test_the_next_start_finds_everything_and_a_lost_part_ends_it(first, admin_key, folder):
    first.close()
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    second = Up(folder)
    try:
        assert not any("Admin API key" in line for line in second.lines)
        with Client(second.run["api_url"], admin_key) as client:
            assert len(client.history(kind="register").entries) == len(registered_samples()) + 3
            assert client.verify(registered_samples()["phantom.png"]).verdict == "authentic"
            assert client.audit().consistent
        pids = second.pids()
        os.kill(pids["dashboard"], signal.SIGKILL)
        second.wait_for("error: dashboard ended with status -9", 20)
        assert second.process.wait(20) == 1
        assert not any(alive(pid) for pid in pids.values())
    finally:
        second.close()
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    work = now.ru_utime + now.ru_stime - spent.ru_utime - spent.ru_stime
    # 15 s on two cores that have nothing else to do; processor time is what a busy machine cannot distort much.
    assert work < 25
