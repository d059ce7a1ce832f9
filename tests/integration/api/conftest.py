"""A real ledger on a temporary data folder, the API over it, and images to send."""

from __future__ import annotations

import io
import itertools
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image
from pydicom.data import get_testdata_file
from running import an_api

from ledger.api.app import create_app
from ledger.service import Service
from ledger.settings import Settings

SCOPES = ("register", "verify", "history", "audit", "review", "admin")


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(data=tmp_path_factory.mktemp("api") / "data", max_upload_mb=8, detector="none")


@pytest.fixture(scope="session")
def ledger(settings: Settings) -> Iterator[Service]:
    """The ledger behind both the in-process API and the server: opened once, it takes seconds."""
    with Service.open(settings) as service:
        yield service


@pytest.fixture(scope="session")
def secrets(ledger: Service) -> dict[str, str]:
    """A key's secret for each scope."""
    return {scope: ledger.keys.create(scope, [scope])[1] for scope in SCOPES}


@pytest.fixture
def bearer(secrets: dict[str, str]) -> Callable[[str], dict[str, str]]:
    return lambda scope: {"Authorization": f"Bearer {secrets[scope]}"}


@pytest.fixture(scope="session")
def api(ledger: Service, settings: Settings) -> Iterator[TestClient]:
    with TestClient(create_app(ledger, settings)) as client:
        yield client


@pytest.fixture(scope="session")
def url(ledger: Service, settings: Settings) -> Iterator[str]:
    """The address of a real server."""
    with an_api(create_app(ledger, settings)) as url:
        yield url


@dataclass
class Images:
    """Images, each with pixels of its own."""

    numbers: Iterator[int]

    def png(self) -> bytes:
        """A new 16-bit PNG of 24 × 32 pixels."""
        pixels = np.random.default_rng(next(self.numbers)).integers(0, 4096, (24, 32), dtype=np.uint16)
        written = io.BytesIO()
        Image.fromarray(pixels).save(written, "PNG")
        return written.getvalue()

    def digests(self, count: int) -> list[dict[str, Any]]:
        """``count`` new images in digest mode, as JSON."""
        start = next(self.numbers) << 32
        return [{"digests": {"file/1": f"sha256:{start + at:064x}"}} for at in range(count)]

    def dicom(self) -> bytes:
        """The CT slice that comes with pydicom."""
        path = get_testdata_file("CT_small.dcm")
        assert isinstance(path, str)
        return Path(path).read_bytes()

    def huge_png(self) -> bytes:
        """A PNG of a few bytes whose header claims ten gigapixels."""

        def chunk(kind: bytes, body: bytes) -> bytes:
            return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

        header = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 0, 0, 0, 0)
        data = zlib.compress(bytes(1000))
        return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


@pytest.fixture(scope="session")
def images() -> Images:
    return Images(itertools.count(1))
