"""A node's answers: errors of the ledger's tree for silence, nonsense and refusals."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from web3.providers.base import BaseProvider

from ledger.chain.client import Web3Registry
from ledger.chain.rpc import WORK_FACTOR, Rpc, reason
from ledger.core.ethproof import keccak
from ledger.errors import ChainRejected, ChainSilent, ChainUnreachable

REGISTRAR = "ab" * 32
ADDRESS = "0x" + "12" * 20


class Answering(BaseProvider):
    """A provider that answers each method from a table: a result, a whole response, or an exception."""

    def __init__(self, answers: dict[str, Any]) -> None:
        super().__init__()
        self.answers = answers
        self.asked: list[tuple[str, Any]] = []

    def make_request(self, method: Any, params: Any) -> Any:
        self.asked.append((method, params))
        answer = self.answers.get(method)
        if isinstance(answer, BaseException):
            raise answer
        return answer(params) if callable(answer) else {"result": answer}


def registry(**answers: Any) -> Web3Registry:
    return Web3Registry(Rpc(Answering(answers)), chain_id=1, address=ADDRESS)


READS: dict[str, Callable[[Web3Registry], Any]] = {
    "block": lambda r: r.block(),
    "head": lambda r: r.head(REGISTRAR),
    "root_at": lambda r: r.root_at(REGISTRAR, 1),
    "directory": lambda r: r.directory(REGISTRAR),
    "registrar_of": lambda r: r.registrar_of(ADDRESS),
    "events": lambda r: r.events(0, 1),
    "gas_price": lambda r: r.gas_price(),
    "max_leaves": lambda r: r.max_leaves(),
    "evidence": lambda r: r.evidence(REGISTRAR, 1, "0x", _BLOCK),
    "check": lambda r: r.check(),
}
METHODS = (
    "eth_getBlockByNumber",
    "eth_getBlockByHash",
    "eth_call",
    "eth_getStorageAt",
    "eth_getLogs",
    "eth_gasPrice",
    "eth_chainId",
)


class _Block:
    number, hash, time = 1, "0x" + "00" * 32, 0


_BLOCK: Any = _Block()


NONSENSE: tuple[Any, ...] = (7, "", "0x", "zz", [], {}, [{}], {"number": "x"}, True)


# No logs at all is sense.
@pytest.mark.parametrize(
    ("read", "nonsense"), [(read, value) for read in READS for value in NONSENSE if (read, value) != ("events", [])]
)
def test_nonsense_from_the_node_is_an_unreachable_chain(read: str, nonsense: Any) -> None:
    with pytest.raises(ChainUnreachable):
        READS[read](registry(**dict.fromkeys(METHODS, nonsense)))


@pytest.mark.parametrize("failure", [ConnectionRefusedError(), TimeoutError(), ValueError("not JSON")])
def test_a_node_that_does_not_answer_is_an_unreachable_chain(failure: Exception) -> None:
    with pytest.raises(ChainUnreachable, match="does not answer"):
        registry(eth_getBlockByNumber=failure).block()


@pytest.mark.parametrize("response", [None, [], "x", {}, {"jsonrpc": "2.0"}])
def test_a_response_without_a_result_is_an_unreachable_chain(response: Any) -> None:
    with pytest.raises(ChainUnreachable, match="expected a JSON-RPC answer"):
        registry(eth_getBlockByNumber=lambda _: response).block()


def test_a_refused_read_is_an_outage_and_a_refused_transaction_is_a_rejection() -> None:
    refusal = {"error": {"code": -32000, "message": "insufficient funds"}}
    answers = {"eth_getTransactionByHash": None}
    refusing = registry(eth_sendRawTransaction=lambda _: refusal, eth_gasPrice=lambda _: refusal, **answers)
    with pytest.raises(ChainUnreachable, match="refused eth_gasPrice: insufficient funds"):
        refusing.gas_price()
    with pytest.raises(ChainRejected, match="insufficient funds"):
        refusing.broadcast(b"raw")


def test_a_transaction_that_the_node_knows_already_is_fine() -> None:
    refusal = {"error": {"code": -32000, "message": "this one I have seen"}}
    registry(eth_sendRawTransaction=lambda _: refusal, eth_getTransactionByHash={"hash": "0x"}).broadcast(b"raw")


@pytest.mark.parametrize("code", [-32005, -32603])
def test_a_node_in_trouble_does_not_reject_a_transaction(code: int) -> None:
    busy = {"error": {"code": code, "message": "slow down"}}
    with pytest.raises(ChainUnreachable, match="slow down"):
        registry(eth_sendRawTransaction=lambda _: busy).broadcast(b"raw")


def test_a_custom_error_is_named_with_its_arguments_however_the_node_wraps_it() -> None:
    raw = "0x" + keccak(b"UnknownRegistrar(bytes32)")[:4].hex() + "ab" * 32
    expected = f"UnknownRegistrar(registrar=0x{'ab' * 32})"
    for data in (raw, f"Reverted {raw}", {"data": raw}, {"originalError": {"data": raw}}):
        assert reason({"code": 3, "message": "execution reverted", "data": data}) == expected


def test_a_plain_revert_reason_and_a_panic_are_read_too() -> None:
    text = "08c379a0" + f"{32:064x}" + f"{3:064x}" + b"why".hex().ljust(64, "0")
    assert reason({"data": "0x" + text}) == "Error(why)"
    assert reason({"data": "0x4e487b71" + f"{17:064x}"}) == "Panic(17)"


@given(st.text(max_size=200))
def test_any_text_as_error_data_leaves_the_message(data: str) -> None:
    assert isinstance(reason({"message": "m", "data": data}), str)


def test_a_wide_range_of_logs_is_asked_for_in_pieces_and_a_refused_piece_in_halves() -> None:
    def logs(params: list[dict[str, str]]) -> dict[str, Any]:
        first, last = (int(params[0][key], 16) for key in ("fromBlock", "toBlock"))
        asked.append((first, last))
        return {"result": []} if last - first < 600 else {"error": {"code": -32000, "message": "too many blocks"}}

    asked: list[tuple[int, int]] = []
    assert registry(eth_getLogs=logs).events(10, 4_500) == []
    answered = sorted(pair for pair in asked if pair[1] - pair[0] < 600)
    assert answered[0][0] == 10 and answered[-1][1] == 4_500
    assert all(left[1] + 1 == right[0] for left, right in pairwise(answered))


@pytest.fixture
def broken_server() -> Iterator[Callable[[int, bytes], str]]:
    """Serve one fixed HTTP answer and give its URL without the scheme."""
    servers: list[HTTPServer] = []

    def serve(status: int, body: bytes) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None: ...

        servers.append(HTTPServer(("127.0.0.1", 0), Handler))
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
        return f"127.0.0.1:{servers[-1].server_port}/v3/secret"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("user", ["", "user:secret@"])
@pytest.mark.parametrize(("status", "body"), [(200, b"<html>"), (200, b"\xff"), (502, b"{}"), (401, b""), (200, b"")])
def test_an_http_failure_is_an_unreachable_chain_and_does_not_tell_the_urls_secrets(
    broken_server: Callable[[int, bytes], str], status: int, body: bytes, user: str
) -> None:
    with pytest.raises(ChainUnreachable) as caught:
        Rpc(f"http://{user}{broken_server(status, body)}").call("eth_chainId")
    assert "127.0.0.1" in str(caught.value) and "secret" not in str(caught.value)
    assert caught.value.__suppress_context__, "the cause would print the URL"


@pytest.mark.parametrize("user", ["", "user:secret@"])
def test_a_closed_port_is_an_unreachable_chain(user: str) -> None:
    with pytest.raises(ChainUnreachable, match="ConnectionError"):
        Rpc(f"http://{user}127.0.0.1:9/secret", timeout=1.0).call("eth_chainId")


@pytest.mark.parametrize("user", ["", "user:secret@"])
def test_a_node_that_takes_too_long_is_an_unreachable_chain(user: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://{user}127.0.0.1:{silent.getsockname()[1]}/secret"
        with pytest.raises(ChainUnreachable, match="did not answer eth_chainId in time"):
            Rpc(url, timeout=0.2).call("eth_chainId")


def test_a_silent_node_is_not_waited_for_again_and_is_asked_again_later() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        rpc = Rpc(url, timeout=0.3)
        with pytest.raises(ChainSilent, match="in time"):
            rpc.call("eth_chainId")
        began = time.monotonic()
        with pytest.raises(ChainSilent, match="did not answer in time a moment ago"):
            Rpc(url, timeout=0.3).call("eth_blockNumber")
        assert time.monotonic() - began < 0.25
        time.sleep(0.35)
        with pytest.raises(ChainSilent, match="in time"):
            rpc.call("eth_chainId")


def test_work_that_takes_long_does_not_silence_a_node() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        rpc = Rpc(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout=0.1)
        began = time.monotonic()
        with pytest.raises(ChainSilent, match="did not answer eth_getLogs in time"):
            rpc.call("eth_getLogs", {})
        assert time.monotonic() - began >= 0.1 * WORK_FACTOR
        with pytest.raises(ChainSilent, match="did not answer eth_chainId in time"):
            rpc.call("eth_chainId")
