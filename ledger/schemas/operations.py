"""How the ledger runs, what its chain holds, and whether its log only grew. Sums of wei are text: they can be larger
than the whole numbers that JSON's readers keep."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from ledger.schemas.base import Identifier, Wire
from ledger.schemas.records import Audit, BatchInfo
from ledger.schemas.sources import Source


class BlockInfo(Wire):
    """A block as the node has it at ``read_at``."""

    number: int
    hash: str
    time: datetime
    parent: str
    state_root: str
    gas_used: int
    gas_limit: int
    base_fee_wei: str | None = None
    transactions: list[str]
    confirmations: int
    read_at: datetime


class CallInfo(Wire):
    """The function of the contract that was called; a list among its arguments is given by its length."""

    name: str
    figures: dict[str, str | int]


class EventInfo(Wire):
    """An event of the contract, decoded."""

    name: str
    log_index: int
    figures: dict[str, str | int]


class TransactionInfo(Wire):
    """A transaction as the node has it at ``read_at``; what only a block decides is None while it waits."""

    hash: str
    status: Literal["waiting", "succeeded", "failed"]
    sender: str
    recipient: str | None
    nonce: int
    value_wei: str
    gas_limit: int
    gas_used: int | None = None
    gas_price_wei: str
    fee_ether: str | None = None
    payload_bytes: int
    call: CallInfo | None = Field(default=None, description="None when it is not for this ledger's contract")
    block_number: int | None = None
    block_hash: str | None = None
    block_time: datetime | None = None
    confirmations: int | None = None
    events: list[EventInfo] = Field(default_factory=list, description="Of the contract alone; heads first, at most 50")
    events_total: int = 0
    read_at: datetime


class SeenHead(Wire):
    """A head as the chain has it; sequence 0 is the empty log before the first."""

    sequence: int
    size: int
    root: str
    block_number: int | None = None
    block_hash: str | None = None
    block_time: datetime | None = None
    transaction: str | None = None


class Witness(Wire):
    """Whether the log only grew between two heads: an RFC 9162 consistency proof, verified with the chain's roots."""

    result: Literal["holds", "fails", "undetermined"]
    reason: str
    registrar: str
    registrar_name: str
    chain_id: int
    contract: str
    since: datetime | None = None
    until: datetime | None = None
    old: SeenHead | None = None
    new: SeenHead | None = None
    proof: list[str] = Field(default_factory=list, description="From old.size to new.size leaves, hex, in RFC's order")
    witnessed_at: datetime


class AuditRun(Wire):
    """An audit in the background, as of now."""

    id: str
    state: Literal["running", "done", "failed"]
    created: bool = Field(default=False, description="Whether this call started it")
    started_at: datetime
    finished_at: datetime | None = None
    stage: str = Field(description="database, chain, entries or heads")
    done: int
    of: int
    result: Audit | None = None
    code: str | None = Field(default=None, description="Why it failed, as advice and detail")
    detail: str | None = None
    advice: str | None = None


class VerificationNote(Wire):
    """That a key asked for a verification. The seal is SHA-256 of "medseal/verified/1\\n", salt and file digest."""

    time: datetime
    label: str
    verdict: str
    accepted: bool
    policy: str
    registration: Identifier | None = None
    salt: str
    seal: str


class ChainHealth(Wire):
    """The chain as its node tells it; ``code`` says why when it does not answer."""

    code: str | None = None
    chain_id: int
    contract: str
    height: int | None = None
    block_hash: str | None = None
    block_time: datetime | None = None
    age_seconds: float | None = None
    block_seconds: float | None = Field(default=None, description="Mean time between the newest ten blocks")
    gas_price_wei: str | None = None


class Sender(Wire):
    """An address in the contract's directory."""

    address: str
    registrar: str | None = None
    added_at: datetime | None = None
    retired_at: datetime | None = Field(default=None, description="None: in use")
    balance_ether: str | None = Field(default=None, description="Of this ledger's own sender alone")
    own: bool = False


class LogStatus(Wire):
    """One registrar's log, its head on the chain, and what lies between them."""

    registrar: str
    name: str
    public_key: str
    created_at: datetime
    status: str | None = Field(default=None, description="In the contract's directory; None: the chain was not asked")
    added_at: datetime | None = None
    compromised_since: datetime | None = None
    senders: list[Sender]
    log_size: int
    head_sequence: int | None = None
    head_size: int | None = None
    head_root: str | None = None
    log_root: str | None = Field(default=None, description="Of the first head_size records")
    comparison: Literal["equal", "ahead", "short", "differs", "unknown"]
    states: dict[str, int]
    oldest_id: Identifier | None = Field(default=None, description="The oldest entry that no block holds")
    oldest_index: int | None = None
    oldest_time: datetime | None = None
    oldest_seconds: float | None = None
    unsettled: list[BatchInfo] = Field(description="Batches that are not final, oldest first, at most 20")
    last_hour: int
    last_day: int
    newest_entry: datetime | None = None


class BatchCost(Wire):
    """What one settled batch took."""

    registrar: str
    sequence: int
    mode: str
    block_number: int
    entries: int
    images: int = Field(description="Entries that register an image; the others are statements, cases and studies")
    gas_used: int
    gas_per_entry: float
    ether: str | None = Field(default=None, description="None when this ledger did not sign the transaction")
    ether_per_entry: str | None = None


class OperationsStatus(Wire):
    """How the ledger runs at one moment."""

    at: datetime
    chain: ChainHealth
    worker: Literal["running", "late", "absent", "unknown"]
    confirmations: int = Field(description="Blocks to finality, the batch's own counted")
    anchor_mode: str
    sender: Sender | None = None
    logs: list[LogStatus]
    sources: list[Source] = Field(default_factory=list, description="Who sends images here, by name")
    recent: list[BatchCost] = Field(description="The newest settled batches, at most 20")
