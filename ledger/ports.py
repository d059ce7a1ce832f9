"""What the use cases need from the outside, as protocols.

Adapters: ``ledger.store``, ``ledger.chain``, ``ledger.detection``. Every method may raise an OutageError
(StoreUnavailable, StorageFull, ChainUnreachable, ChainMismatch, DetectorUnavailable); none of them half-writes: a
method that raises has changed nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ledger.core.detection import Detection
from ledger.core.model import (
    AnchorEvidence,
    Appended,
    Attempt,
    Batch,
    Block,
    CaseRecord,
    ChainEvent,
    CodeRow,
    Difference,
    DirectoryEntry,
    Draft,
    Head,
    LogEntry,
    Registrar,
    Registration,
    State,
    TransactionResult,
)
from ledger.ports_studies import StudyRecords

MALFORMED = "value_malformed"
"""The code of a stored value that is of another type than its column."""
TRACE_DAMAGED = "trace_damaged"
"""The code of a TraceUnreadable whose key is the right one: the bytes are not those that were stored."""
CODE_RECORD = 34
"""Bytes of one record of :attr:`ledger.core.model.TraceRecord.codes`."""


class Clock(Protocol):
    """The present moment, in UTC."""

    def __call__(self) -> datetime: ...


@dataclass(frozen=True)
class Pending:
    """What waits for an anchor in one log: entries ``first`` up to ``size``, the oldest one's time, and urgency."""

    first: int
    size: int
    oldest: datetime
    urgent: bool


@dataclass(frozen=True)
class HistoryFilter:
    """Which entries history answers. ``digests`` matches any of the values under any name; times are half-open."""

    digests: tuple[str, ...] = ()
    registration: str | None = None
    registrar: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    kind: str | None = None
    state: State | None = None
    limit: int = 100
    offset: int = 0


@dataclass(frozen=True)
class HistoryRow:
    """An entry of the log joined with its batch and, where the chain emitted one, its canonical event."""

    entry: LogEntry
    state: State
    batch: Batch | None
    event: ChainEvent | None


class RecordStore(StudyRecords, Protocol):
    """The hospital's database: registrars, logs, image records, batches, chain events."""

    def add_registrar(self, registrar: Registrar, genesis: Draft) -> LogEntry:
        """Create the log with its genesis entry at index 0; an existing one is returned as it is."""

    def registrar(self, registrar_id: str) -> Registrar | None:
        """The registrar of this id, or None."""

    def registrars(self) -> list[Registrar]:
        """All registrars, oldest first."""

    def append(self, registrar: str, drafts: Sequence[Draft], *, urgent: bool = False) -> list[Appended]:
        """Append drafts in one database transaction (record, log entry, outbox row), in order.

        A register draft whose file digest, or whose idempotency key, is in this log already appends nothing and
        answers the existing one (``created`` False); the same key with another file digest is a Conflict and the
        whole call changes nothing; so is a case entry whose place in its case is taken (code ``case_moved``).
        """

    def log_size(self, registrar: str) -> int:
        """How many entries the registrar's log has; 0 without a log."""

    def entries(self, registrar: str, start: int = 0, end: int | None = None) -> Iterable[LogEntry]:
        """The entries [start, end) in order of index."""

    def leaves(self, registrar: str, start: int = 0, end: int | None = None) -> list[bytes]:
        """The leaf hashes (32 bytes each) of the entries [start, end) in order of index."""

    def entry(self, entry_id: str) -> LogEntry | None:
        """The entry of this id, of whichever kind and log, or None."""

    def statements(self, target: str) -> list[LogEntry]:
        """The supersede, revoke and dispute entries about one registration, oldest first."""

    def registration(self, registration_id: str) -> Registration | None:
        """The register entry of this id with its image record, or None."""

    def registrations(self, ids: Sequence[str]) -> list[Registration]:
        """Those of ``ids`` that are registrations."""

    def find(self, digests: Mapping[str, str]) -> list[Registration]:
        """Registrations with any of these digests (name and value), oldest first, each once."""

    def find_instance(self, instance: str) -> list[Registration]:
        """Registrations of the same SOP Instance UID (its SHA-256 in hex), oldest first."""

    def case_records(self, ids: Sequence[str]) -> list[CaseRecord]:
        """What stands behind those of the entries ``ids`` that are of a case and still have it, in no order."""

    def trace(self, registration_id: str) -> bytes | None:
        """The trace/1 blob of a registration as it was appended, or None if it has none. TraceUnreadable when it is
        stored encrypted and the key is not there or not the right one."""

    def codes(self, registrar: str, start: int = 0, stop: int | None = None) -> Iterable[CodeRow]:
        """The look-alike codes of the registrations at log positions from ``start`` to before ``stop`` (None: to the
        end), in order of position. A damaged row has no codes and says so; TraceUnreadable without the key."""

    # outbox and batches
    def pending(self, registrar: str) -> Pending | None:
        """What is on the outbox of this log, or None when it is empty."""

    def save_batch(self, batch: Batch) -> None:
        """Insert or replace the batch with all its attempts, and take its entries off the outbox (put those above
        ``size`` that an earlier form of the batch held back on it), in one transaction."""

    def batch(self, registrar: str, sequence: int) -> Batch | None:
        """The batch whose head has this sequence, with all its attempts, or None."""

    def batch_of(self, registrar: str, index: int) -> Batch | None:
        """The batch that covers a log index; None while the entry waits."""

    def batches(self, registrar: str | None = None, *, open_only: bool = False, limit: int = 100) -> list[Batch]:
        """Newest first; ``open_only``: those that are not final yet, oldest first."""

    # chain events
    def save_events(self, events: Sequence[ChainEvent], scanned: Block) -> None:
        """Keep events (idempotent by block hash and log index) and move the cursor to ``scanned``."""

    def cursor(self) -> Block | None:
        """The last block whose events are kept, or None before the first."""

    def rewind(self, ancestor: Block | None) -> None:
        """Mark events above ``ancestor`` (all if None) as no longer canonical and put the cursor there."""

    def events(self, registrar: str) -> Iterable[ChainEvent]:
        """Canonical events of one registrar in chain order."""

    def history(self, query: HistoryFilter) -> list[HistoryRow]:
        """The entries that fit the filter, newest first, each with its batch and event."""

    def replace_index(self, batches: Sequence[Batch], events: Sequence[ChainEvent], scanned: Block) -> None:
        """Replace all batches, events and the cursor by these, and the outbox by the entries that no batch covers,
        in one transaction. Entries and image records are not touched. A batch that is open, or in a block after
        ``scanned``, stays with what was signed for it if its sequence is above the given ones, and so do attempts
        whose transaction a given batch names."""

    def faults(self) -> list[Difference]:
        """What breaks the database's own rules, as of one moment: values that their columns have no room for
        (:data:`MALFORMED`; then nothing else is looked for, as rows can't be trusted to read), rows that belong to
        nothing (``row_stray``), copies that differ, entries in no batch and not on the outbox (``outbox_missing``)."""

    def restore_outbox(self, registrar: str, first: int) -> None:
        """Put the entries from ``first`` on (back) on the outbox."""

    def ping(self) -> None:
        """Return if the database answers."""


