"""A whole ledger behind its API in a thread, and the dashboard before it."""

from __future__ import annotations

import io
import json
import os
import socket
import struct
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import uvicorn
from browsing import chromium
from PIL import Image
from playwright.sync_api import Browser
from streamlit.testing.v1 import AppTest

from dashboard.launch import command
from ledger.api.app import create_app
from ledger.bootstrap import prepare
from ledger.core.detection import Detection, TraceFinding, TracePictures
from ledger.errors import LedgerError
from ledger.service import Service
from ledger.settings import Settings

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as launched:
        yield launched


def png(samples: np.ndarray) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(samples).save(stream, "PNG")
    return stream.getvalue()


def no_trace() -> Detection:
    """What a detector says that found nothing, with a heat map that is warm in one corner."""
    heat = np.zeros((96, 96), np.uint8)
    heat[50:80, 40:80] = np.linspace(60, 255, 40, dtype=np.uint8)
    mask = np.where(heat > 160, 255, 0).astype(np.uint8)
    view = np.random.default_rng(1).integers(0, 255, (96, 96, 3), dtype=np.uint8)
    return Detection(
        method="ela_cnn",
        version="1.0",
        applicable=True,
        reason="large enough",
        regime="lossless-jpeg-trace",
        band="no-trace",
        seconds=0.05,
        frame=0,
        frames=1,
        examined=1,
        width=96,
        height=96,
        score=-1.2,
        probability=0.12,
        area_percent=6.1,
        area_interval=(0.4, 14.0),
        ela_mean_percent=0.143,
        findings=(
            TraceFinding(
                "ela-network",
                "The network gives 12 % to forged.",
                "It compares how much places lose when saved again.",
                "Edges and texture lose more in pristine pictures too.",
            ),
        ),
        rates={
            "regime": "all", "auc": 0.63, "low": 0.55, "high": 0.7, "n_pristine": 120, "n_forged": 120,
            "false_alarm": 0.05, "false_alarm_high": 0.106, "miss": 0.1, "miss_high": 0.17,
        },
        pictures=TracePictures(png(heat), png(mask), png(view)),
    )  # fmt: skip


@dataclass
class ScriptedDetector:
    """Answers every image as told; *no trace* unless a test says otherwise. Other methods answer by ``others``."""

    answer: Detection | LedgerError = field(default_factory=no_trace)
    others: dict[str, Detection | LedgerError] = field(default_factory=dict)
    method: str = "ela_cnn"

    def examine(self, image: bytes, *, pictures: bool = False) -> Detection:
        if isinstance(self.answer, LedgerError):
            raise self.answer
        return self.answer if pictures else replace(self.answer, pictures=None)

    @property
    def methods(self) -> tuple[str, ...]:
        return (*self.others, self.method)

    def examine_by(self, method: str, image: bytes, *, pictures: bool = False) -> Detection:
        answer = self.others.get(method, self.answer)
        if isinstance(answer, LedgerError):
            raise answer
        return replace(answer, method=method, pictures=None)

    def warm(self) -> None:
        """Nothing to load."""


@dataclass(frozen=True)
class Stack:
    """A running ledger: its service, its API's URL, a key for the dashboard, and what stands for the detector."""

    service: Service
    url: str
    key: str
    detector: ScriptedDetector

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
def patched() -> Callable[[int], tuple[bytes, bytes]]:
    """Makes a PNG with structure at several scales, as bodies have, and a JPEG copy with a patch at (96, 160)."""

    def make(seed: int) -> tuple[bytes, bytes]:
        random = np.random.default_rng(seed)
        total = np.full((512, 512), 128.0)
        for cells, weight in ((4, 60), (16, 35), (64, 18), (256, 8)):
            coarse = Image.fromarray(random.uniform(-1, 1, (cells, cells)).astype(np.float32))
            total += weight * np.asarray(coarse.resize((512, 512), Image.Resampling.BICUBIC))
        original = np.clip(total, 0, 255).astype(np.uint8)
        copy = Image.fromarray(original)
        copy.paste(copy.crop((300, 300, 396, 396)), (96, 160))
        stream = io.BytesIO()
        copy.save(stream, "JPEG", quality=85)
        return png(original), stream.getvalue()

    return make


@pytest.fixture
def silent_url() -> str:
    """An address where nothing listens."""
    return f"http://127.0.0.1:{free_port()}"


def scene(app: AppTest) -> dict[str, Any]:
    """The header of what the page gave to the viewer; empty when there is no viewer."""
    payload = next((one.proto.bytes for one in app.main.get("bidi_component") if one.proto.bytes), b"")
    if not payload:
        return {}
    (length,) = struct.unpack("<I", payload[:4])
    header: dict[str, Any] = json.loads(payload[4 : 4 + length])
    return header


@pytest.fixture
def looked_at() -> Callable[[AppTest], dict[str, Any]]:
    """Reads what the page gave to the viewer."""
    return scene


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One ledger for all tests of this folder, with its embedded chain."""
    port = free_port()
    settings = Settings(data=tmp_path_factory.mktemp("ledger"), registrar_name="St. Example Hospital")
    detector = ScriptedDetector()
    with Service(prepare(settings), detector) as service:
        _, key = service.keys.create("dashboard", ["register", "verify", "history", "audit", "review"])
        server = uvicorn.Server(uvicorn.Config(create_app(service, settings), port=port, log_config=None))
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        wait_for(f"http://127.0.0.1:{port}/health")
        yield Stack(service, f"http://127.0.0.1:{port}", key, detector)
        server.should_exit = True
        thread.join(10)


@pytest.fixture
def detector(stack: Stack) -> Iterator[ScriptedDetector]:
    """The stack's detector, which answers as before once the test is over."""
    yield stack.detector
    stack.detector.answer = no_trace()
    stack.detector.others.clear()


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


@pytest.fixture
def serving_script(tmp_path: Path) -> Callable[[Path], AbstractContextManager[str]]:
    """Serves a script of a test as a Streamlit page that may import the dashboard; gives its URL."""

    @contextmanager
    def serve(script: Path) -> Iterator[str]:
        port = free_port()
        own = [str(script) if part.endswith("app.py") else part for part in command(port)]
        with served(own, {**os.environ, "PYTHONPATH": str(ROOT)}, port, tmp_path / "script.log") as url:
            yield url

    return serve


@pytest.fixture(scope="session")
def dashboard_with_sign_in(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One where each person has to sign in."""
    log = tmp_path_factory.mktemp("sign-in") / "log"
    with serving(stack, log, MEDSEAL_DASHBOARD_SIGN_IN="required") as url:
        yield url


@pytest.fixture
def dashboard_of_a_hung_server(stack: Stack, tmp_path: Path) -> Iterator[str]:
    """One whose server takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with serving(stack, tmp_path / "log", MEDSEAL_SERVER=address) as url:
            yield url


@contextmanager
def serving(stack: Stack, log: Path, **changed: str) -> Iterator[str]:
    port = free_port()
    environment = {**os.environ, "MEDSEAL_SERVER": stack.url, "MEDSEAL_API_KEY": stack.key, **changed}
    with served(command(port), environment, port, log) as url:
        yield url


@contextmanager
def served(words: list[str], environment: dict[str, str], port: int, log: Path) -> Iterator[str]:
    with log.open("wb") as stream:
        process = subprocess.Popen(words, cwd=ROOT, env=environment, stdout=stream, stderr=stream)
    try:
        wait_for(f"http://127.0.0.1:{port}/_stcore/health")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)  # a machine under load takes its time
