"""What the command line and the dashboard can ask of a ledger, in process (``service``) or over HTTP (``client``)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from ledger.gateway_examinations import ExaminationsGateway
from ledger.gateway_operations import OperationsGateway
from ledger.gateway_sources import SourcesGateway
from ledger.gateway_studies import StudiesGateway
from ledger.schemas import (
    Audit,
    BatchInfo,
    Case,
    CaseAction,
    CaseList,
    CaseOpening,
    Derivation,
    DerivationRequest,
    DigestRegistration,
    Health,
    History,
    Rebuild,
    RegistrarInfo,
    Registration,
    Statement,
    StatementRequest,
    Verification,
)
from ledger.schemas.reports import DEFAULT_QUESTION, HistoryFormat, ReportFile, ReportFormat


class Reports(Protocol):
    """Reports on images, and the history as a file."""

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
        """Verify an image as :meth:`Gateway.verify` and write the report on it, as of that verification.

        ``name`` is how the report calls the item, ``author`` who asked for it (not shown when empty); ``picture``
        False leaves its picture out. InputError when ``question``, ``name`` or ``author`` is too long.
        """

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
        """Every entry that fits the filters of :meth:`Gateway.history`, newest first, as one file."""


class CaseGateway(Protocol):
    """The cases of a ledger. Every answer is the case as it now stands, each event held against its log entry."""

    def open(self, opening: CaseOpening) -> Case:
        """Begin a case: its opening is in the log. An ``event_id`` becomes the case's id."""

    def append(self, case_id: str, action: CaseAction) -> Case:
        """Add an item, a note, a bookmark or a finding, close or reopen; one log entry each, idempotent by
        ``event_id``. NotFound, CaseClosed or Conflict when it may not follow."""

    def get(self, case_id: str) -> Case:
        """The case with all its events; what does not hold is named in it (``intact`` False), not raised. NotFound."""

    def find(self, *, status: str | None = None, limit: int = 100, offset: int = 0) -> CaseList:
        """One page of cases, the last changed first; those that are open, those that are closed, or all."""


class Gateway(Protocol):
    """Every method raises a LedgerError with a stable code; none returns a half-made answer."""

    @property
    def cases(self) -> CaseGateway:
        """The cases of reviewers."""

    @property
    def reports(self) -> Reports:
        """Reports and exports."""

    @property
    def operations(self) -> OperationsGateway:
        """How the ledger runs, what its chain holds, and whether its log only grew."""

    @property
    def examinations(self) -> ExaminationsGateway:
        """What a file says by itself: its digests, and what each method of the detector finds."""

    @property
    def studies(self) -> StudiesGateway:
        """Closing studies, and what is missing from one or does not belong to it."""

    @property
    def sources(self) -> SourcesGateway:
        """Who sends images here, and what became of them."""

    def register(self, data: bytes, *, idempotency_key: str | None = None, urgent: bool = False) -> Registration:
        """Digest, commit, append and acknowledge one image; the same content answers the registration there is."""

    def register_digests(self, images: Sequence[DigestRegistration], *, urgent: bool = False) -> list[Registration]:
        """Register by digest; one database transaction for all."""

    def registration(self, registration_id: str) -> Registration:
        """The registration as it stands now, with its state, standing and statements; NotFound."""

    def state_request(self, registration_id: str, request: StatementRequest) -> Statement:
        """Append a supersede, revoke or dispute entry about a registration."""

    def derive(
        self, target: str, data: bytes, request: DerivationRequest, *, original: bytes | None = None
    ) -> Derivation:
        """Check the declared operation, then register the image with registration ``target`` as its origin.

        ``original`` is the registered file, when it is at hand. DerivationContradicted when the two images speak
        against the operation.
        """

    def receipt(self, registration_id: str) -> bytes:
        """The receipt as of now, signed; with proofs once the entry is anchored."""

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
        """Checks 0 to 11 on an image.

        When no digest is found it is compared with all registrations, or first with the registration ``against`` or
        the registered file ``original``; both are a Conflict. The detector looks at an unregistered image, with
        ``examine`` at a registered one as well. ``pictures`` asks for its heat map, mask and ELA view, and for the
        mask of what was changed.
        """

    def verify_digests(self, digests: dict[str, str], *, policy: str = "clinical") -> Verification:
        """As :meth:`verify`, from digests (name and ``sha256:`` value) alone; checks that need samples are skipped."""

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
        """One page of the log's entries that fit every given filter, newest first; ``since`` ≤ time < ``until``."""

    def registrars(self) -> list[RegistrarInfo]:
        """Every registrar that the records know, with its standing on the chain and its log's size."""

    def batches(self, *, limit: int = 50) -> list[BatchInfo]:
        """The newest ``limit`` batches, newest first, with their transactions."""

    def audit(self) -> Audit:
        """All entries, records, batches and heads re-read and compared; differences are values, not errors."""

    def rebuild(self) -> Rebuild:
        """The index of batches and events made anew from the chain; says what had been different."""

    def trust(self) -> str:
        """The trust file as of now: chain, registrars' keys, and the blocks that hold this ledger's heads."""

    def health(self) -> Health:
        """Whether database and chain answer; never raises for either of them."""
