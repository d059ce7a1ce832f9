"""A hospital in a folder: the whole ledger in this process, and verbs for what happens to images and records."""

from __future__ import annotations

import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.data import get_testdata_file
from pydicom.uid import RLELossless

from ledger.bootstrap import funded_addresses
from ledger.folder import Folder
from ledger.schemas import Registration, Statement, StatementRequest, Verification
from ledger.service import Service
from ledger.settings import Settings

CT = Path(str(get_testdata_file("CT_small.dcm"))).read_bytes()


def saved(data_set: pydicom.Dataset) -> bytes:
    file = BytesIO()
    data_set.save_as(file)
    return file.getvalue()


class Hospital:
    """One ledger and its images. Verbs make files; questions go through the service. The detector is off."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.folder = Folder(folder)
        self.settings = Settings(data=folder, **{"detector": "none"} | settings)
        self.service = Service.open(self.settings)

    # images

    def capture(self) -> bytes:
        """A CT slice: 128×128, 16 bit, signed, uncompressed."""
        return CT

    def picture(self, seed: int = 0, file_format: str = "PNG", **options: Any) -> bytes:
        """A textured grey picture of 96×64, other samples for each seed."""
        noise = np.random.default_rng(seed).integers(0, 255, (64, 96), dtype=np.uint8)
        file = BytesIO()
        Image.fromarray(noise).save(file, file_format, **options)
        return file.getvalue()

    def resend_as_rle(self, image: bytes) -> bytes:
        data_set = pydicom.dcmread(BytesIO(image))
        data_set.compress(RLELossless, generate_instance_uid=False)
        return saved(data_set)

    def export_as_png(self, image: bytes) -> bytes:
        """The stored samples as a 16-bit PNG."""
        samples = pydicom.dcmread(BytesIO(image)).pixel_array.astype(np.uint16)
        file = BytesIO()
        Image.fromarray(samples).save(file, "PNG")
        return file.getvalue()

    def rename_patient(self, image: bytes) -> bytes:
        return self.set_attribute(image, "PatientName", "Somebody^Else")

    def set_attribute(self, image: bytes, name: str, value: Any) -> bytes:
        data_set = pydicom.dcmread(BytesIO(image))
        setattr(data_set, name, value)
        return saved(data_set)

    def study_of(self, image: bytes) -> str:
        return str(pydicom.dcmread(BytesIO(image)).StudyInstanceUID)

    def tamper_region(self, image: bytes, *, row: int = 40, column: int = 70, size: int = 8) -> bytes:
        """The DICOM image with a bright square painted into its samples."""
        data_set = pydicom.dcmread(BytesIO(image))
        samples = data_set.pixel_array.copy()
        samples[row : row + size, column : column + size] += 300
        data_set.PixelData = samples.tobytes()
        return saved(data_set)

    # the ledger

    def register(self, image: bytes) -> Registration:
        return self.service.register(image)

    def anchored(self, image: bytes) -> Registration:
        """The image registered and final on the chain."""
        registration = self.service.register(image)
        assert self.service.anchor_pending(60)
        return self.service.registration(registration.registration_id)

    def verify(self, image: bytes, policy: str = "clinical", **options: Any) -> Verification:
        return self.service.verify(image, policy=policy, **options)

    def say(self, kind: str, target: Registration, replacement: Registration | None = None) -> Statement:
        request = StatementRequest(
            kind=kind,  # type: ignore[arg-type]
            reason="the wrong patient's study",
            author="Radiology QA",
            replacement=replacement.registration_id if replacement else None,
        )
        return self.service.state_request(target.registration_id, request)

    def edit_database(self, statement: str, *values: Any) -> int:
        """What somebody with the database file can do. Answers how many rows it changed."""
        with sqlite3.connect(self.folder.database) as connection:
            return connection.execute(statement, values).rowcount

    def restart(self) -> None:
        self.service.close()
        self.service = Service.open(self.settings)

    def close(self) -> None:
        self.service.close()


class ChainProcess:
    """The embedded chain as a process of its own on a fixed port, so that it can be stopped and come back."""

    def __init__(self, folder: Folder, settings: Settings) -> None:
        self._command = [
            sys.executable, "-m", "ledger.chain.testnet", "--file", str(folder.chain), "--chain-id", "1337",
            "--fund", *funded_addresses(folder, settings), "--port",
        ]  # fmt: skip
        self._port = "0"
        self.url = ""
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen([*self._command, self._port], stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        self.url = next(word for word in line.split() if word.startswith("http")).rstrip("/.,")
        self._port = self.url.rpartition(":")[2]

    def hang(self) -> None:
        """It takes connections and answers nothing any more, until :meth:`go_on`."""
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()


@pytest.fixture
def open_hospital(tmp_path: Path, founded: Path) -> Iterator[Callable[..., Hospital]]:
    """Opens a hospital with settings of its own."""
    opened: list[Hospital] = []

    def make(**settings: Any) -> Hospital:
        folder = tmp_path / f"data{len(opened)}"
        opened.append(Hospital(Path(shutil.copytree(founded, folder)), **settings))
        return opened[-1]

    yield make
    for hospital in opened:
        hospital.close()


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with keys, chain, contract, registrar and genesis entry, to be copied."""
    folder = tmp_path_factory.mktemp("founded") / "data"
    Hospital(folder).close()
    return folder


@pytest.fixture(scope="session")
def make_hospital() -> Callable[[Path], Hospital]:
    """Opens a hospital in a folder, for fixtures that keep it for longer than one test."""
    return Hospital


@pytest.fixture
def hospital(tmp_path: Path, founded: Path) -> Iterator[Hospital]:
    made = Hospital(Path(shutil.copytree(founded, tmp_path / "data")))
    yield made
    made.close()


@pytest.fixture
def remote_chain(tmp_path: Path, founded: Path) -> Iterator[ChainProcess]:
    settings = Settings(data=Path(shutil.copytree(founded, tmp_path / "data")))
    chain = ChainProcess(Folder(settings.data), settings)
    yield chain
    chain.stop()


@pytest.fixture
def remote_hospital(tmp_path: Path, remote_chain: ChainProcess) -> Iterator[Hospital]:
    made = Hospital(tmp_path / "data", chain_url=remote_chain.url, chain_timeout=2.0)
    yield made
    made.close()


def wait_for(condition: Any, seconds: float = 10.0) -> None:
    """Return when ``condition()`` is true; fail after ``seconds``."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)
