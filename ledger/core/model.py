"""What the ledger speaks of, as frozen values. Hashes are raw 32 bytes, identifiers lower-case hex, times UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from ledger.core.capture import Place, StudyRecord


class State(StrEnum):
    """Where a registration stands: received → sequenced → anchoring → anchored → final, and two side states."""

    RECEIVED = "received"
    SEQUENCED = "sequenced"
    ANCHORING = "anchoring"
    ANCHORED = "anchored"
    FINAL = "final"
    REORGED = "reorged"
    BLOCKED = "blocked"


class Standing(StrEnum):
    """Whether a registration is in force."""

    IN_FORCE = "in-force"
    SUPERSEDED = "superseded"
    REVOKED = "revoked"
    DISPUTED = "disputed"


@dataclass(frozen=True)
class Registrar:
    """A hospital's log: its id (SHA-256 of the first signing key), name and present Ed25519 public key (hex)."""

    id: str
    name: str
    public_key: str
    created_at: datetime


@dataclass(frozen=True)
class LogEntry:
    """One leaf of a registrar's log with the canonical bytes that it hashes."""

    registrar: str
    index: int
    id: str
    kind: str
    leaf: bytes
    body: bytes
    target: str | None
    time: datetime


@dataclass(frozen=True)
class TraceRecord:
    """The robust fingerprint of an image: a coarse thumbnail in effect, so it stays in the hospital's store.

    ``blob`` is trace/1 (:mod:`ledger.core.trace`), committed to in the entry. ``codes`` are what a search looks
    through: 34 bytes each, the number of the traced frame, the number of the window, and a 256-bit perceptual hash.
    """

    blob: bytes
    codes: bytes


@dataclass(frozen=True)
class CodeRow:
    """The codes of one registration, for the index of look-alikes.

    ``damage`` says in words why there are none: the stored bytes are not those that were stored; empty otherwise.
    """

    registrar: str
    position: int
    id: str
    codes: bytes
    damage: str = ""


@dataclass(frozen=True)
class ImageRecord:
    """What the hospital's own store keeps of a registered image, beside the log. Never leaves it but by choice.

    ``details`` is the blob of attribute and tile digests (:meth:`ledger.core.digests.DigestSet.to_blob`), empty in
    digest mode; ``salt`` opens the commitments; ``instance`` is the SHA-256 of the SOP Instance UID, hex. ``trace`` and
    ``place`` are given to the store on appending, and are None in records read back.
    """

    id: str
    digests: Mapping[str, str]
    salt: bytes
    facts: Mapping[str, Any]
    details: bytes
    instance: str | None
    idempotency_key: str | None
    trace: TraceRecord | None = None
    place: Place | None = None


@dataclass(frozen=True)
class CaseRecord:
    """What stands behind a case entry and is not disclosed: the canonical content and the salt that opens it.

    ``id`` is the entry's, ``case`` that of the case's open entry.
    """

    id: str
    case: str
    sequence: int
    salt: bytes
    content: bytes


@dataclass(frozen=True)
class Draft:
    """An entry ready to be appended; ``image`` is there for the kinds that register one, ``said`` for a case entry."""

    id: str
    kind: str
    body: bytes
    leaf: bytes
    target: str | None
    time: datetime
    image: ImageRecord | None = None
    said: CaseRecord | None = None
    study: StudyRecord | None = None


@dataclass(frozen=True)
class Registration:
    """A registered image: its log entry and the hospital's record of it."""

    entry: LogEntry
    image: ImageRecord

    @property
    def id(self) -> str:
        """The id of the register or derive entry, which is the image record's too."""
        return self.entry.id


@dataclass(frozen=True)
class Appended:
    """What became of a draft: the registration or statement in the log, and whether this call made it."""

    entry: LogEntry
    image: ImageRecord | None
    created: bool


class BatchState(StrEnum):
    """A head on its way to the chain."""

    PREPARED = "prepared"
    BROADCAST = "broadcast"
    ANCHORED = "anchored"
    FINAL = "final"
    BLOCKED = "blocked"


@dataclass(frozen=True)
class Attempt:
    """One signed transaction for a batch, stored before it is broadcast. Attempts of one batch share the nonce."""

    tx_hash: str
    raw: bytes
    nonce: int
    size: int
    root: bytes
    gas_price: int
    created_at: datetime
    broadcast_at: datetime | None = None


@dataclass(frozen=True)
class Batch:
    """One step of a registrar's head: entries ``first`` up to ``size`` under ``sequence``."""

    registrar: str
    sequence: int
    first: int
    size: int
    root: bytes
    mode: str
    state: BatchState
    created_at: datetime
    attempts: tuple[Attempt, ...] = ()
    tx_hash: str | None = None
    block_number: int | None = None
    block_hash: str | None = None
    block_time: int | None = None
    gas_used: int | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Head:
    """A registrar's head as the contract holds it; sequence 0 and size 0 before the first batch."""

    sequence: int
    size: int
    root: bytes


@dataclass(frozen=True)
class Block:
    """A block of the chain: number, hash (0x…) and time (seconds since 1970)."""

    number: int
    hash: str
    time: int


@dataclass(frozen=True)
class DirectoryEntry:
    """A registrar in the contract's directory. ``status``: unknown, active, suspended or retired."""

    status: str
    name_hash: bytes
    added_at: int
    compromised_since: int


@dataclass(frozen=True)
class TransactionResult:
    """A mined transaction."""

    tx_hash: str
    succeeded: bool
    block: Block
    gas_used: int
    sender: str


@dataclass(frozen=True)
class ChainEvent:
    """One event of the contract. ``name`` is ImageRegistered or HeadAdvanced (others are kept by name alone)."""

    name: str
    block: Block
    tx_hash: str
    log_index: int
    registrar: str
    leaf: bytes | None = None
    index: int | None = None
    sequence: int | None = None
    size: int | None = None
    root: bytes | None = None


@dataclass(frozen=True)
class AnchorEvidence:
    """What proves, without asking a node, that the contract held a root: a block header and EIP-1186 proofs.

    ``header`` is the RLP of the header whose Keccak-256 is ``block_hash``; the proofs are RLP trie nodes from the
    header's state root to the account, and from the account's storage root to the slot of the root.
    """

    chain_id: int
    contract: str
    sequence: int
    transaction: str
    block_number: int
    block_hash: str
    header: bytes
    account_proof: tuple[bytes, ...]
    storage_proof: tuple[bytes, ...]


@dataclass(frozen=True)
class Difference:
    """One disagreement that an audit found. ``code`` is stable; ``expected`` is what the stronger evidence says."""

    code: str
    registrar: str
    expected: str
    found: str
    index: int | None = None
    sequence: int | None = None
