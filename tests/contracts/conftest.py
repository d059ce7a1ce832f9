"""The registry on two chains, driven from Python, with an RFC 9162 oracle that shares no code with MedSeal."""

from __future__ import annotations

import hashlib
import itertools
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount
from web3 import Web3
from web3.contract import Contract
from web3.contract.contract import ContractFunction
from web3.exceptions import ContractCustomError
from web3.types import RPCEndpoint

import contracts

ADMIN: LocalAccount = Account.from_key(hashlib.sha256(b"admin").digest())
GWEI = 10**9
ETHER = 10**18


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """RFC 9162, section 2.1, recursive. ``known`` maps a range of leaves to its hash: each leaf, and for a tree too
    large to write out the roots of its perfect subtrees instead."""

    def __init__(self) -> None:
        self.size = 0
        self.known: dict[tuple[int, int], bytes] = {}

    @classmethod
    def of_peaks(cls, size: int) -> Tree:
        """A tree of that size whose perfect subtrees have made-up roots."""
        tree = cls()
        for bit in (1 << n for n in reversed(range(size.bit_length())) if size >> n & 1):
            tree.known[tree.size, tree.size + bit] = hashlib.sha256(b"peak%d" % bit).digest()
            tree.size += bit
        return tree

    def append(self, leaves: Sequence[bytes]) -> None:
        for leaf in leaves:
            self.known[self.size, self.size + 1] = leaf
            self.size += 1

    def root(self) -> bytes:
        return self._mth(0, self.size)

    def peaks(self) -> list[bytes]:
        found, start = [], 0
        for bit in (1 << n for n in reversed(range(self.size.bit_length())) if self.size >> n & 1):
            found.append(self._mth(start, start + bit))
            start += bit
        return found

    def path(self, index: int) -> list[bytes]:
        return self._path(index, 0, self.size)

    def consistency(self, first: int) -> list[bytes]:
        return self._subproof(first, 0, self.size, True) if first else []

    def _mth(self, start: int, end: int) -> bytes:
        if (start, end) in self.known:
            return self.known[start, end]
        middle = self._middle(start, end)
        return node_hash(self._mth(start, middle), self._mth(middle, end))

    def _path(self, index: int, start: int, end: int) -> list[bytes]:
        if end - start == 1:
            return []
        middle = self._middle(start, end)
        if index < middle:
            return [*self._path(index, start, middle), self._mth(middle, end)]
        return [*self._path(index, middle, end), self._mth(start, middle)]

    def _subproof(self, first: int, start: int, end: int, whole: bool) -> list[bytes]:
        if first == end:
            return [] if whole else [self._mth(start, end)]
        middle = self._middle(start, end)
        if first <= middle:
            return [*self._subproof(first, start, middle, whole), self._mth(middle, end)]
        return [*self._subproof(first, middle, end, False), self._mth(start, middle)]

    @staticmethod
    def _middle(start: int, end: int) -> int:
        return start + (1 << ((end - start - 1).bit_length() - 1))


@dataclass
class Registry:
    """The deployed contract and ways to use it that check themselves."""

    w3: Web3
    contract: Contract
    _counter: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def send(self, account: LocalAccount, function: ContractFunction) -> Any:
        """The receipt of a transaction that was mined, whether it succeeded or not."""
        return send(self.w3, account, function, gas=25_000_000)

    def do(self, function: ContractFunction, account: LocalAccount = ADMIN) -> Any:
        receipt = self.send(account, function)
        assert receipt["status"] == 1, function
        return receipt

    def refuse(self, error: str, values: Sequence[Any], function: ContractFunction, account: LocalAccount) -> None:
        """The call reverts with that custom error and values, and the transaction is mined as failed."""
        with pytest.raises(ContractCustomError) as caught:
            function.call({"from": account.address})
        data = bytes.fromhex(str(caught.value.data)[2:])
        [abi] = [row for row in self.contract.abi if row["type"] == "error" and row["name"] == error]
        types = [part["type"] for part in abi["inputs"]]
        assert data[:4] == self.w3.keccak(text=f"{error}({','.join(types)})")[:4]
        assert self.w3.codec.decode(types, data[4:]) == tuple(values)
        assert self.send(account, function)["status"] == 0

    def topic(self, event: str) -> bytes:
        return bytes.fromhex(self.contract.events[event]().topic[2:])

    def new_account(self) -> LocalAccount:
        """An account with some ether."""
        account: LocalAccount = Account.from_key(hashlib.sha256(b"sender%d" % next(self._counter)).digest())
        send(self.w3, ADMIN, None, to=account.address, value=ETHER, gas=21_000)
        return account

    def new_log(self) -> Log:
        account = self.new_account()
        registrar = hashlib.sha256(account.address.encode()).digest()
        functions = self.contract.functions
        receipt = self.do(functions.addRegistrar(registrar, hashlib.sha256(b"name").digest(), account.address))
        topics = [[*row["topics"]] for row in receipt["logs"]]
        sender = bytes.fromhex(account.address[2:]).rjust(32, b"\0")
        assert topics == [[self.topic("RegistrarAdded"), registrar], [self.topic("SenderAdded"), registrar, sender]]
        return Log(self, registrar, account, Tree())


