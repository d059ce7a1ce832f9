"""What the store says of heads set against what the chain says, and put right where they differ."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from ledger.core.merkle import Tree
from ledger.core.model import Attempt, Batch, BatchState, ChainEvent, Head, TransactionResult
from ledger.errors import ChainUnreachable
from ledger.ports import RecordStore, Registry

_SETTLED = (BatchState.ANCHORED, BatchState.FINAL)
_FORK = (
    "the contract's head (sequence {head.sequence}, size {head.size}) is not a prefix of this log of {size} entries: "
    "the database is older than the chain, or another one. Nothing was signed. Restore the newest database backup; "
    "medseal audit names the differences."
)


def mined(batch: Batch, result: TransactionResult) -> Batch:
    """``batch`` as anchored by that transaction."""
    return replace(
        batch,
        state=BatchState.ANCHORED,
        tx_hash=result.tx_hash,
        block_number=result.block.number,
        block_hash=result.block.hash,
        block_time=result.block.time,
        gas_used=result.gas_used,
        reason=None,
    )


class Records:
    """One registrar's batches beside its heads on the chain."""

    def __init__(self, store: RecordStore, registry: Registry, registrar: str, first_block: int) -> None:
        self._store = store
        self._registry = registry
        self._id = registrar
        self._first_block = first_block

    def is_settled(self, sequence: int) -> bool:
        """Whether the store has the head under ``sequence`` as anchored; the empty head always is."""
        batch = self._store.batch(self._id, sequence)
        return sequence == 0 or (batch is not None and batch.state in _SETTLED)

    def fork(self, head: Head, tree: Tree) -> str | None:
        """Why nothing may be signed on top of ``head``: it is no prefix of the log's ``tree``; None when it is one."""
        if head.size <= tree.size and (not head.size or tree.root(head.size) == head.root):
            return None
        return _FORK.format(head=head, size=tree.size)

    def obstacle(self) -> str | None:
        """Why the contract would refuse any head of ours now, with what to do; None when it would not."""
        status = self._registry.directory(self._id).status
        if status == "unknown":
            return f"registrar {self._id} is not in the contract's directory: have its administrator add it."
        if status != "active":
            return f"the registrar is {status} in the contract's directory: ask its administrator why."
        if self._registry.registrar_of(self._registry.sender) != self._id:
            return (
                f"{self._registry.sender} is no sender of this registrar, or a retired one: have the contract's "
                "administrator add a sender, and run with its key."
            )
        return None

    def look_up(self, batch: Batch) -> tuple[Attempt, TransactionResult] | None:
        """The attempt of ``batch`` that is in a block, and what became of it there."""
        for attempt in reversed(batch.attempts):
            result = self._registry.result(attempt.tx_hash)
            if result is not None:
                return attempt, result
        return None

    def settle(self, batch: Batch, confirmations: int) -> Batch | None:
        """An anchored batch as final once it is ``confirmations`` blocks deep, its own counted, and None before.

        When another block stands in its place it is open again.
        """
        newest, number = self._registry.block().number, batch.block_number or 0
        if newest - number + 1 < confirmations or newest < number:
            return None
        if self._registry.block(number).hash != batch.block_hash:
            return self.reopen(batch.sequence)
        final = replace(batch, state=BatchState.FINAL)
        self._store.save_batch(final)
        return final

    def reopen(self, sequence: int) -> Batch:
        """The anchored batch under ``sequence``, and all after it, are on their way again: their blocks left the chain.

        Of each only the transaction that was mined is kept; it is what will be sent again.
        """
        opened: list[Batch] = []
        batch = self._store.batch(self._id, sequence)
        while batch is not None and batch.state in _SETTLED:
            opened.append(_lost(batch))
            self._store.save_batch(opened[-1])
            batch = self._store.batch(self._id, batch.sequence + 1)
        return opened[0]

    def adopt(self, head: Head, previous: Batch | None, now: datetime) -> Batch:
        """Every head up to ``head`` that the chain has and the store has not as anchored is stored as the chain has
        it; the newest is returned. ``previous``: an unfinished batch whose sequence the chain has.

        For a store restored from a backup, a second worker, and a crash that lost more than it should.
        """
        first = head.sequence if previous is None else min(previous.sequence, head.sequence)
        while not self.is_settled(first - 1):
            first -= 1
        before = self._store.batch(self._id, first - 1)
        size = before.size if before else 0
        adopted: Batch | None = None
        for event in self._advances(before.block_number if before else None, first):
            adopted = self._adopted(event, size, now)
            self._store.save_batch(adopted)
            size = adopted.size
        if adopted is None or adopted.sequence < head.sequence:
            raise ChainUnreachable(f"the node has head {head.sequence} of registrar {self._id} but not all its events")
        return adopted

    def _advances(self, block: int | None, sequence: int) -> list[ChainEvent]:
        start = self._first_block if block is None else block
        events = self._registry.events(start, self._registry.block().number)
        mine = [event for event in events if event.registrar == self._id and event.name == "HeadAdvanced"]
        return [event for event in mine if (event.sequence or 0) >= sequence]

    def _adopted(self, event: ChainEvent, first: int, now: datetime) -> Batch:
        sequence, size, root = event.sequence, event.size, event.root
        result = self._registry.result(event.tx_hash)
        if sequence is None or size is None or root is None or result is None:
            raise ChainUnreachable(f"the node has a head's event but not its transaction {event.tx_hash}")
        stored = self._store.batch(self._id, sequence)
        attempts = tuple(attempt for attempt in stored.attempts if attempt.tx_hash == event.tx_hash) if stored else ()
        mode, created = (stored.mode, stored.created_at) if attempts and stored else (self._mode(event), now)
        batch = Batch(self._id, sequence, first, size, root, mode, BatchState.ANCHORED, created, attempts)
        return mined(batch, result)

    def _mode(self, event: ChainEvent) -> str:
        beside = self._registry.events(event.block.number, event.block.number)
        leaves = any(other.name == "ImageRegistered" and other.tx_hash == event.tx_hash for other in beside)
        return "register" if leaves else "anchor"


def _lost(batch: Batch) -> Batch:
    attempts = tuple(_unsent(attempt) for attempt in batch.attempts if attempt.tx_hash == batch.tx_hash)
    return replace(
        batch,
        state=BatchState.BROADCAST,
        attempts=attempts,
        tx_hash=None,
        block_number=None,
        block_hash=None,
        block_time=None,
        gas_used=None,
        reason="its block left the chain",
    )


def _unsent(attempt: Attempt) -> Attempt:
    return replace(attempt, broadcast_at=None)
