"""A whole ledger behind its API in a thread, and the dashboard before it."""

from __future__ import annotations

import io
import os
import socket
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import uvicorn
from PIL import Image

from dashboard.launch import command
from ledger.api.app import create_app
from ledger.service import Service
from ledger.settings import Settings

ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Stack:
    """A running ledger: its service, its API's URL and a key for the dashboard."""

    service: Service
    url: str
    key: str

    def anchor(self) -> None:
        """Everything registered so far is final when this returns."""
        assert self.service.anchor_pending(60)


@pytest.fixture
def picture() -> Callable[[int], bytes]:
    """Makes a PNG of smooth grey noise, the same for the same seed."""

    def make(seed: int) -> bytes:
        coarse = np.random.default_rng(seed).integers(0, 256, (8, 8), dtype=np.uint8)
        stream = io.BytesIO()
        Image.fromarray(coarse).resize((96, 96), Image.Resampling.BICUBIC).save(stream, "PNG")
        return stream.getvalue()

    return make


@pytest.fixture
def silent_url() -> str:
    """An address where nothing listens."""
    return f"http://127.0.0.1:{free_port()}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One ledger for all tests of this folder, with its embedded chain."""
    port = free_port()
    settings = Settings(data=tmp_path_factory.mktemp("ledger"), registrar_name="St. Example Hospital")
    with Service.open(settings) as service:
        _, key = service.keys.create("dashboard", ["register", "verify", "history"])
        server = uvicorn.Server(uvicorn.Config(create_app(service, settings), port=port, log_config=None))
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        wait_for(f"http://127.0.0.1:{port}/health")
        yield Stack(service, f"http://127.0.0.1:{port}", key)
        server.should_exit = True
        thread.join(10)


def wait_for(url: str, seconds: float = 30) -> None:
    """The URL answers when this returns."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(url, timeout=2).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"{url} did not answer in {seconds} s")


@pytest.fixture(scope="session")
def dashboard(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The dashboard as a process of its own, started as the supervisor starts it; its URL."""
    with serving(stack, tmp_path_factory.mktemp("dashboard") / "log") as url:
        yield url


@pytest.fixture
def fresh_dashboard(stack: Stack, tmp_path: Path) -> Iterator[str]:
    """Another one, of which nobody has opened a page yet."""
    with serving(stack, tmp_path / "log") as url:
        yield url


@contextmanager
def serving(stack: Stack, log: Path) -> Iterator[str]:
    port = free_port()
    environment = {**os.environ, "MEDSEAL_SERVER": stack.url, "MEDSEAL_API_KEY": stack.key}
    with log.open("wb") as stream:
        process = subprocess.Popen(command(port), cwd=ROOT, env=environment, stdout=stream, stderr=stream)
    try:
        wait_for(f"http://127.0.0.1:{port}/_stcore/health")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)
