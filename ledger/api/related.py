"""multipart/related bodies (RFC 2387, RFC 2046 section 5.1), part by part as they arrive.

A part is written to a file that stays in memory while it is small, so that a request of any size holds little.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from email.message import Message
from tempfile import SpooledTemporaryFile
from typing import IO

from starlette.requests import Request

from ledger.errors import InputError

MOST_HEADERS = 8 * 1024
MOST_PARTS = 10_000
MOST_BOUNDARY = 200
"""RFC 2046 allows 70 characters; Orthanc's have 73."""
_IN_MEMORY = 1 << 20


class MalformedBody(InputError):
    """A multipart body that breaks the rules of RFC 2046."""

    code = "malformed_body"
    advice = "Compare the request with /docs or /openapi.json."
    status = 400


class UnsupportedMedia(InputError):
    """A body, or a part, of another type than the route takes."""

    code = "unsupported_media_type"
    advice = 'Send multipart/related; type="application/dicom" with parts of application/dicom.'
    status = 415


@dataclass
class Part:
    """One part: its media type (empty when it names none) and its content, to be read from the beginning."""

    media_type: str
    content: IO[bytes]


def boundary_of(content_type: str, wanted: str) -> str:
    """The boundary of a multipart/related body of parts ``wanted``; UnsupportedMedia or MalformedBody."""
    parsed = Message()
    parsed["Content-Type"] = content_type
    parts = str(parsed.get_param("type", wanted)).lower()
    if parsed.get_content_type() != "multipart/related" or parts != wanted:
        raise UnsupportedMedia(f'expected multipart/related; type="{wanted}", found another type')
    boundary = parsed.get_boundary()
    if boundary is None or not 0 < len(boundary) <= MOST_BOUNDARY:
        raise MalformedBody(f"expected a boundary of 1 to {MOST_BOUNDARY} characters, found none")
    return boundary


async def parts_of(request: Request, boundary: str) -> AsyncIterator[Part]:
    """The parts in order, each closed after the caller has gone on. MalformedBody when the body breaks off."""
    splitter = _Splitter(boundary)
    count = 0
    async for chunk in request.stream():
        for part in splitter.feed(chunk):
            count += 1
            if count > MOST_PARTS:
                raise MalformedBody(f"expected at most {MOST_PARTS} parts, found more")
            with part.content:
                yield part
    splitter.finish()


class _Splitter:
    """Feed it pieces of a body; it gives back the parts that are complete."""

    def __init__(self, boundary: str) -> None:
        self._delimiter = b"\r\n--" + boundary.encode("latin-1")
        self._rest = bytearray(b"\r\n")  # the first delimiter needs no line before it
        self._part: Part | None = None
        self._inside = False
        """Whether what comes next are a part's headers."""
        self._ended = False

    def feed(self, chunk: bytes) -> Iterator[Part]:
        """The parts that end in ``chunk``."""
        if self._ended:
            return
        self._rest += chunk
        while not self._ended and (done := self._step()) is not False:
            if isinstance(done, Part):
                yield done

    def finish(self) -> None:
        """MalformedBody unless the closing delimiter was there."""
        if not self._ended:
            if self._part is not None:
                self._part.content.close()
            raise MalformedBody("expected the closing boundary, found the end of the body")

    def _step(self) -> Part | bool:
        """One part that is complete, True for progress without one, False when more bytes are needed."""
        return self._headers() if self._inside else self._content()

    def _content(self) -> Part | bool:
        at = self._rest.find(self._delimiter)
        if at < 0:
            self._keep(len(self._rest) - len(self._delimiter) + 1)
            return False
        self._keep(at)
        after = len(self._delimiter)
        self._ended = self._rest[after : after + 2] == b"--"
        line = self._rest.find(b"\r\n", after)
        if not self._ended and line < 0:
            self._bounded(len(self._rest) - after)
            return False
        del self._rest[:line]  # the line's end stays: it is the first half of the one that ends the headers
        self._inside = not self._ended
        done, self._part = self._part, None
        if done is None:
            return True
        done.content.seek(0)
        return done

    def _headers(self) -> bool:
        end = self._rest.find(b"\r\n\r\n")
        if end < 0:
            self._bounded(len(self._rest))
            return False
        self._bounded(end)
        parsed = Message()
        for line in bytes(self._rest[:end]).decode("latin-1").split("\r\n"):
            name, colon, value = line.partition(":")
            if colon:
                parsed[name.strip()] = value.strip()
        media_type = parsed.get_content_type() if "Content-Type" in parsed else ""
        self._part = Part(media_type, SpooledTemporaryFile(_IN_MEMORY))  # noqa: SIM115  (closed by whoever takes it)
        self._inside = False
        del self._rest[: end + 4]
        return True

    def _keep(self, count: int) -> None:
        """The first ``count`` bytes of what was fed belong to the part that is open, or to nothing."""
        if count <= 0:
            return
        if self._part is not None:
            self._part.content.write(self._rest[:count])
        del self._rest[:count]

    def _bounded(self, count: int) -> None:
        if count > MOST_HEADERS:
            raise MalformedBody(f"expected at most {MOST_HEADERS} bytes of part headers, found more")
