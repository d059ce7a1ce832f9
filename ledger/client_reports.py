"""Reports and exports over HTTP: what ``client.reports`` is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Protocol

from ledger.errors import OutageError
from ledger.schemas.reports import DEFAULT_QUESTION, HistoryFormat, ReportFile, ReportFormat

HEADERS = ("MedSeal-Report", "MedSeal-Verdict", "MedSeal-Accepted", "MedSeal-Answer")
"""What the answer says of the report beside the file itself."""


class Answer(Protocol):
    """What is read of an HTTP response."""

    @property
    def content(self) -> bytes:
        """The whole body."""

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers, whose names are found in any case."""


Send = Callable[..., Answer]
"""One request (method, path, options); an error is raised as the LedgerError that it is."""


class RemoteReports:
    """Reports and exports of the ledger behind ``send``."""

    def __init__(self, send: Send) -> None:
        self._send = send

    def make(
        self,
        data: bytes,
        *,
        format: ReportFormat = "dossier",  # noqa: A002  (its name on the wire)
        name: str = "",
        question: str = DEFAULT_QUESTION,
        author: str = "",
        policy: str = "clinical",
        against: str | None = None,
        original: bytes | None = None,
        examine: bool = False,
        picture: bool = True,
    ) -> ReportFile:
        """The image is verified and the report on it made; see :meth:`ledger.gateway.Reports.make`."""
        wanted = {"format": format, "name": name, "question": question, "policy": policy, "against": against}
        wanted |= {"author": author, "examine": "true" if examine else None, "picture": None if picture else "false"}
        form = {field: value for field, value in wanted.items() if value}
        files = {"file": _file(data)} | ({} if original is None else {"original": _file(original)})
        answer = self._send("POST", "/v1/reports", data=form, files=files, timeout=None)
        found = [answer.headers.get(field) for field in HEADERS]
        if None in found:
            raise OutageError(
                "expected a report with its id and verdict, found an answer without them",
                code="unexpected_answer",
                advice="Check MEDSEAL_SERVER, any proxy on the way, and that client and server have the same version.",
            )
        report, verdict, accepted, said = (str(value) for value in found)
        return ReportFile(answer.content, format, report, verdict, accepted == "true", said)

    def history(
        self,
        format: HistoryFormat = "csv",  # noqa: A002
        *,
        digest: str | None = None,
        registration: str | None = None,
        registrar: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        kind: str | None = None,
        state: str | None = None,
    ) -> bytes:
        """Every entry that fits the filters, newest first, as one file."""
        wanted = {"format": format, "digest": digest, "registration": registration, "registrar": registrar}
        wanted |= {"kind": kind, "state": state}
        wanted |= {name: at.isoformat() for name, at in (("since", since), ("until", until)) if at is not None}
        parameters = {name: value for name, value in wanted.items() if value is not None}
        return self._send("GET", "/v1/history/export", params=parameters, timeout=None).content


def _file(data: bytes) -> tuple[str, bytes, str]:
    # a file's own name often holds a patient's; the report's name of the item is a field of its own
    return ("image", data, "application/octet-stream")
