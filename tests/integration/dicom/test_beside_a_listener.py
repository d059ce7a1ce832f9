"""Other commands beside a listener that runs without ``medseal up``: they share its embedded chain."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ledger.errors import Conflict
from ledger.service import Service
from ledger.settings import Settings
from ledger.up import run, runfile
from ledger.up.sharing import shared_chain

MEDSEAL = str(Path(sys.executable).with_name("medseal"))


@pytest.fixture
def folder(founded: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(founded, tmp_path / "data"))


@pytest.fixture
def listener(folder: Path):
    command = [MEDSEAL, "listen", "--port", "0", "--data", str(folder)]
    environment = os.environ | {"MEDSEAL_DETECTOR": "none"}
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
    assert process.stderr is not None
    for line in process.stderr:
        if "listens on" in line:
            break
    yield process
    process.kill()
    process.wait()
    process.stderr.close()


def test_another_command_works_on_the_same_folder_while_a_listener_runs(folder, listener, make_slice, tmp_path) -> None:
    make_slice(1).save_as(tmp_path / "slice.dcm")
    environment = os.environ | {"MEDSEAL_DETECTOR": "none"}
    for command in ("register", "verify"):
        words = [MEDSEAL, command, str(tmp_path / "slice.dcm"), "--data", str(folder)]
        done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False, env=environment)
        assert done.returncode == 0, done.stderr
    assert "AUTHENTIC" in done.stdout
    listener.send_signal(signal.SIGTERM)
    assert listener.wait(60) == 0
    assert runfile.read(folder) == {}


def test_medseal_up_says_who_holds_the_chain_and_leaves_it_shared(folder) -> None:
    settings = Settings(data=folder, detector="none")
    with Service.open(settings) as service, shared_chain(service.parts):
        before = runfile.read(folder)
        with pytest.raises(Conflict, match=f"process {os.getpid()}") as caught:
            run(settings)
        assert caught.value.code == "chain_file_in_use"
        assert runfile.read(folder) == before


def test_what_a_killed_listener_left_is_in_nobodys_way(folder, listener) -> None:
    assert "chain_url" in runfile.read(folder)
    listener.kill()
    listener.wait()
    with Service.open(Settings(data=folder, detector="none")) as service:
        assert service.health().status == "ok"
