"""The part of the client that asks how a ledger runs: :class:`ledger.gateway_operations.OperationsGateway`."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol, TypeVar

from pydantic import TypeAdapter

from ledger.client_answers import segment
from ledger.schemas.operations import (
    AuditRun,
    BlockInfo,
    OperationsStatus,
    TransactionInfo,
    VerificationNote,
    Witness,
)

T = TypeVar("T")

_RUNS = TypeAdapter(list[AuditRun])
_NOTES = TypeAdapter(list[VerificationNote])


class Ask(Protocol):
    """Sends a request and reads its answer as ``kind``; raises what the client raises."""

    def __call__(self, kind: TypeAdapter[T], method: str, path: str, **options: Any) -> T: ...


class OperationsClient:
    """``client.operations``."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def status(self) -> OperationsStatus:
        """Queues, heads, chain, senders, gas and cost as of now."""
        return self._ask(TypeAdapter(OperationsStatus), "GET", "/v1/operations")

    def block(self, number: int) -> BlockInfo:
        """A block, read from the node now."""
        return self._ask(TypeAdapter(BlockInfo), "GET", f"/v1/chain/blocks/{number}")

    def transaction(self, tx_hash: str) -> TransactionInfo:
        """A transaction, read from the node now."""
        return self._ask(TypeAdapter(TransactionInfo), "GET", f"/v1/chain/transactions/{segment(tx_hash)}")

    def witness(
        self,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        old: int | None = None,
        new: int | None = None,
        registrar: str | None = None,
    ) -> Witness:
        """Whether the log only grew; reads it in full, so this waits without a limit."""
        wanted = {
            "since": since.isoformat() if since else None,
            "until": until.isoformat() if until else None,
            "old": old,
            "new": new,
            "registrar": registrar,
        }
        given = {name: str(value) for name, value in wanted.items() if value is not None}
        return self._ask(TypeAdapter(Witness), "GET", "/v1/witness", params=given, timeout=None)

    def start_audit(self) -> AuditRun:
        """An audit runs in the background of the server: a new one, or the one under way."""
        return self._ask(TypeAdapter(AuditRun), "POST", "/v1/audits/runs")

    def audit_run(self, run_id: str) -> AuditRun:
        """Progress or result of an audit."""
        return self._ask(TypeAdapter(AuditRun), "GET", f"/v1/audits/runs/{segment(run_id)}")

    def audit_runs(self) -> list[AuditRun]:
        """The audits that the server remembers, newest first."""
        return self._ask(_RUNS, "GET", "/v1/audits/runs")

    def verifications(self, registration: str) -> list[VerificationNote]:
        """Which keys verified this registration through the API, newest first."""
        return self._ask(_NOTES, "GET", f"/v1/registrations/{segment(registration)}/verifications")
