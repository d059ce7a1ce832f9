"""What surrounds every request: a request id, the limit on the body, one log line, and an answer to the unexpected.

Privacy: the log line has the route's template and nothing that the caller sent: no query string, no body, no file
name. Of an unexpected exception it has the type and the lines of code, not the message, which may quote an image.
"""

from __future__ import annotations

import time
import traceback
import uuid
from dataclasses import dataclass
from pathlib import Path

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ledger.api.problems import internal_error, too_large

MAX_OTHER_BODY = 4 * 1024 * 1024  # a full DigestBatch has under 1 MB

_log = structlog.get_logger("ledger.api")


@dataclass
class _Exchange:
    """One request on its way."""

    scope: Scope
    request_id: str
    limit: int
    received: int = 0
    status: int | None = None

    async def receive(self, receive: Receive) -> Message:
        """The next message; HTTPException 413 as soon as the body has outgrown the limit."""
        message = await receive()
        self.received += len(message.get("body", b""))
        if self.received > self.limit:
            raise HTTPException(413)
        return message

    async def send(self, message: Message, send: Send) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers["X-Request-ID"] = self.request_id
            headers["X-Content-Type-Options"] = "nosniff"
            headers["Cache-Control"] = "no-store"
        await send(message)

    def route(self) -> str:
        return getattr(self.scope.get("route"), "path", "(none)")


class Envelope:
    """ASGI middleware. Bodies may have ``max_upload`` bytes as multipart, and :data:`MAX_OTHER_BODY` otherwise."""

    def __init__(self, app: ASGIApp, max_upload: int) -> None:
        self._app = app
        self._max_upload = max_upload

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        multipart = headers.get("content-type", "").lower().startswith(("multipart/form-data", "multipart/related"))
        exchange = _Exchange(scope, uuid.uuid4().hex, self._max_upload if multipart else MAX_OTHER_BODY)
        started = time.perf_counter()
        try:
            await self._answer(exchange, _length(headers), receive, send)
        finally:
            _log.info(
                "request",
                request_id=exchange.request_id,
                method=scope["method"],
                route=exchange.route(),
                status=exchange.status,
                milliseconds=round((time.perf_counter() - started) * 1000, 1),
            )

    async def _answer(self, exchange: _Exchange, length: int, receive: Receive, send: Send) -> None:
        async def counted() -> Message:
            return await exchange.receive(receive)

        async def stamped(message: Message) -> None:
            await exchange.send(message, send)

        if length > exchange.limit:
            await too_large(exchange.limit)(exchange.scope, receive, stamped)
            return
        try:
            with structlog.contextvars.bound_contextvars(request_id=exchange.request_id):
                await self._app(exchange.scope, counted, stamped)
        except Exception as error:  # noqa: BLE001  (the last line of defence: anything else is answered as 500)
            _log.error("unexpected", request_id=exchange.request_id, route=exchange.route(), **_where(error))
            if exchange.status is None:
                await internal_error(exchange.request_id)(exchange.scope, receive, stamped)


def _length(headers: Headers) -> int:
    value = headers.get("content-length", "0")
    return int(value) if value.isascii() and value.isdigit() else 0


def _where(error: Exception) -> dict[str, object]:
    frames = traceback.extract_tb(error.__traceback__)[-12:]
    lines = [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
    return {"error": f"{type(error).__module__}.{type(error).__qualname__}", "trace": lines}
