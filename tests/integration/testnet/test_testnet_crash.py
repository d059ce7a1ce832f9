"""kill -9 at random moments: every acknowledged transaction is there after the restart, none twice."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from eth_account import Account
from eth_account.signers.local import LocalAccount

from ledger.chain.testnet import LocalTestnet

SIGNER: LocalAccount = Account.from_key("0x" + "33" * 32)
OTHER = "0x" + "44" * 20


@contextmanager
def _node(file: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [sys.executable, "-m", "ledger.chain.testnet", "--file", str(file), "--fund", SIGNER.address]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process, process.stdout.readline().split()[0]
        finally:
            process.kill()


def _rpc(session: requests.Session, url: str, method: str, *params: object) -> str:
    answer = session.post(url, json={"id": 1, "method": method, "params": params}, timeout=30).json()
    assert "result" in answer, answer
    return str(answer["result"])


def _transfer(nonce: int) -> str:
    fields = {"to": OTHER, "value": 1, "nonce": nonce, "gas": 21_000, "gasPrice": 10**10, "chainId": 1337}
    return "0x" + bytes(SIGNER.sign_transaction(fields).raw_transaction).hex()


def _send_until_killed(url: str, acknowledged: list[str]) -> None:
    """One transaction after the other, from the nonce that the chain names, as the product's sender does."""
    session = requests.Session()
    try:
        nonce = int(_rpc(session, url, "eth_getTransactionCount", SIGNER.address, "latest"), 16)
        while True:
            acknowledged.append(_rpc(session, url, "eth_sendRawTransaction", _transfer(nonce)))
            nonce += 1
    except requests.RequestException:
        return


def _kill_under_load(file: Path, acknowledged: list[str], delay: float) -> None:
    with _node(file) as (process, url):
        sender = threading.Thread(target=_send_until_killed, args=(url, acknowledged))
        sender.start()
        time.sleep(delay)
        process.kill()
        process.wait()
        sender.join()


def _check(file: Path, acknowledged: list[str], kills: int) -> None:
    """A block may have been stored without its answer getting out: at most one a kill."""
    assert len(set(acknowledged)) == len(acknowledged) > kills
    with LocalTestnet(file) as node:
        blocks = int(node.rpc("eth_blockNumber"), 16)
        keys = [node.rpc("eth_getBlockByNumber", [hex(number)])["transactions"] for number in range(1, blocks + 1)]
        assert all(len(found) == 1 for found in keys) and len({found[0] for found in keys}) == blocks
        assert [found[0] for found in keys if found[0] in set(acknowledged)] == acknowledged
        assert len(acknowledged) <= blocks <= len(acknowledged) + kills
        assert node.rpc("eth_getBalance", [OTHER]) == node.rpc("eth_getTransactionCount", [SIGNER.address])
        assert int(node.rpc("eth_getBalance", [OTHER]), 16) == blocks
        for key in acknowledged:
            assert node.rpc("eth_getTransactionReceipt", [key])["status"] == "0x1"


def _survives(file: Path, kills: int) -> None:
    acknowledged: list[str] = []
    for _ in range(kills):
        _kill_under_load(file, acknowledged, random.uniform(0.05, 0.6))
    _check(file, acknowledged, kills)
    print(f"{kills} kills, {len(acknowledged)} acknowledged transactions, 0 lost")


def test_six_kills_lose_no_acknowledged_transaction_and_double_none(tmp_path: Path) -> None:
    _survives(tmp_path / "chain.sqlite", kills=6)


@pytest.mark.slow
def test_fifty_kills_lose_no_acknowledged_transaction_and_double_none(tmp_path: Path) -> None:
    _survives(tmp_path / "chain.sqlite", kills=50)


def test_a_node_killed_while_it_is_being_born_starts_afterwards(tmp_path: Path) -> None:
    file = tmp_path / "chain.sqlite"
    command = [sys.executable, "-m", "ledger.chain.testnet", "--file", str(file)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        while not file.exists():
            time.sleep(0.0005)
        process.kill()
    with LocalTestnet(file) as node:
        assert node.rpc("eth_blockNumber") == "0x0"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_the_node_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    file = tmp_path / "chain.sqlite"
    with _node(file) as (process, url):
        session = requests.Session()
        key = _rpc(session, url, "eth_sendRawTransaction", _transfer(0))
        process.send_signal(number)
        assert process.wait(timeout=10) == 0
    assert not file.with_name(file.name + "-wal").exists()
    with LocalTestnet(file) as node:
        assert node.rpc("eth_getTransactionReceipt", [key])["status"] == "0x1"


def test_the_node_listens_on_loopback_and_says_so(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "ledger.chain.testnet",
        "--file",
        str(tmp_path / "c.sqlite"),
        "--chain-id",
        "31337",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        process.terminate()
    assert line.startswith("http://127.0.0.1:") and "chain id 31337" in line and "this machine only" in line
