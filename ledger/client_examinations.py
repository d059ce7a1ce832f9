"""The part of the client that asks about a file by itself: :class:`ledger.gateway_examinations.ExaminationsGateway`."""

from __future__ import annotations

from pydantic import TypeAdapter

from ledger.client_operations import Ask
from ledger.schemas import Detection
from ledger.schemas.examinations import FileDigests, Methods

_DIGESTS = TypeAdapter(FileDigests)
_METHODS = TypeAdapter(Methods)
_DETECTION = TypeAdapter(Detection)


class ExaminationsClient:
    """``client.examinations``."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def digests(self, data: bytes) -> FileDigests:
        """The digests to look a file up by; it is sent, and not kept."""
        return self._ask(_DIGESTS, "POST", "/v1/examinations/digests", files=_file(data))

    def methods(self) -> Methods:
        """The methods there are."""
        return self._ask(_METHODS, "GET", "/v1/examinations/methods")

    def examine(self, data: bytes, method: str, *, pictures: bool = False) -> Detection:
        """What one method says of the image."""
        form = {"method": method, "pictures": "true" if pictures else "false"}
        return self._ask(_DETECTION, "POST", "/v1/examinations", data=form, files=_file(data))


def _file(data: bytes) -> dict[str, tuple[str, bytes, str]]:
    # a file's own name often holds a patient's
    return {"file": ("image", data, "application/octet-stream")}
