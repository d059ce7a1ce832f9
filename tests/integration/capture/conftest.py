"""A ledger on a temporary folder, a real API over it, and a real archive."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from archive import OrthancServer
from dropped import Drop
from running import an_api

from ledger.api.app import create_app
from ledger.errors import LedgerError
from ledger.ingest.feed import Fed
from ledger.service import Service
from ledger.settings import Settings


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(data=tmp_path_factory.mktemp("capture") / "data", max_upload_mb=8, detector="none")


@pytest.fixture(scope="session")
def ledger(settings: Settings) -> Iterator[Service]:
    """Opened once, it takes seconds; each test registers images of its own."""
    with Service.open(settings) as service:
        yield service


@pytest.fixture(scope="session")
def url(ledger: Service, settings: Settings) -> Iterator[str]:
    """The address of a real server over the ledger."""
    with an_api(create_app(ledger, settings)) as url:
        yield url


@pytest.fixture(scope="session")
def capture_key(ledger: Service) -> str:
    """The secret of a key that may register and read the history, as the puller of an archive needs."""
    return ledger.keys.create("capture", ["register", "history"])[1]


@pytest.fixture(scope="session")
def register_key(ledger: Service) -> str:
    """The secret of a key that may register and nothing else."""
    return ledger.keys.create("agent", ["register"])[1]


@pytest.fixture
def orthanc(tmp_path: Path) -> Iterator[Callable[..., OrthancServer]]:
    """Starts archives in folders of their own."""
    started: list[OrthancServer] = []

    def start(**given: Any) -> OrthancServer:
        started.append(OrthancServer(tmp_path / f"orthanc{len(started)}", **given).start())
        return started[-1]

    yield start
    for server in started:
        server.kill()


class Heard:
    """What was told of each object, in order."""

    def __init__(self) -> None:
        self.all: list[tuple[Any, Fed | LedgerError]] = []

    def __call__(self, what: Any, outcome: Fed | LedgerError) -> None:
        self.all.append((what, outcome))

    @property
    def registered(self) -> list[Any]:
        return [what for what, outcome in self.all if isinstance(outcome, Fed)]

    @property
    def new(self) -> list[Any]:
        return [what for what, outcome in self.all if isinstance(outcome, Fed) and outcome.created]

    @property
    def codes(self) -> list[str]:
        return [outcome.code for _, outcome in self.all if isinstance(outcome, LedgerError)]


@pytest.fixture
def heard() -> Heard:
    return Heard()


_NUMBERS = itertools.count(1000, 100)


@pytest.fixture
def numbers() -> Iterator[int]:
    """Numbers of slices that no other test has."""
    return itertools.count(next(_NUMBERS))


@pytest.fixture
def drop(ledger: Service, tmp_path: Path, heard: Heard) -> Iterator[Drop]:
    """A folder to put files into."""
    made = Drop(ledger, tmp_path, heard)
    yield made
    made.stop.set()