class Registry(Protocol):
    """The contract on one chain, read side and write side."""

    chain_id: int
    address: str

    def block(self, number: int | None = None) -> Block:
        """The block at ``number``, or the newest."""

    def head(self, registrar: str) -> Head:
        """The registrar's head in the newest block; sequence 0 and size 0 before the first."""

    def root_at(self, registrar: str, sequence: int) -> bytes | None:
        """The 32-byte root that the contract keeps under this sequence, or None."""

    def directory(self, registrar: str) -> DirectoryEntry:
        """What the contract's directory of registrars says of this one in the newest block."""

    def registrar_of(self, sender: str) -> str | None:
        """The registrar that an active sender belongs to."""

    def events(self, first: int, last: int) -> list[ChainEvent]:
        """The contract's events in the blocks ``first`` to ``last``, both included, in chain order."""

    def evidence(self, registrar: str, sequence: int, transaction: str, block: Block) -> AnchorEvidence:
        """Header and state proofs of the root at ``sequence`` as of ``block``."""

    # write side: one sender
    sender: str

    def nonce(self) -> int:
        """The sender's next nonce, counting mined transactions only."""

    def gas_price(self) -> int:
        """The node's price of one unit of gas, in wei."""

    def max_leaves(self) -> int:
        """How many leaves one ``register`` transaction can carry on this chain, at least 1."""

    def sign_register(
        self,
        *,
        nonce: int,
        gas_price: int,
        head: Head,
        peaks: Sequence[bytes],
        leaves: Sequence[bytes],
        size: int,
        root: bytes,
        now: datetime,
    ) -> Attempt:
        """A signed ``register`` transaction from ``head`` to ``size``; nothing is sent."""

    def sign_anchor(
        self, *, nonce: int, gas_price: int, head: Head, proof: Sequence[bytes], size: int, root: bytes, now: datetime
    ) -> Attempt:
        """A signed ``anchor`` transaction from ``head`` to ``size``; nothing is sent."""

    def broadcast(self, raw: bytes) -> None:
        """Hand the bytes to the node; one that the node knows already is fine. ChainRejected says why not."""

    def result(self, tx_hash: str) -> TransactionResult | None:
        """The mined transaction, or None while it is not in a block."""


class Detector(Protocol):
    """The forgery detector. It looks at samples and knows nothing of the ledger."""

    def examine(self, image: bytes, *, pictures: bool = False) -> Detection:
        """What the detector says of the file ``image``, with pictures of it if asked for.

        DetectorUnavailable when no answer comes (its ``code`` says why), InputError for what cannot be decoded; the
        caller waits for this image alone, and never longer than the adapter's limits.
        """

    def warm(self) -> None:
        """Begin, in the background, what the first image would otherwise wait for; what fails is said then."""


@dataclass(frozen=True)
class Near:
    """A registered code near one that was asked for: ``distance`` of 256 bits, ``query`` the number of the code asked
    for, ``frame`` and ``window`` those of the registered code."""

    registration: str
    distance: int
    query: int
    frame: int
    window: int


class CodeIndex(Protocol):
    """An exact search over the look-alike codes of all registrations that the store holds."""

    def nearest(self, codes: bytes, count: int) -> list[Near]:
        """The ``count`` registrations nearest to any of ``codes`` (32 bytes each), nearest first, each once.

        Registrations that the store holds when this is called are looked through. An OutageError when they cannot be
        read.
        """

    def size(self) -> int:
        """How many registrations are looked through, as of the last search."""

    def damaged(self) -> int:
        """How many cannot be, because their stored codes are damaged, as of the last search."""
