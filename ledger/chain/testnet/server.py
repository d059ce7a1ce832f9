"""JSON-RPC 2.0 over HTTP/1.1 with keep-alive, for one machine: a loopback address and loopback origins."""

from __future__ import annotations

import ipaddress
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import orjson

from ledger.chain.testnet.node import LocalTestnet
from ledger.chain.testnet.protocol import answer, failed
from ledger.chain.testnet.wire import PARSE_ERROR, RpcError
from ledger.errors import SettingsError

MAX_BODY = 16 * 1024 * 1024
"""Bytes of one request; a transaction of 1,000 leaves is 70 kB."""
_IDLE_SECONDS = 300
_STOP_SECONDS = 0.05  # how long close() may wait for the listener


def is_loopback(host: str) -> bool:
    """True for localhost and for addresses of the loopback networks."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_local(origin: str) -> bool:
    """Any page in a browser can post to loopback; only those that this machine serves may."""
    try:
        return is_loopback(urlsplit(origin).hostname or "")
    except ValueError:
        return False


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = _IDLE_SECONDS
    disable_nagle_algorithm = True
    node: LocalTestnet

    def do_POST(self) -> None:
        refusal = self._refusal()
        if refusal is not None:
            self._discard_body()
            self._reply(refusal, {"error": refusal.description or refusal.phrase})
            return
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            request = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            self._reply(HTTPStatus.OK, failed(None, RpcError(PARSE_ERROR, f"invalid JSON: {error}")))
            return
        self._reply(HTTPStatus.OK, answer(self.node, request))

    def _refusal(self) -> HTTPStatus | None:
        origin, length = self.headers.get("Origin"), self.headers.get("Content-Length", "")
        if origin is not None and not _is_local(origin):
            return HTTPStatus.FORBIDDEN
        if not (length.isascii() and length.isdigit()):
            return HTTPStatus.LENGTH_REQUIRED
        return HTTPStatus.REQUEST_ENTITY_TOO_LARGE if int(length) > MAX_BODY else None

    def _discard_body(self) -> None:
        """Read what the client is still sending: closing early would reset the connection before it sees the answer."""
        self.close_connection = True
        length = self.headers.get("Content-Length", "")
        left = min(int(length), 4 * MAX_BODY) if length.isascii() and length.isdigit() else 0
        while left > 0 and (chunk := self.rfile.read(min(left, 65_536))):
            left -= len(chunk)

    def _reply(self, status: HTTPStatus, value: Any) -> None:
        body = orjson.dumps(value)
        lines = [
            f"HTTP/1.1 {status.value} {status.phrase}",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
            f"Connection: {'close' if self.close_connection else 'keep-alive'}",
        ]
        # One write for header and body: two would wait for the peer's delayed acknowledgement, 40 ms.
        self.wfile.write("\r\n".join([*lines, "", ""]).encode("ascii") + body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Nothing is printed for a request; the chain file is the record."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no event."""


class ChainServer:
    """A running server; :attr:`url` is where, :meth:`close` stops it and leaves the node open."""

    def __init__(self, node: LocalTestnet, host: str, port: int) -> None:
        handler = type("Handler", (_Handler,), {"node": node})
        try:
            self._server = _Server((host, port), handler)
        except OSError as error:
            advice = "Choose another port, or 0 for any free one."
            raise SettingsError(f"cannot listen on {host}:{port}: {error}", advice=advice) from error
        self.url = f"http://{host}:{self._server.server_address[1]}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_STOP_SECONDS,), name="testnet-http", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Stop listening; requests that are being answered end by themselves."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)


def serve(node: LocalTestnet, host: str = "127.0.0.1", port: int = 0) -> ChainServer:
    """Serve ``node`` over HTTP until ``close``; port 0 takes a free one. SettingsError when the port is taken."""
    return ChainServer(node, host, port)
