"""How fast the testnet is; run with -s to read the figures that its README states. Bounds are the promised ones."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils import to_checksum_address

pytestmark = pytest.mark.slow

SIGNER: LocalAccount = Account.from_key("0x" + "55" * 32)
EVENT = "0x" + "ab" * 32

# Assembled by hand. For each 32-byte word of the call data: two calls of the SHA-256 precompile, one event without
# data and with the topics EVENT, caller, offset, second hash; at the end the last hash goes into slot 0.
BYTECODE = (
    "61005461000d5f396100545ff35f5b803560205260205f60405f60025afa5060205f60405f60025afa505f5181337fababababab"
    "ababababababababababababababababababababababababababab5f5fa4602001803690106001575f515f5500"
)


@dataclass
class Node:
    url: str
    session: requests.Session
    file: Path
    started: float
    nonce: int = 0

    def rpc(self, method: str, *params: Any) -> Any:
        answer = self.session.post(self.url, json={"id": 1, "method": method, "params": params}, timeout=60).json()
        assert "result" in answer, answer
        return answer["result"]

    def sign(self, **fields: Any) -> str:
        base = {"nonce": self.nonce, "gas": 21_000, "gasPrice": 10**10, "chainId": 1337, "to": SIGNER.address}
        self.nonce += 1
        return "0x" + bytes(SIGNER.sign_transaction({**base, **fields}).raw_transaction).hex()

    def timed(self, method: str, *params: Any, rounds: int = 50) -> float:
        """Median milliseconds over HTTP."""
        times = []
        for _ in range(rounds):
            start = time.perf_counter()
            self.rpc(method, *params)
            times.append(time.perf_counter() - start)
        return statistics.median(times) * 1000


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    file = tmp_path_factory.mktemp("speed") / "chain.sqlite"
    command = [sys.executable, "-m", "ledger.chain.testnet", "--file", str(file), "--fund", SIGNER.address]
    start = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[0]
        yield Node(url, requests.Session(), file, time.perf_counter() - start)
        process.terminate()


@pytest.fixture(scope="module")
def contract(node: Node) -> str:
    key = node.rpc("eth_sendRawTransaction", node.sign(data=BYTECODE, to=b"", gas=1_000_000))
    return str(to_checksum_address(node.rpc("eth_getTransactionReceipt", key)["contractAddress"]))


def test_the_node_starts_within_2600_ms(node: Node) -> None:
    print(f"start to ready: {node.started * 1000:.0f} ms")
    assert node.started < 2.6


def test_at_least_20_transactions_a_second_go_over_http(node: Node) -> None:
    signed = [node.sign() for _ in range(200)]
    start = time.perf_counter()
    for raw in signed:
        node.rpc("eth_sendRawTransaction", raw)
    rate = len(signed) / (time.perf_counter() - start)
    print(f"transfers, one after the other: {rate:.0f} a second")
    assert rate >= 20


def test_a_transaction_of_500_leaves_takes_less_than_a_second(node: Node, contract: str) -> None:
    times, grown = [], node.rpc("eth_blockNumber")
    size = _size(node)
    for _ in range(20):  # 10,000 events, which the next test searches
        raw = node.sign(to=contract, data=os.urandom(32 * 500), gas=3_000_000)
        start = time.perf_counter()
        key = node.rpc("eth_sendRawTransaction", raw)
        times.append(time.perf_counter() - start)
    receipt = node.rpc("eth_getTransactionReceipt", key)
    assert (receipt["status"], len(receipt["logs"])) == ("0x1", 500) and receipt["blockNumber"] > grown
    milliseconds, bytes_each = statistics.median(times) * 1000, (_size(node) - size) / 10_000
    print(
        f"500 leaves, {int(receipt['gasUsed'], 16):,} gas: {milliseconds:.0f} ms; {bytes_each:.0f} bytes of disk a leaf"
    )
    assert milliseconds < 1000


def _size(node: Node) -> int:
    return sum(path.stat().st_size for path in node.file.parent.glob(node.file.name + "*"))


def test_a_filtered_search_of_10000_events_takes_less_than_10_ms(node: Node, contract: str) -> None:
    offsets = ["0x" + f"{offset:064x}" for offset in (320, 640)]
    by_topic = node.timed("eth_getLogs", {"address": contract, "fromBlock": "0x0", "topics": [EVENT, None, offsets]})
    block = hex(int(node.rpc("eth_blockNumber"), 16))
    by_block = node.timed("eth_getLogs", {"address": contract, "fromBlock": block, "topics": [EVENT]})
    print(f"eth_getLogs on 10,000 events: 40 by topic {by_topic:.1f} ms, 500 of one block {by_block:.1f} ms")
    found = node.rpc("eth_getLogs", {"fromBlock": "0x0", "topics": [EVENT, None, offsets]})
    assert len(found) == 40
    assert by_topic < 10


def test_cheap_reads_take_less_than_2_ms(node: Node, contract: str) -> None:
    reads = {
        "eth_blockNumber": [],
        "eth_getStorageAt": [contract, "0x0", "latest"],
        "eth_getBlockByNumber": ["latest", False],
        "eth_getTransactionCount": [SIGNER.address, "latest"],
        "eth_getProof": [contract, ["0x0"], "latest"],
        "eth_call": [{"to": contract}, "latest"],
    }
    medians = {method: node.timed(method, *params) for method, params in reads.items()}
    print(", ".join(f"{method} {median:.1f} ms" for method, median in medians.items()))
    assert all(medians[name] < 2 for name in ("eth_blockNumber", "eth_getStorageAt", "eth_getBlockByNumber"))
