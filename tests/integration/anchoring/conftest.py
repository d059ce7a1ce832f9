"""A hospital with a log, a contract on a chain, and the keys to both: over the embedded testnet and over anvil."""

from __future__ import annotations

import hashlib
import os
import secrets
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ledger.anchoring import Anchorer, BatchPolicy
from ledger.chain.client import Web3Registry
from ledger.chain.deploy import Deployment, Directory, deploy, fund
from ledger.chain.rpc import Provider, Rpc
from ledger.chain.testnet import LocalProvider, LocalTestnet
from ledger.chain.transactions import address_of
from ledger.core.entry import commitments, encode_entry, timestamp
from ledger.core.merkle import leaf_hash
from ledger.core.model import Draft, ImageRecord, Registrar
from ledger.log import LogTrees
from ledger.store import SqlStore

ANVIL = Path(__file__).parents[3] / "contracts/node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil"
ADMIN = bytes.fromhex("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80")
"""The first of anvil's well-known keys, rich on each of the nodes."""
START = datetime(2026, 1, 31, 12, tzinfo=UTC)


class FakeClock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def pass_seconds(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def entry_draft(registrar: str, kind: str, image: ImageRecord | None = None, **fields: Any) -> Draft:
    entry_id = image.id if image else secrets.token_hex(16)
    common = {"version": "medseal/entry/1", "kind": kind, "id": entry_id, "registrar": registrar}
    body = encode_entry({**common, "time": timestamp(START), **fields})
    return Draft(entry_id, kind, body, leaf_hash(body), None, START, image)


def image_draft(registrar: str) -> Draft:
    digests = {"file/1": "sha256:" + secrets.token_hex(32)}
    salt = secrets.token_bytes(32)
    image = ImageRecord(secrets.token_hex(16), digests, salt, {}, b"", None, None)
    return entry_draft(registrar, "register", image, commitments=commitments(salt, digests))


@dataclass
class Hospital:
    """One registrar's whole world. ``anchorer()`` is a fresh worker on it, as after a restart."""

    folder: Path
    provider: Provider
    deployment: Deployment
    key: bytes
    registrar: str
    store: SqlStore
    clock: FakeClock = field(default_factory=FakeClock)

    @property
    def directory(self) -> Directory:
        return Directory(self.provider, self.deployment, ADMIN)

    def registry(self, key: bytes | None = None) -> Web3Registry:
        at = {"chain_id": self.deployment.chain_id, "address": self.deployment.contract}
        return Web3Registry.connect(self.provider, **at, sender_key=key or self.key, timeout=5.0)

    def anchorer(self, *, store: Any = None, registry: Any = None, **policy: Any) -> Anchorer:
        used = store or self.store
        chain = registry or self.registry()
        return Anchorer(used, chain, LogTrees(used), self.registrar, BatchPolicy(**policy), self.clock)

    def append(self, count: int, **options: Any) -> None:
        self.store.append(self.registrar, [image_draft(self.registrar) for _ in range(count)], **options)

    def open_store(self) -> SqlStore:
        return SqlStore.open(f"sqlite:///{self.folder / 'medseal.db'}")

    def rpc(self, method: str, *params: Any) -> Any:
        return Rpc(self.provider).call(method, *params)

    def check_exactly_once(self, mode: str = "register") -> None:
        """Nothing lost, nothing double: head, batches and events are the log, once each and in order."""
        registry, leaves = self.registry(), self.store.leaves(self.registrar)
        head, tree = registry.head(self.registrar), LogTrees(self.store).at(self.registrar)
        assert (head.size, head.root) == (len(leaves), tree.root())
        batches = sorted(self.store.batches(self.registrar), key=lambda batch: batch.sequence)
        assert [batch.sequence for batch in batches] == list(range(1, head.sequence + 1))
        assert [batch.first for batch in batches] == [0, *(batch.size for batch in batches[:-1])]
        assert all(registry.root_at(self.registrar, batch.sequence) == batch.root for batch in batches)
        assert batches[-1].size == len(leaves) and self.store.pending(self.registrar) is None
        events = [e for e in registry.events(0, registry.block().number) if e.registrar == self.registrar]
        heads = [(e.sequence, e.tx_hash) for e in events if e.name == "HeadAdvanced"]
        assert heads == [(batch.sequence, batch.tx_hash) for batch in batches]
        if mode == "register":
            emitted = [(e.index, e.leaf) for e in events if e.name == "ImageRegistered"]
            assert emitted == list(enumerate(leaves))


def make_hospital(folder: Path, provider: Provider) -> Hospital:
    deployment = deploy(provider, ADMIN)
    key = secrets.token_bytes(31) + b"\1"
    fund(provider, ADMIN, address_of(key), 10**20)
    registrar = hashlib.sha256(key).hexdigest()
    Directory(provider, deployment, ADMIN).add_registrar(registrar, "Test Hospital", address_of(key))
    folder.mkdir(parents=True, exist_ok=True)
    store = SqlStore.open(f"sqlite:///{folder / 'medseal.db'}")
    facts = {"name": "Test Hospital", "public_key": "ab" * 32, "chain_id": 1337, "contract": deployment.contract}
    genesis = entry_draft(registrar, "genesis", **facts)
    store.add_registrar(Registrar(registrar, "Test Hospital", "ab" * 32, START), genesis)
    return Hospital(folder, provider, deployment, key, registrar, store)


@pytest.fixture(scope="session")
def local_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalProvider]:
    with LocalTestnet(tmp_path_factory.mktemp("chain") / "chain.db", funded=[address_of(ADMIN)]) as node:
        yield LocalProvider(node)


