"""A lean HTTP client on one kept-alive connection: what it costs itself must not show in the figures."""

from __future__ import annotations

import http.client
import json
import time
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from ledger.errors import OutageError

_BOUNDARY = "medseal-bench-5f1d0c"
_IDLE_SECONDS = 3.0
"""A connection that was idle for longer is not used again: servers close theirs after five."""
FORM = f"multipart/form-data; boundary={_BOUNDARY}"


class Wire:
    """One connection to one server. Not to be shared between threads."""

    def __init__(self, url: str, key: str) -> None:
        place = urlsplit(url)
        self._connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=120)
        self._headers = {"Authorization": f"Bearer {key}"}
        self._used = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def get(self, path: str) -> bytes:
        """The body of a GET; OutageError for anything but a success."""
        return self._ask("GET", path, None, {})

    def post(self, path: str, body: bytes, kind: str = "application/json") -> bytes:
        """The body of the answer to a POST; OutageError for anything but a success."""
        return self._ask("POST", path, body, {"Content-Type": kind})

    def json(self, path: str) -> Any:
        """The decoded body of a GET."""
        return json.loads(self.get(path))

    def _ask(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> bytes:
        if time.monotonic() - self._used > _IDLE_SECONDS:
            self._connection.close()  # the next request opens it again
        try:
            self._connection.request(method, path, body, self._headers | headers)
            answer = self._connection.getresponse()
            content = answer.read()
            self._used = time.monotonic()
        except (OSError, http.client.HTTPException) as error:
            raise OutageError(f"{method} {path}: no answer ({type(error).__name__})", code="bench_failed") from error
        if answer.status >= 300:
            raise OutageError(f"{method} {path}: HTTP {answer.status} {content[:300]!r}", code="bench_failed")
        return content


def form(file: bytes) -> bytes:
    """The body of an upload; its content type is :data:`FORM`."""
    head = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="image"\r\n'
    return (
        head.encode() + b"Content-Type: application/octet-stream\r\n\r\n" + file + f"\r\n--{_BOUNDARY}--\r\n".encode()
    )
