"""Blocks, transactions and senders in full, as a node tells them: what a reader follows a registration to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ledger.core.model import Block

Figure = str | int
"""A value of an event or a call: whole numbers as they are, bytes and addresses as 0x text."""


@dataclass(frozen=True)
class BlockDetails:
    """A block with its header's figures. ``base_fee`` is in wei a unit of gas; ``transactions`` are hashes (0x…)."""

    block: Block
    parent: str
    state_root: str
    gas_used: int
    gas_limit: int
    base_fee: int | None
    transactions: tuple[str, ...]


@dataclass(frozen=True)
class EventDetails:
    """An event of our contract, decoded by its interface."""

    name: str
    log_index: int
    figures: Mapping[str, Figure]


@dataclass(frozen=True)
class CallDetails:
    """The function of our contract that a transaction called. A list among its arguments is given by its length."""

    name: str
    figures: Mapping[str, Figure]


@dataclass(frozen=True)
class TransactionDetails:
    """A transaction; what only a block decides (``block`` and all that follows it) is None while it waits.

    ``gas_price`` is what was paid, or is offered, in wei a unit of gas. ``call`` is None when it is not for our
    contract; ``events`` are those of our contract alone, in the order of the log.
    """

    tx_hash: str
    sender: str
    recipient: str | None
    nonce: int
    value: int
    gas_limit: int
    gas_price: int
    payload_bytes: int
    call: CallDetails | None
    block: Block | None = None
    succeeded: bool | None = None
    gas_used: int | None = None
    events: tuple[EventDetails, ...] = ()


@dataclass(frozen=True)
class SenderEntry:
    """An address in the contract's directory. Times are seconds since 1970; ``retired_at`` 0: in use."""

    address: str
    registrar: str | None
    added_at: int
    retired_at: int
