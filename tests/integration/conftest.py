"""Stores over both databases, and made-up values to put into them."""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from ledger.core.model import Attempt, Batch, BatchState, Block, ChainEvent, Draft, ImageRecord, Registrar
from ledger.store import SqlStore

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
SERVER_OPTIONS = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "listen_addresses=",
    "shared_buffers=16MB",
)


class PostgresServer:
    """A PostgreSQL server of our own on a unix socket in a temporary folder, without durability."""

    def __init__(self, binaries: Path) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="medseal-pg-"))
        self._as_owner: list[str] = []
        if os.getuid() == 0:  # the server refuses to run as root
            account = pwd.getpwnam("postgres")
            os.chown(self.folder, account.pw_uid, account.pw_gid)
            ids = [f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups"]
            self._as_owner = ["setpriv", *ids, "--pdeathsig=INT"]
        data = str(self.folder / "data")
        self._run(binaries / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
        options = [word for option in SERVER_OPTIONS for word in ("-c", option)]
        command = [str(binaries / "postgres"), "-D", data, "-k", str(self.folder), *options]
        with (self.folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [*self._as_owner, *command], cwd=self.folder, stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )
        self._wait()

    def _run(self, *words: str | Path) -> None:
        command = [*self._as_owner, *map(str, words)]
        subprocess.run(command, cwd=self.folder, check=True, capture_output=True)

    def _wait(self) -> None:
        deadline = time.monotonic() + 30
        while True:
            try:
                self.execute("SELECT 1")
                return
            except psycopg.OperationalError:
                if time.monotonic() > deadline or self._process.poll() is not None:
                    raise
                time.sleep(0.05)

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://postgres@/{database}?host={self.folder}"

    def execute(self, statement: str) -> None:
        conninfo = f"host={self.folder} user=postgres dbname=postgres"
        with psycopg.connect(conninfo, autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[arg-type]

    def stop(self) -> None:
        self._process.send_signal(signal.SIGINT)
        self._process.wait(30)
        shutil.rmtree(self.folder)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb")) or [Path(shutil.which("initdb") or "/")]
    if not (found[-1].parent / "postgres").is_file():
        pytest.skip("PostgreSQL server binaries (initdb, postgres) are missing; Debian has them in postgresql")
    server = PostgresServer(found[-1].parent)
    server.execute("CREATE DATABASE medseal_template")
    SqlStore.open(server.url("medseal_template")).close()
    yield server
    server.stop()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.needs_postgres)])
def database(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def empty_url(database: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database with nothing in it, not even tables."""
    yield from _database(database, request, tmp_path, "template0")


@pytest.fixture
def store_url(database: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of this test's own."""
    yield from _database(database, request, tmp_path, "medseal_template")


def _database(kind: str, request: pytest.FixtureRequest, folder: Path, template: str) -> Iterator[str]:
    if kind == "sqlite":
        yield f"sqlite:///{folder}/medseal.db"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    name = f"t{uuid.uuid4().hex}"
    server.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    yield server.url(name)
    server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def store(store_url: str) -> Iterator[SqlStore]:
    with SqlStore.open(store_url) as opened:
        yield opened


class Maker:
    """Made-up values: the same arguments give the same digests, never the same ids."""

    def __init__(self) -> None:
        self.clock = START

    def now(self) -> datetime:
        """One second after the last call's answer."""
        self.clock += timedelta(seconds=1)
        return self.clock

    def digest(self, content: object) -> str:
        return "sha256:" + hashlib.sha256(repr(content).encode()).hexdigest()

    def registrar(self, name: str = "St. Elsewhere") -> Registrar:
        key = hashlib.sha256(name.encode()).hexdigest()
        return Registrar(hashlib.sha256(bytes.fromhex(key)).hexdigest(), name, key, self.now())

    def draft(self, kind: str, target: str | None = None, image: ImageRecord | None = None, **given: Any) -> Draft:
        entry_id = image.id if image else uuid.uuid4().hex
        body = f'{{"id":"{entry_id}"}}'.encode()
        leaf = hashlib.sha256(b"\0" + body).digest()
        return Draft(entry_id, kind, body, leaf, target, given.get("time") or self.now(), image)

    def register(
        self,
        content: object,
        *,
        key: str | None = None,
        more: dict[str, str] | None = None,
        instance: str | None = None,
        details: bytes = b"",
        time: datetime | None = None,
    ) -> Draft:
        digests = {"file/1": self.digest(content), **(more or {})}
        facts = {"modality": "CT", "rows": 512, "names": ["é", None, 1.5]}
        image = ImageRecord(uuid.uuid4().hex, digests, os.urandom(32), facts, details, instance, key)
        return self.draft("register", image=image, time=time)

    def log(self, store: SqlStore, images: int = 0, name: str = "St. Elsewhere") -> str:
        """The id of a registrar with its genesis and ``images`` registrations: a log of ``images + 1`` entries."""
        registrar = self.registrar(name)
        store.add_registrar(registrar, self.draft("genesis"))
        if images:
            store.append(registrar.id, [self.register((name, at)) for at in range(images)])
        return registrar.id

    def attempt(self, nonce: int, size: int, gas_price: int = 10**9) -> Attempt:
        tx_hash = "0x" + os.urandom(32).hex()
        return Attempt(tx_hash, os.urandom(100), nonce, size, os.urandom(32), gas_price, self.now())

    def batch(self, registrar: str, sequence: int, first: int, size: int, **given: Any) -> Batch:
        state = given.pop("state", BatchState.PREPARED)
        root = hashlib.sha256(f"{registrar}{size}".encode()).digest()
        return Batch(registrar, sequence, first, size, root, "register", state, self.now(), **given)

    def block(self, number: int, fork: str = "") -> Block:
        return Block(number, "0x" + hashlib.sha256(f"{fork}{number}".encode()).hexdigest(), 1_700_000_000 + number)

    def registered(self, block: Block, log_index: int, registrar: str, index: int, leaf: bytes) -> ChainEvent:
        return ChainEvent("ImageRegistered", block, "0xaa", log_index, registrar, leaf=leaf, index=index)

    def advanced(self, block: Block, log_index: int, registrar: str, sequence: int, size: int) -> ChainEvent:
        root = hashlib.sha256(f"{registrar}{size}".encode()).digest()
        return ChainEvent("HeadAdvanced", block, "0xbb", log_index, registrar, sequence=sequence, size=size, root=root)


@pytest.fixture
def maker() -> Maker:
    return Maker()
