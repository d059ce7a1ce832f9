"""What can be asked of how a ledger runs: the same in process (``service.operations``) and over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from ledger.schemas.operations import (
    AuditRun,
    BlockInfo,
    OperationsStatus,
    TransactionInfo,
    VerificationNote,
    Witness,
)


class OperationsGateway(Protocol):
    """Every method raises a LedgerError with a stable code; of the chain's silence the answers themselves speak."""

    def status(self) -> OperationsStatus:
        """Queues, heads, chain, senders, gas and cost as of now."""

    def block(self, number: int) -> BlockInfo:
        """A block, read from the node now; NotFound."""

    def transaction(self, tx_hash: str) -> TransactionInfo:
        """A transaction with its decoded call and events, read from the node now; NotFound."""

    def witness(
        self,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        old: int | None = None,
        new: int | None = None,
        registrar: str | None = None,
    ) -> Witness:
        """Whether the log only grew: between two moments (without ``until``: to the present head), or between two heads
        by their sequence. ``registrar``: a name or id; this ledger's own if not given. ``invalid_span`` for any other
        mixture.
        """

    def start_audit(self) -> AuditRun:
        """An audit runs in the background when this returns: a new one (``created``) or the one under way."""

    def audit_run(self, run_id: str) -> AuditRun:
        """Progress or result of an audit that this server ran; NotFound when it is not remembered."""

    def audit_runs(self) -> list[AuditRun]:
        """The audits that are remembered, newest first."""

    def verifications(self, registration: str) -> list[VerificationNote]:
        """Which keys verified this registration through the API, newest first, at most 100; none may be kept."""
