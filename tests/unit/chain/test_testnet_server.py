"""The HTTP server: who may drive it, how much it reads, and how it answers nonsense."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from ledger.chain.testnet import LocalTestnet, serve
from ledger.chain.testnet.protocol import MAX_BATCH, answer
from ledger.chain.testnet.server import MAX_BODY, is_loopback
from ledger.errors import SettingsError

CHAIN_ID = {"jsonrpc": "2.0", "id": 7, "method": "eth_chainId", "params": []}


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[http.client.HTTPConnection]:
    with LocalTestnet(tmp_path / "chain.sqlite") as node:
        server = serve(node)
        place = urlsplit(server.url)
        client = http.client.HTTPConnection(place.hostname or "", place.port, timeout=20)
        yield client
        client.close()
        server.close()


def _post(client: http.client.HTTPConnection, body: Any, **headers: str) -> tuple[int, Any]:
    client.request("POST", "/", body if isinstance(body, bytes) else json.dumps(body), headers)
    response = client.getresponse()
    return response.status, json.loads(response.read())


def test_many_requests_go_over_one_connection(connection: http.client.HTTPConnection) -> None:
    for _ in range(3):
        assert _post(connection, CHAIN_ID) == (200, {"jsonrpc": "2.0", "id": 7, "result": "0x539"})
        kept = connection.sock
        assert kept is not None
        _post(connection, CHAIN_ID)
        assert connection.sock is kept


def test_a_batch_is_answered_request_by_request(connection: http.client.HTTPConnection) -> None:
    status, answers = _post(connection, [CHAIN_ID, {"id": 8, "method": "nothing"}, "nonsense"])
    assert status == 200 and [answer["id"] for answer in answers] == [7, 8, None]
    assert answers[0]["result"] == "0x539"
    assert [answer["error"]["code"] for answer in answers[1:]] == [-32601, -32600]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{no json", -32700),
        (b"\xff\xfe", -32700),
        (b"[]", -32600),
        (json.dumps([CHAIN_ID] * (MAX_BATCH + 1)).encode(), -32600),
        (b"5", -32600),
        (b'{"id": 1}', -32600),
        (b'{"id": 1, "method": "eth_chainId", "params": {"a": 1}}', -32600),
        (b'{"id": 1, "method": "eth_chainId", "params": [1]}', -32602),
    ],
)
def test_nonsense_is_answered_with_its_code(connection: http.client.HTTPConnection, body: bytes, code: int) -> None:
    status, answer = _post(connection, body)
    assert status == 200 and answer["error"]["code"] == code
    assert _post(connection, CHAIN_ID)[1]["result"] == "0x539"


@pytest.mark.parametrize("origin", ["https://a.org", "http://127.0.0.1.a.org", "null", "file://", "http://[bad", ""])
def test_a_web_page_from_elsewhere_is_refused(connection: http.client.HTTPConnection, origin: str) -> None:
    status, answer = _post(connection, CHAIN_ID, Origin=origin)
    assert status == 403 and "result" not in answer


@pytest.mark.parametrize("origin", ["http://localhost:8501", "http://127.0.0.1:3000", "http://[::1]:80"])
def test_a_page_of_this_machine_is_served(connection: http.client.HTTPConnection, origin: str) -> None:
    assert _post(connection, CHAIN_ID, Origin=origin)[0] == 200


def test_a_body_over_the_limit_is_refused(connection: http.client.HTTPConnection) -> None:
    status, _ = _post(connection, b" " * (MAX_BODY + 1))
    assert status == 413
    assert _post(connection, b" " * (MAX_BODY - 200) + json.dumps(CHAIN_ID).encode())[0] == 200


@pytest.mark.parametrize("length", ["", "-1", "many", "1_0"])
def test_a_request_without_a_proper_length_is_refused(connection: http.client.HTTPConnection, length: str) -> None:
    connection.putrequest("POST", "/")
    if length:
        connection.putheader("Content-Length", length)
    connection.endheaders()
    assert connection.getresponse().status == 411


def test_a_fault_inside_the_node_is_answered(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with LocalTestnet(tmp_path / "chain.sqlite", funded=["0x" + "22" * 20]) as node:
        node.chain.store.connection.execute("DELETE FROM state")
        node.chain.store._cache.clear()
        reply = answer(node, {"id": 1, "method": "eth_getBalance", "params": ["0x" + "22" * 20]})
    assert reply["error"] == {"code": -32603, "message": "internal error: MissingTrieNode"}
    assert "eth_getBalance failed" in caplog.text


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with LocalTestnet(tmp_path / "chain.sqlite") as node:
        server = serve(node)
        port = urlsplit(server.url).port or 0
        with pytest.raises(SettingsError, match=str(port)):
            serve(node, port=port)
        server.close()


def test_loopback_addresses_are_told_from_others() -> None:
    assert all(map(is_loopback, ["localhost", "127.0.0.1", "127.8.8.8", "::1"]))
    assert not any(map(is_loopback, ["", "0.0.0.0", "10.0.0.1", "example.org", "localhost.example.org"]))
