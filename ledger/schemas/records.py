"""What the ledger says of itself: history, registrars, batches, audit, health; and how it says no."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from ledger.schemas.base import Identifier, Wire
from ledger.schemas.registrations import Anchor


class HistoryEntry(Wire):
    """One entry of a log with the block and transaction that anchored it."""

    id: Identifier
    kind: str
    registrar: str
    index: int
    time: datetime
    state: str
    leaf: str
    target: Identifier | None = None
    reason: str | None = Field(default=None, description="Of a statement, as author and replacement")
    author: str | None = None
    replacement: Identifier | None = None
    operation: str | None = Field(default=None, description="Of a derive entry, as checked, reason and author")
    checked: str | None = None
    event: str | None = Field(default=None, description="Of a case entry; its target is the case")
    anchor: Anchor | None = None
    on_chain_event: bool = Field(description="Whether the chain holds an event for this very entry (register mode)")


class History(Wire):
    """A page of history, newest first."""

    entries: list[HistoryEntry]
    limit: int
    offset: int
    more: bool


class RegistrarInfo(Wire):
    """A registrar as the store and the contract's directory know it."""

    id: str
    name: str
    public_key: str
    created_at: datetime
    log_size: int
    on_chain_status: str | None = Field(default=None, description="None when the chain could not be asked")
    on_chain_sequence: int | None = None
    on_chain_size: int | None = None
    compromised_since: datetime | None = None


class BatchInfo(Wire):
    """One head on its way to the chain, or there."""

    registrar: str
    state: str
    first: int
    created_at: datetime
    anchor: Anchor
    gas_per_entry: float | None = None
    reason: str | None = None


class Difference(Wire):
    """One disagreement that an audit found, and where."""

    code: str
    registrar: str
    index: int | None = None
    sequence: int | None = None
    expected: str
    found: str


class Audit(Wire):
    """The result of re-reading every entry and comparing every root with the contract."""

    complete: bool = Field(description="False: part could not be checked; not_checked says what")
    consistent: bool
    entries: int
    heads: int
    events: int
    differences: list[Difference]
    not_checked: list[str]
    audited_at: datetime


class Rebuild(Wire):
    """The result of making the index anew from chain and entries."""

    entries: int
    heads: int
    events: int
    equal: bool
    differences: list[str]


class Health(Wire):
    """Liveness, and the state of each part for readiness."""

    status: Literal["ok", "degraded"]
    version: str
    parts: dict[str, str] = Field(default_factory=dict)


class Problem(BaseModel):
    """An RFC 9457 problem detail. ``code`` is stable; ``advice`` is the next step."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str
    advice: str