@dataclass
class Log:
    """One registrar's log, with the oracle's copy of it beside."""

    registry: Registry
    registrar: bytes
    account: LocalAccount
    tree: Tree
    sequence: int = 0

    def register_call(self, leaves: Sequence[bytes]) -> ContractFunction:
        functions = self.registry.contract.functions
        return functions.register(self.sequence + 1, self.tree.size, self.tree.peaks(), list(leaves))

    def register(self, leaves: Sequence[bytes], account: LocalAccount | None = None) -> Any:
        """Register, and check head, kept root and every event. Returns the receipt."""
        receipt = self.registry.do(self.register_call(leaves), account or self.account)
        first = self.tree.size
        self.tree.append(leaves)
        topic = self.registry.topic("ImageRegistered")
        assert [([*row["topics"]], row["data"]) for row in receipt["logs"][:-1]] == [
            ([topic, self.registrar, leaf], (first + i).to_bytes(32)) for i, leaf in enumerate(leaves)
        ]
        self._advanced(receipt, events=len(leaves) + 1)
        return receipt

    def anchor(self, leaves: Sequence[bytes]) -> Any:
        """Anchor the log grown by ``leaves``, and check head, kept root and the event. Returns the receipt."""
        first = self.tree.size
        self.tree.append(leaves)
        receipt = self.registry.do(self.anchor_call(self.tree, first), self.account)
        self._advanced(receipt, events=1)
        return receipt

    def anchor_call(self, tree: Tree, first: int) -> ContractFunction:
        functions = self.registry.contract.functions
        return functions.anchor(self.sequence + 1, tree.size, tree.root(), tree.consistency(first))

    def start_at(self, size: int) -> None:
        """Make an empty log one of that size by an anchor without leaves."""
        self.tree = Tree.of_peaks(size)
        self._advanced(self.registry.do(self.anchor_call(self.tree, 0), self.account), events=1)

    def head(self) -> tuple[int, int, bytes]:
        sequence, size, root = self.registry.contract.functions.headOf(self.registrar).call()
        return sequence, size, root

    def _advanced(self, receipt: Any, events: int) -> None:
        self.sequence += 1
        root = self.tree.root()
        assert self.head() == (self.sequence, self.tree.size, root)
        assert self.registry.contract.functions.rootAt(self.registrar, self.sequence).call() == root
        assert len(receipt["logs"]) == events
        last = receipt["logs"][-1]
        topic = self.registry.topic("HeadAdvanced")
        assert [*last["topics"]] == [topic, self.registrar, self.sequence.to_bytes(32)]
        assert last["data"] == self.tree.size.to_bytes(32) + root


def send(w3: Web3, account: LocalAccount, call: Any, **fields: Any) -> Any:
    """The receipt of a transaction signed here: nodes hold no keys."""
    fields |= {"from": account.address, "chainId": w3.eth.chain_id, "gasPrice": 10 * GWEI}
    fields["nonce"] = w3.eth.get_transaction_count(account.address)
    transaction = fields if call is None else call.build_transaction(fields)
    signed = account.sign_transaction({key: value for key, value in transaction.items() if key != "from"})
    return w3.eth.wait_for_transaction_receipt(w3.eth.send_raw_transaction(signed.raw_transaction), poll_latency=0.005)


def local_testnet(folder: Path) -> Iterator[Web3]:
    from ledger.chain.testnet import LocalProvider, LocalTestnet

    with LocalTestnet(folder / "chain.sqlite", chain_id=1337, funded=[ADMIN.address]) as node:
        yield Web3(LocalProvider(node))


def anvil(folder: Path) -> Iterator[Web3]:
    [binary] = contracts.FOLDER.glob("node_modules/@foundry-rs/anvil-*/bin/anvil*")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(binary), "--port", str(port), "--silent", "--hardfork", "cancun"]
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet, cwd=folder)
    try:
        w3 = Web3(Web3.HTTPProvider(f"http://127.0.0.1:{port}"))
        deadline = time.monotonic() + 20
        while not w3.is_connected():
            assert time.monotonic() < deadline, "anvil does not answer"
            time.sleep(0.05)
        w3.provider.make_request(RPCEndpoint("anvil_setBalance"), [ADMIN.address, hex(1000 * ETHER)])
        yield w3
    finally:
        process.terminate()
        process.wait()


CHAINS = {"local testnet": local_testnet, "anvil": anvil}


@pytest.fixture(
    scope="module",
    params=[pytest.param("local testnet"), pytest.param("anvil", marks=pytest.mark.needs_anvil)],
)
def registry(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """The contract, freshly deployed from the committed artifact, on each chain in turn."""
    artifact = contracts.load_artifact()
    for w3 in CHAINS[request.param](tmp_path_factory.mktemp("chain")):
        factory = w3.eth.contract(abi=artifact.abi, bytecode=artifact.bytecode)
        receipt = send(w3, ADMIN, factory.constructor(0, ADMIN.address), gas=5_000_000)
        assert w3.eth.get_code(receipt["contractAddress"]).to_0x_hex() == artifact.deployed_bytecode
        yield Registry(w3, w3.eth.contract(receipt["contractAddress"], abi=artifact.abi))


@pytest.fixture
def log(registry: Registry) -> Log:
    """A new registrar's empty log."""
    return registry.new_log()


@pytest.fixture
def artifact() -> contracts.Artifact:
    return contracts.load_artifact()
