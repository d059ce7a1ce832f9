"""How a ledger runs, as values: chain, worker, queues, heads, cost. Times are UTC, money is wei, ages are seconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from ledger.core.model import Batch, Block, Head, Registrar, State
from ledger.core.onchain import SenderEntry


class Comparison(StrEnum):
    """The contract's head against the records of the log.

    *equal*: the same size and root. *ahead*: the records go on after the head, and begin with what it covers. *short*:
    the head covers more than the records hold. *differs*: the same entries lead to another root. *unknown*: the chain
    could not be asked.
    """

    EQUAL = "equal"
    AHEAD = "ahead"
    SHORT = "short"
    DIFFERS = "differs"
    UNKNOWN = "unknown"


class WorkerState(StrEnum):
    """The worker that anchors: *running*, *late* (an entry waits too long), *absent* (nobody holds the folder)."""

    RUNNING = "running"
    LATE = "late"
    ABSENT = "absent"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class ChainHealth:
    """The chain as its node tells it; with an error's ``code`` when it does not answer, and nothing else then.

    ``block_seconds`` is the mean time between the newest blocks, ``gas_price`` wei a unit of gas.
    """

    chain_id: int
    contract: str
    newest: Block | None = None
    age_seconds: float | None = None
    block_seconds: float | None = None
    gas_price: int | None = None
    code: str | None = None


@dataclass(frozen=True)
class SenderStatus:
    """The account that this ledger writes with: its place in the directory and what it holds."""

    entry: SenderEntry
    balance: int


@dataclass(frozen=True)
class Directory:
    """A registrar's place in the contract's directory; times in seconds since 1970, 0 for never."""

    status: str
    added_at: int
    compromised_since: int


@dataclass(frozen=True)
class Waiting:
    """The oldest entry that no block holds."""

    id: str
    index: int
    time: datetime


@dataclass(frozen=True)
class Flow:
    """What came in: entries of the last hour and the last 24 hours, and when the newest was written."""

    last_hour: int
    last_day: int
    newest: datetime | None


@dataclass(frozen=True)
class Cost:
    """What one settled batch took; ``wei`` is None when this ledger did not sign its transaction."""

    registrar: str
    sequence: int
    entries: int
    images: int
    gas_used: int
    wei: int | None
    mode: str
    block_number: int


@dataclass(frozen=True)
class RegistrarStatus:
    """One registrar's log, its head on the chain and the way between. Unknown to the chain's silence: None."""

    registrar: Registrar
    directory: Directory | None
    senders: tuple[SenderEntry, ...]
    log_size: int
    head: Head | None
    log_root: bytes | None
    comparison: Comparison
    states: Mapping[State, int]
    oldest: Waiting | None
    unsettled: tuple[Batch, ...]
    flow: Flow


@dataclass(frozen=True)
class Status:
    """Everything that :class:`ledger.operations.Operations` knows at one moment."""

    at: datetime
    chain: ChainHealth
    sender: SenderStatus | None
    worker: WorkerState
    registrars: tuple[RegistrarStatus, ...]
    recent: tuple[Cost, ...]


@dataclass(frozen=True)
class VerificationNote:
    """That a verification was asked for through the API: by which key, and what came of it. No name of any file.

    ``seal`` is SHA-256 over ``"medseal/verified/1\\n" ‖ salt ‖ file digest`` (``sha256:…`` as text): whoever holds the
    file can find that this note is about it, and nobody can tell from two notes whether they are about one file.
    """

    time: datetime
    key_id: str
    label: str
    verdict: str
    accepted: bool
    policy: str
    registration: str | None
    salt: bytes
    seal: bytes


SEAL_DOMAIN = b"medseal/verified/1\n"
SALT_BYTES = 16


def sealed(salt: bytes, file_digest: str) -> bytes:
    """The 32-byte seal of a note about the file of this digest."""
    return sha256(SEAL_DOMAIN + salt + file_digest.encode()).digest()
