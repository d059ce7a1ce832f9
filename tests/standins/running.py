"""Servers that a test starts beside its own: an API in a thread, a dashboard as a process."""

from __future__ import annotations

import os
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from dashboard.launch import command
from ledger.up.ports import choose_port

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    """A port that nobody has now."""
    return choose_port("127.0.0.1", 0)


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


@contextmanager
def an_api(app: FastAPI) -> Iterator[str]:
    """The address of ``app`` while it is served."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None, access_log=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        wait_for(f"http://127.0.0.1:{port}/health")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)


@contextmanager
def a_dashboard(port: int, log: Path, secrets: Path | None = None, **settings: str) -> Iterator[str]:
    """The address of a dashboard with these MEDSEAL_ settings and no others, started as the supervisor starts it."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MEDSEAL_")}
    with log.open("wb") as output:
        process = subprocess.Popen(command(port, secrets), cwd=ROOT, env=clean | settings, stdout=output, stderr=output)
    try:
        wait_for(f"http://127.0.0.1:{port}/_stcore/health")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)
