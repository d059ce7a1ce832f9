"""A ledger of scripted answers, for what a real one cannot be made to do on demand."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
import uvicorn
from fastapi.testclient import TestClient

from ledger.api.app import create_app
from ledger.errors import NotFound
from ledger.schemas import Health, Registration
from ledger.settings import Settings

NOW = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)


@dataclass(frozen=True)
class MemoryKey:
    id: str
    label: str
    scopes: tuple[str, ...]
    created_at: datetime = NOW
    revoked_at: datetime | None = None


@dataclass
class MemoryKeys:
    """Keys whose secret is ``ms_`` and the key's label; counts how often it is asked."""

    rows: dict[str, MemoryKey] = field(default_factory=dict)
    asked: int = 0

    def create(self, label: str, scopes: Sequence[str]) -> tuple[str, str]:
        key = MemoryKey(f"{len(self.rows):016x}", label, tuple(scopes))
        self.rows[f"ms_{label}"] = key
        return key.id, f"ms_{label}"

    def authenticate(self, secret: str) -> MemoryKey | None:
        self.asked += 1
        key = self.rows.get(secret)
        return key if key and key.revoked_at is None else None

    def list(self) -> Sequence[MemoryKey]:
        return tuple(self.rows.values())

    def revoke(self, key_id: str) -> None:
        for secret, key in self.rows.items():
            if key.id == key_id:
                self.rows[secret] = replace(key, revoked_at=NOW)
                return
        raise NotFound("no such key")


class ScriptedLedger:
    """Answers each method with what ``script`` holds for its name: a value, or an exception to raise."""

    def __init__(self) -> None:
        self.keys = MemoryKeys()
        self.operations = SimpleNamespace(note=lambda *_given: None)
        self.script: dict[str, Any] = {"health": Health(status="ok", version="0", parts={"store": "ok"})}
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name not in self.script:
            raise AttributeError(name)

        def method(*args: Any, **options: Any) -> Any:
            self.calls.append(name)
            outcome = self.script[name]
            if isinstance(outcome, BaseException):
                raise outcome
            return outcome(*args, **options) if callable(outcome) else outcome

        return method


@pytest.fixture
def scripted() -> ScriptedLedger:
    ledger = ScriptedLedger()
    for scope in ("register", "verify", "history", "audit", "review", "admin"):
        ledger.keys.create(scope, [scope])
    return ledger


@pytest.fixture
def serve(scripted: ScriptedLedger) -> Iterator[Callable[..., TestClient]]:
    """Opens a test client over the scripted ledger, with the settings given."""
    with _clients(scripted) as make:
        yield make


@contextmanager
def _clients(ledger: Any) -> Iterator[Callable[..., TestClient]]:
    opened: dict[str, TestClient] = {}

    def make(**settings: Any) -> TestClient:
        name = repr(settings)
        if name not in opened:
            opened[name] = TestClient(create_app(ledger, Settings(**settings)))
            opened[name].__enter__()
        return opened[name]

    yield make
    for client in opened.values():
        client.__exit__(None, None, None)


@pytest.fixture
def a_registration() -> Registration:
    return Registration(
        registration_id="0d" * 16,
        registrar="7c" * 32,
        registrar_name="Local Hospital",
        index=1,
        state="received",
        standing="in-force",
        registered_at=NOW,
        digests={"file/1": "sha256:" + "5f" * 32},
        created=True,
    )


@pytest.fixture
def bearer() -> Callable[[str], dict[str, str]]:
    """The header that sends the scripted key with one scope."""
    return lambda scope: {"Authorization": f"Bearer ms_{scope}"}


@pytest.fixture
def url(scripted: ScriptedLedger) -> Iterator[str]:
    """The address of a real server over the scripted ledger."""
    config = uvicorn.Config(create_app(scripted, Settings()), port=0, log_config=None, access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(10)
