"""What the use cases that watch a running ledger (operations, witnessing) see of the outside, beside ``ledger.ports``.

The same rules hold: every method may raise an OutageError, and none changes anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from ledger.core.model import Batch, Block, ChainEvent, DirectoryEntry, Head, LogEntry, Registrar, State
from ledger.core.onchain import BlockDetails, SenderEntry, TransactionDetails
from ledger.core.operating import VerificationNote
from ledger.core.sources import SourceChange, SourceRecord
from ledger.ports import Pending


class WatchedStore(Protocol):
    """The part of a record store that is watched. What it says of the chain only says where to look."""

    def registrars(self) -> list[Registrar]:
        """All registrars, oldest first."""

    def log_size(self, registrar: str) -> int:
        """How many entries the registrar's log has."""

    def entries(self, registrar: str, start: int = 0, end: int | None = None) -> Iterable[LogEntry]:
        """The entries [start, end) in order of index."""

    def pending(self, registrar: str) -> Pending | None:
        """What is on the outbox of this log, or None when it is empty."""

    def batches(self, registrar: str | None = None, *, open_only: bool = False, limit: int = 100) -> list[Batch]:
        """Newest first; ``open_only``: those that are not final yet, oldest first."""

    def state_counts(self, registrar: str) -> Mapping[State, int]:
        """How many entries of the log are in each state, states without any left out."""

    def written_since(self, registrar: str, since: datetime) -> int:
        """How many entries the log got at ``since`` or later."""

    def images_in(self, registrar: str, start: int, end: int) -> int:
        """How many of the entries [start, end) register an image."""

    def head_before(self, registrar: str, moment: datetime) -> ChainEvent | None:
        """The indexed HeadAdvanced of the highest sequence in a block of ``moment`` or earlier, or None."""

    def head_event(self, registrar: str, sequence: int) -> ChainEvent | None:
        """The indexed HeadAdvanced of this sequence, or None."""

    def directory_events(self, registrar: str, limit: int = 100) -> Sequence[ChainEvent]:
        """The newest ``limit`` indexed events that are neither images nor heads, newest first."""


class WatchedChain(Protocol):
    """The part of the registry that is watched, each answer read from the node anew."""

    chain_id: int
    address: str
    sender: str

    def block(self, number: int | None = None) -> Block:
        """The block at ``number``, or the newest."""

    def head(self, registrar: str) -> Head:
        """The registrar's head in the newest block."""

    def root_at(self, registrar: str, sequence: int) -> bytes | None:
        """The 32-byte root that the contract keeps under this sequence, or None."""

    def directory(self, registrar: str) -> DirectoryEntry:
        """What the contract's directory says of a registrar."""

    def events(self, first: int, last: int) -> list[ChainEvent]:
        """The contract's events in the blocks ``first`` to ``last``, both included, in chain order."""

    def gas_price(self) -> int:
        """The node's price of one unit of gas, in wei."""

    def balance(self, address: str) -> int:
        """The wei that an address holds."""

    def sender_entry(self, address: str) -> SenderEntry:
        """What the contract's directory says of an address."""

    def block_details(self, number: int) -> BlockDetails:
        """A block in full; NotFound when the chain is shorter."""

    def transaction(self, tx_hash: str) -> TransactionDetails:
        """A transaction in full; NotFound when the node knows none such."""


class VerificationNotes(Protocol):
    """Who verified what, as far as it is kept. Rows are added, and old ones end; none is ever changed."""

    def note_verifications(self, notes: Sequence[VerificationNote], keep_since: datetime) -> None:
        """Keep the notes, and let go of those before ``keep_since`` and of all but the newest million."""

    def verification_notes(self, registration: str, limit: int = 100) -> list[VerificationNote]:
        """The newest ``limit`` notes about a registration, newest first."""


class SourceStore(Protocol):
    """Keeps what each source sent."""

    def note_sources(self, changes: Sequence[SourceChange]) -> None:
        """All of ``changes`` are added to what is kept."""

    def sources(self) -> list[SourceRecord]:
        """Every source, by name."""

    def forget_source(self, name: str) -> bool:
        """The source is gone; False if there was none."""
