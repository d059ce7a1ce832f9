"""When waiting entries make a batch, what replacing a stuck one may cost, and what a step of anchoring reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from ledger.core.model import Attempt, Batch
from ledger.ports import Pending

Mode = Literal["register", "anchor"]

_MOST_OVER_MARKET = 10


@dataclass(frozen=True)
class BatchPolicy:
    """When entries make a batch, how it goes to the chain, and when it is final. Times in seconds.

    ``register`` sends at most ``max_entries`` leaves a transaction, ``anchor`` one head over everything that waits.
    ``confirmations`` counts the batch's own block: with 1 a batch is final as soon as it is in a block.
    """

    mode: Mode = "register"
    max_entries: int = 500
    max_seconds: float = 2.0
    confirmations: int = 1
    replace_after_seconds: float = 60.0
    fee_bump_percent: int = 15

    def due(self, pending: Pending, now: datetime) -> bool:
        """Whether what waits is many, old or urgent enough to go."""
        full = pending.size - pending.first >= self.max_entries
        return full or pending.urgent or (now - pending.oldest).total_seconds() >= self.max_seconds

    def replacement_price(self, attempts: Sequence[Attempt], market: int) -> int | None:
        """Wei a unit of gas for one more attempt at the same nonce; None when that would be far above the market.

        Nodes take a replacement only for clearly more than they were offered (geth: 10 percent). A chain that makes
        no blocks must not drive the price up for ever, though: raising it does not help there.
        """
        offered = max((attempt.gas_price for attempt in attempts if attempt.broadcast_at is not None), default=None)
        if offered is None:
            return market
        price = max(market, offered * (100 + self.fee_bump_percent) // 100 + 1)
        return price if price <= _MOST_OVER_MARKET * max(market, 1) else None


class Action(StrEnum):
    """What one tick did."""

    IDLE = "idle"
    WAITING = "waiting"
    SENT = "sent"
    REPLACED = "replaced"
    ANCHORED = "anchored"
    ADOPTED = "adopted"
    FINAL = "final"
    REOPENED = "reopened"
    BLOCKED = "blocked"


PAUSES = {Action.IDLE: 0.1, Action.WAITING: 0.25, Action.BLOCKED: 5.0}
"""Seconds until the next tick is worth its while; none after one that moved something."""


@dataclass(frozen=True)
class TickReport:
    """What a tick did, in words too, and the batch as it is stored now."""

    action: Action
    detail: str
    batch: Batch | None = None
