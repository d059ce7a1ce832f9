"""A store with one registrar, the search over it, and made pictures."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image
from sqlalchemy import update

from ledger.core.images import Limits
from ledger.core.model import Draft, Registrar, Registration
from ledger.lookalikes import FlatIndex
from ledger.registration import Registrations
from ledger.similarity import LookAlikes
from ledger.store import SqlStore
from ledger.store.models import TRACE

Samples = Any
SIZE = (150, 200)
NOW = datetime(2026, 3, 1, tzinfo=UTC)


def _saved(kind: str, *frames: Samples, **options: Any) -> bytes:
    file = BytesIO()
    first, *rest = (Image.fromarray(np.ascontiguousarray(frame)) for frame in frames)
    first.save(file, kind, **options, **({"save_all": True, "append_images": rest} if rest else {}))
    return file.getvalue()


class Pictures:
    """Made pictures of 8 bits, and files of them."""

    def made(self, seed: int, anatomy: int | None = None) -> Samples:
        """8-bit samples of 150 × 200: smooth ground and shapes by anatomy, texture of the seed's own."""
        same, own = np.random.default_rng(1000 + (seed if anatomy is None else anatomy)), np.random.default_rng(seed)
        picture = np.full(SIZE, 115.0)
        for random, sigma, strength in ((same, 25, 22), (own, 4, 12), (own, 1.5, 6)):
            noise = cv2.GaussianBlur(random.standard_normal(SIZE), (0, 0), sigma)
            picture += strength * noise / noise.std()
        for _ in range(6):
            place, edge = same.uniform(0.1, 0.9, 2) * SIZE, same.uniform(10, 25)
            rows, columns = (np.indices(SIZE) - place[:, None, None]) / edge
            picture += same.uniform(-45, 45) / (1 + np.exp(np.clip(8 * (np.hypot(rows, columns) - 1), -50, 50)))
        return np.clip(picture, 0, 255).astype(np.uint8)

    def lesion(self, samples: Samples, row: int = 60, column: int = 130) -> Samples:
        """With a bright disc of 14 pixels radius."""
        rows, columns = np.indices(SIZE)
        return np.clip(samples + 60.0 * (np.hypot(rows - row, columns - column) < 14), 0, 255).astype(np.uint8)

    def png(self, samples: Samples) -> bytes:
        """A file without loss."""
        return _saved("PNG", samples)

    def jpeg(self, samples: Samples, quality: int = 80) -> bytes:
        """A lossy file."""
        return _saved("JPEG", samples, quality=quality)

    def tiff(self, *frames: Samples) -> bytes:
        """A file of several frames without loss."""
        return _saved("TIFF", *frames)


class Ledger(Pictures):
    """A store, one registrar in it, and the search over them."""

    def __init__(self, store: SqlStore) -> None:
        self.store = store
        registrar = Registrar("1" * 64, "St. Elsewhere", "2" * 64, NOW)
        store.add_registrar(registrar, Draft("genesis", "genesis", b"{}", bytes(32), None, NOW))
        self._registrations = Registrations(store, registrar, lambda: NOW, Limits())
        self.search = LookAlikes(store, FlatIndex(store), Limits())

    def register(self, data: bytes) -> Registration:
        appended = self._registrations.register(data)
        found = self.store.registration(appended.entry.id)
        assert found is not None
        return found

    def damage(self, registration: Registration, change: Callable[[bytes], bytes]) -> None:
        blob = self.store.trace(registration.id)
        assert blob is not None
        with self.store.write() as connection:
            connection.execute(update(TRACE).where(TRACE.c.id == registration.id).values(blob=change(blob)))


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the schema and nothing in it, to be copied: making one takes most of a second."""
    path = tmp_path_factory.mktemp("empty") / "medseal.db"
    SqlStore.open(f"sqlite:///{path}").close()
    return path


@pytest.fixture
def url(tmp_path: Path, empty: Path) -> str:
    cv2.setNumThreads(1)
    return f"sqlite:///{shutil.copy(empty, tmp_path)}"


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    with SqlStore.open(url) as store:
        yield Ledger(store)


@pytest.fixture
def opened() -> Callable[[SqlStore], Ledger]:
    """Makes a ledger in a store that the test opened."""
    return Ledger
