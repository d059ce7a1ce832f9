"""Nodes for tests that speak JSON-RPC: the embedded testnet in process and over HTTP, and anvil."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from web3 import Web3

from ledger.chain.testnet import LocalProvider, LocalTestnet

ANVIL = Path(__file__).parents[3] / "contracts/node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil"
FUNDED = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
"""The first of anvil's well-known accounts, rich on each of the nodes."""


@pytest.fixture(
    scope="module",
    params=["in process", "http", pytest.param("anvil", marks=pytest.mark.needs_anvil)],
)
def rpc_node(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Web3]]:
    """The node's kind and a connection to it: chain id 1337, Cancun, a block for each transaction."""
    file = tmp_path_factory.mktemp("chain") / "chain.sqlite"
    starters = {"in process": _in_process, "http": _http, "anvil": _anvil}
    for w3 in starters[request.param](file):
        yield request.param, w3


def _in_process(file: Path) -> Iterator[Web3]:
    with LocalTestnet(file, funded=[FUNDED]) as node:
        yield Web3(LocalProvider(node))


def _http(file: Path) -> Iterator[Web3]:
    command = [sys.executable, "-m", "ledger.chain.testnet", "--file", str(file), "--fund", FUNDED]
    yield from _process(command, lambda line: line.split()[0] if line.startswith("http://") else None)


def _anvil(_file: Path) -> Iterator[Web3]:
    command = [str(ANVIL), "--port", "0", "--chain-id", "1337", "--hardfork", "cancun"]
    yield from _process(command, lambda line: "http://" + line.split()[-1] if line.startswith("Listening on") else None)


def _process(command: list[str], url_of: Any) -> Iterator[Web3]:
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Web3(Web3.HTTPProvider(_announced(process, url_of)))
        finally:
            process.terminate()


def _announced(process: subprocess.Popen[str], url_of: Any) -> str:
    assert process.stdout is not None
    deadline = threading.Timer(30, process.kill)
    deadline.start()
    try:
        return str(next(url for line in process.stdout if (url := url_of(line))))
    finally:
        deadline.cancel()