@dataclass
class Node:
    """A node process with its URL."""

    url: str
    process: subprocess.Popen[str]

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(10)


def _start(command: list[str], url_of: Callable[[str], str | None]) -> Node:
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    guard = threading.Timer(30, process.kill)
    guard.start()
    try:
        node = Node(next(url for line in process.stdout if (url := url_of(line))), process)
    finally:
        guard.cancel()
    # Nodes report every request; one whose pipe is full stands still.
    threading.Thread(target=process.stdout.read, daemon=True).start()
    return node


def start_testnet_process(file: Path, port: int = 0) -> Node:
    options = ["--file", str(file), "--port", str(port), "--fund", address_of(ADMIN)]
    command = [sys.executable, "-m", "ledger.chain.testnet", *options]
    return _start(command, lambda line: line.split()[0] if line.startswith("http://") else None)


@pytest.fixture
def start_testnet(tmp_path: Path) -> Iterator[Callable[..., Node]]:
    """Start the embedded testnet on the test's own chain file, as a process, on a port that may be given."""
    started: list[Node] = []

    def start(port: int = 0) -> Node:
        started.append(start_testnet_process(tmp_path / "chain.db", port))
        return started[-1]

    yield start
    for node in started:
        node.stop()


@pytest.fixture(scope="module")
def http_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """The embedded testnet as a process of its own, for tests that fork: a forked child has no threads."""
    node = start_testnet_process(tmp_path_factory.mktemp("chain") / "chain.db")
    yield node
    node.stop()


@pytest.fixture(scope="module")
def anvil_node() -> Iterator[Node]:
    command = [str(ANVIL), "--port", "0", "--chain-id", "1337", "--hardfork", "cancun"]
    node = _start(command, lambda line: "http://" + line.split()[-1] if line.startswith("Listening on") else None)
    yield node
    node.stop()


@pytest.fixture(params=["embedded", pytest.param("anvil", marks=pytest.mark.needs_anvil)])
def hospital(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Hospital]:
    """A new hospital with its own contract, on each kind of node."""
    name = {"embedded": "local_node", "anvil": "anvil_node"}[request.param]
    node = request.getfixturevalue(name)
    made = make_hospital(tmp_path / "data", node.url if isinstance(node, Node) else node)
    yield made
    made.store.close()


@pytest.fixture
def local_hospital(local_node: LocalProvider, tmp_path: Path) -> Iterator[Hospital]:
    """A new hospital on the embedded testnet, for what does not depend on the node."""
    made = make_hospital(tmp_path / "data", local_node)
    yield made
    made.store.close()


@pytest.fixture
def anvil_hospital(anvil_node: Node, tmp_path: Path) -> Iterator[Hospital]:
    """A new hospital on anvil; its blocks come at once again after the test."""
    made = make_hospital(tmp_path / "data", anvil_node.url)
    yield made
    made.rpc("evm_setAutomine", True)
    made.store.close()


@pytest.fixture
def hospital_on(tmp_path: Path) -> Iterator[Callable[[Provider], Hospital]]:
    """Make a hospital on a node of the test's own."""
    made: list[Hospital] = []

    def make(provider: Provider) -> Hospital:
        made.append(make_hospital(tmp_path / f"data{len(made)}", provider))
        return made[-1]

    yield make
    for hospital in made:
        hospital.store.close()


@pytest.fixture
def in_child() -> Callable[[Callable[[], None]], int]:
    """Run a function in a forked child process and answer its wait status as os.waitstatus_to_exitcode has it."""

    def run(work: Callable[[], None]) -> int:
        child = os.fork()
        if child == 0:
            try:
                work()
            except BaseException:
                os._exit(70)
            os._exit(0)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    return run
