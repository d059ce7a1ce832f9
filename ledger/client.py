"""The typed HTTP client: the same questions as in process (:class:`ledger.gateway.Gateway`), asked of a server.

Imports httpx and the wire types only, so that the dashboard and scripts start quickly.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx
from pydantic import TypeAdapter

from ledger.client_answers import error_of, is_json, read, segment
from ledger.client_cases import ClientCases
from ledger.client_examinations import ExaminationsClient
from ledger.client_operations import OperationsClient
from ledger.client_reports import RemoteReports
from ledger.client_sources import SourcesClient
from ledger.client_studies import StudiesClient
from ledger.errors import OutageError
from ledger.schemas import (
    Audit,
    BatchInfo,
    Derivation,
    DerivationRequest,
    DigestBatch,
    DigestRegistration,
    DigestVerification,
    Health,
    History,
    Rebuild,
    RegistrarInfo,
    Registration,
    Session,
    Statement,
    StatementRequest,
    Verification,
)

T = TypeVar("T")
_BRIEF_SECONDS = 8.0

_STATES = ("received", "sequenced", "anchoring", "anchored", "final")
_REGISTRATIONS = TypeAdapter(list[Registration])
_REGISTRARS = TypeAdapter(list[RegistrarInfo])
_BATCHES = TypeAdapter(list[BatchInfo])


class Client:
    """A ledger behind ``base_url``. Connections are kept alive; safe to use from many threads.

    Every method raises the LedgerError that the server's problem names, with its code and advice, and OutageError
    with code ``server_unreachable`` or ``server_timeout`` when no answer comes within ``timeout`` seconds.
    """

    def __init__(self, base_url: str, api_key: str | None = None, timeout: float = 60.0) -> None:
        headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        # trust_env: a proxy of the environment has no business with images on the way to the hospital's own ledger
        self._http = httpx.Client(base_url=base_url, headers=headers, timeout=timeout, trust_env=False)
        self.cases = ClientCases(self._ask)
        self.studies = StudiesClient(self._ask)
        self.operations = OperationsClient(self._ask)
        self.sources = SourcesClient(self._ask)
        self.examinations = ExaminationsClient(self._ask)
        self.reports = RemoteReports(self._send)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def register(self, data: bytes, *, idempotency_key: str | None = None, urgent: bool = False) -> Registration:
        """Register one image; the same content answers the registration there is (``created`` False)."""
        headers = {"Idempotency-Key": idempotency_key} if idempotency_key is not None else {}
        form = {"urgent": "true" if urgent else "false"}
        response = self._send("POST", "/v1/registrations", headers=headers, data=form, files=_image(data))
        return read(TypeAdapter(Registration), response)

    def register_digests(self, images: Sequence[DigestRegistration], *, urgent: bool = False) -> list[Registration]:
        """Register 1 to 1,000 images by digest, all or none; answers in their order."""
        batch = DigestBatch.model_construct(images=list(images), urgent=urgent)
        return read(_REGISTRATIONS, self._post("/v1/registrations/digests", batch.model_dump_json()))

    def registration(self, registration_id: str) -> Registration:
        """A registration as it stands now."""
        return read(TypeAdapter(Registration), self._send("GET", f"/v1/registrations/{segment(registration_id)}"))

    def state_request(self, registration_id: str, request: StatementRequest) -> Statement:
        """Append a supersede, revoke or dispute entry about a registration."""
        path = f"/v1/registrations/{segment(registration_id)}/statements"
        return read(TypeAdapter(Statement), self._post(path, request.model_dump_json()))

    def derive(
        self, target: str, data: bytes, request: DerivationRequest, *, original: bytes | None = None
    ) -> Derivation:
        """Register an image that was made from a registered one, after the declared operation was checked."""
        form: dict[str, str | list[str]] = request.model_dump(exclude={"hide"})
        form["hide"] = [",".join(map(str, box)) for box in request.hide]
        files = {**_image(data), **(_image(original, "original") if original is not None else {})}
        path = f"/v1/registrations/{segment(target)}/derivations"
        return read(TypeAdapter(Derivation), self._send("POST", path, data=form, files=files))

    def receipt(self, registration_id: str) -> bytes:
        """The receipt as of now, byte by byte as the registrar signed it."""
        return self._send("GET", f"/v1/receipts/{segment(registration_id)}").content

    def verify(
        self,
        data: bytes,
        *,
        policy: str = "clinical",
        against: str | None = None,
        original: bytes | None = None,
        examine: bool = False,
        pictures: bool = False,
    ) -> Verification:
        """The verdict on an image, with its numbered checks; the options are those of :class:`Gateway`."""
        wanted = {"policy": policy, "against": against}
        wanted |= {"examine": "true" if examine else None, "pictures": "true" if pictures else None}
        form = {name: value for name, value in wanted.items() if value}
        files = {**_image(data), **(_image(original, "original") if original is not None else {})}
        response = self._send("POST", "/v1/verifications", data=form, files=files)
        return read(TypeAdapter(Verification), response)

    def verify_digests(self, digests: dict[str, str], *, policy: str = "clinical") -> Verification:
        """The verdict on an image that stays where it is."""
        question = DigestVerification.model_construct(digests=digests, policy=policy)
        return read(TypeAdapter(Verification), self._post("/v1/verifications/digests", question.model_dump_json()))

    def history(
        self,
        *,
        digest: str | None = None,
        registration: str | None = None,
        registrar: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        kind: str | None = None,
        state: str | None = None,
        limit: int = 100,
        offset: int = 0,
    ) -> History:
        """A page of history, newest first; ``since`` and ``until`` carry a time zone."""
        wanted = {
            "digest": digest,
            "registration": registration,
            "registrar": registrar,
            "since": since.isoformat() if since else None,
            "until": until.isoformat() if until else None,
            "kind": kind,
            "state": state,
            "limit": str(limit),
            "offset": str(offset),
        }
        parameters = {name: value for name, value in wanted.items() if value is not None}
        return read(TypeAdapter(History), self._send("GET", "/v1/history", params=parameters))

    def registrars(self) -> list[RegistrarInfo]:
        """All registrars."""
        return read(_REGISTRARS, self._send("GET", "/v1/registrars"))

    def batches(self, *, limit: int = 50) -> list[BatchInfo]:
        """The newest batches."""
        return read(_BATCHES, self._send("GET", "/v1/batches", params={"limit": str(limit)}))

    def audit(self) -> Audit:
        """Re-read and compare everything; may take long, so this waits without a limit."""
        return read(TypeAdapter(Audit), self._send("POST", "/v1/audits", timeout=None))

    def rebuild(self) -> Rebuild:
        """Make the index anew; may take long, so this waits without a limit."""
        return read(TypeAdapter(Rebuild), self._send("POST", "/v1/rebuilds", timeout=None))

    def trust(self) -> str:
        """The trust file as of now."""
        return self._send("GET", "/v1/trust").text

    def session(self) -> Session:
        """Whom this client's key or token speaks of, and what they may do; pages wait for it, so not for long."""
        return read(TypeAdapter(Session), self._send("GET", "/v1/session", timeout=_BRIEF_SECONDS))

    def health(self) -> Health:
        """The state of each part; a part that is down is an answer, not an error."""
        return read(TypeAdapter(Health), self._send("GET", "/ready", accept=503))

    def wait(self, registration_id: str, state: str = "anchored", timeout: float = 60.0) -> Registration:
        """The registration once it has reached ``state`` (or gone beyond it).

        OutageError with code ``wait_timeout`` after ``timeout`` seconds, ``anchoring_blocked`` when it is blocked.
        """
        deadline = time.monotonic() + timeout
        wanted = _STATES.index(state)
        for pause in _pauses():
            found = self.registration(registration_id)
            if found.state in _STATES and _STATES.index(found.state) >= wanted:
                return found
            if found.state == "blocked":
                raise OutageError(
                    f"expected state {state}, found blocked",
                    code="anchoring_blocked",
                    advice="Read the reason in the list of batches: medseal batches.",
                )
            if time.monotonic() + pause > deadline:
                raise OutageError(
                    f"expected state {state} within {timeout:g} s, found {found.state}",
                    code="wait_timeout",
                    advice="The registration stands; check the chain with medseal doctor and wait longer.",
                )
            time.sleep(pause)
        raise AssertionError("the pauses do not end")

    def _ask(self, kind: TypeAdapter[T], method: str, path: str, **options: Any) -> T:
        return read(kind, self._send(method, path, **options))

    def _post(self, path: str, body: str) -> httpx.Response:
        return self._send("POST", path, content=body, headers={"Content-Type": "application/json"})

    def _send(self, method: str, path: str, *, accept: int = 200, **options: Any) -> httpx.Response:
        try:
            response = self._http.request(method, path, **options)
        except httpx.TimeoutException as error:
            raise OutageError(
                "expected an answer of the server in time, found none",
                code="server_timeout",
                advice="Ask again, or with a longer timeout; registering the same image twice does no harm.",
            ) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise OutageError(
                f"expected a MedSeal server at {self._http.base_url}, found none that answers",
                code="server_unreachable",
                advice="Start it with medseal up, or check MEDSEAL_SERVER.",
            ) from error
        if response.is_success or (response.status_code == accept and is_json(response, "application/json")):
            return response
        raise error_of(response)


def _image(data: bytes, field: str = "file") -> Mapping[str, tuple[str, bytes, str]]:
    # a file's own name often holds a patient's
    return {field: ("image", data, "application/octet-stream")}


def _pauses() -> Iterator[float]:
    pause = 0.05
    while True:
        yield pause
        pause = min(pause * 1.5, 1.0)
