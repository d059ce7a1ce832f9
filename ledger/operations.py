"""Operations: how the ledger runs now. Queues, heads, chain, gas and cost, senders. A part that is down is a value.

Questions are bounded: counts come from batches and the outbox, the root of the records from the tree that
verification keeps (:class:`ledger.log.LogTrees`), which the first question of a process reads. So an entry that was
edited after that is not noticed here; an audit reads everything again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime, timedelta

from ledger.core.merkle import EMPTY_ROOT
from ledger.core.model import Batch, BatchState, Head, LogEntry, Registrar
from ledger.core.onchain import SenderEntry
from ledger.core.operating import (
    ChainHealth,
    Comparison,
    Cost,
    Directory,
    Flow,
    RegistrarStatus,
    SenderStatus,
    Status,
    Waiting,
    WorkerState,
)
from ledger.errors import LedgerError, NotFound, OutageError
from ledger.log import LogTrees
from ledger.ports import Clock
from ledger.ports_watch import WatchedChain, WatchedStore

_OPEN, _RECENT, _BLOCKS = 20, 20, 10
_LATE = timedelta(seconds=60)
_SETTLED = (BatchState.ANCHORED, BatchState.FINAL)
_SENDER_EVENTS = ("SenderAdded", "SenderRetired")


class Operations:
    """Asks store and chain. ``working`` tells whether a worker holds this data folder, None where nobody can know.

    ``patience``: how long an entry may wait before the worker counts as late.
    """

    def __init__(
        self,
        store: WatchedStore,
        chain: WatchedChain,
        trees: LogTrees,
        clock: Clock,
        working: Callable[[], bool | None],
        patience: timedelta = _LATE,
    ) -> None:
        self._store = store
        self._chain = chain
        self._trees = trees
        self._clock = clock
        self._working = working
        self._patience = max(patience, _LATE)

    def status(self) -> Status:
        """Everything as of now. Only the store's own outage raises."""
        now = self._clock()
        chain = self._chain_health(now)
        logs = tuple(self._registrar(one, now, reachable=chain.code is None) for one in self._store.registrars())
        return Status(
            at=now,
            chain=chain,
            sender=self._own_sender() if chain.code is None else None,
            worker=self._worker([one.oldest for one in logs if one.oldest], now),
            registrars=logs,
            recent=tuple(costs_of(self._store.batches(limit=_RECENT), self._store.images_in)),
        )

    # the chain

    def _chain_health(self, now: datetime) -> ChainHealth:
        unknown = ChainHealth(self._chain.chain_id, self._chain.address)
        try:
            newest = self._chain.block()
            before = self._chain.block(max(0, newest.number - _BLOCKS))
            price = self._chain.gas_price()
        except OutageError as error:
            return ChainHealth(unknown.chain_id, unknown.contract, code=error.code)
        blocks = newest.number - before.number
        pace = (newest.time - before.time) / blocks if blocks else None
        age = max(0.0, now.timestamp() - newest.time)
        return ChainHealth(unknown.chain_id, unknown.contract, newest, age, pace, price)

    def _own_sender(self) -> SenderStatus | None:
        address = self._chain.sender
        if not address:
            return None
        with suppress(OutageError):
            return SenderStatus(self._chain.sender_entry(address), self._chain.balance(address))
        return None

    # one registrar

    def _registrar(self, registrar: Registrar, now: datetime, *, reachable: bool) -> RegistrarStatus:
        # The chain's head first: what it covers is in the records by then.
        head, directory = self._on_chain(registrar.id) if reachable else (None, None)
        size = self._store.log_size(registrar.id)
        comparison, root = self._compared(registrar.id, head, size)
        unsettled = tuple(self._store.batches(registrar.id, open_only=True, limit=_OPEN))
        return RegistrarStatus(
            registrar=registrar,
            directory=directory,
            senders=tuple(self._senders(registrar.id)) if reachable else (),
            log_size=size,
            head=head,
            log_root=root,
            comparison=comparison,
            states=self._store.state_counts(registrar.id),
            oldest=self._oldest(registrar.id, unsettled),
            unsettled=unsettled,
            flow=self._flow(registrar.id, size, now),
        )

    def _on_chain(self, registrar: str) -> tuple[Head | None, Directory | None]:
        try:
            entry = self._chain.directory(registrar)
            return self._chain.head(registrar), Directory(entry.status, entry.added_at, entry.compromised_since)
        except OutageError:
            return None, None

    def _compared(self, registrar: str, head: Head | None, size: int) -> tuple[Comparison, bytes | None]:
        """The contract's head against the records, and the root of the first ``head.size`` records."""
        if head is None:
            return Comparison.UNKNOWN, None
        if not head.size:
            return (Comparison.AHEAD if size else Comparison.EQUAL), EMPTY_ROOT
        try:
            root = self._trees.at(registrar, head.size).root()
        except NotFound:
            return Comparison.SHORT, None
        if root != head.root:
            return Comparison.DIFFERS, root
        return (Comparison.EQUAL if size == head.size else Comparison.AHEAD), root

    def _senders(self, registrar: str) -> Iterable[SenderEntry]:
        """The addresses that the directory's events name, each as the contract has it now; newest first."""
        seen: set[str] = set()
        for event in self._store.directory_events(registrar):
            if event.name not in _SENDER_EVENTS:
                continue
            with suppress(LedgerError):
                details = self._chain.transaction(event.tx_hash).events
                named = [one.figures.get("sender") for one in details if one.log_index == event.log_index]
                for address in (str(one).lower() for one in named if one):
                    if address not in seen:
                        seen.add(address)
                        yield self._chain.sender_entry(address)

    def _oldest(self, registrar: str, unsettled: Iterable[Batch]) -> Waiting | None:
        """The oldest entry that no block holds yet: on the outbox, or in a batch on its way."""
        pending = self._store.pending(registrar)
        firsts = [batch.first for batch in unsettled if batch.state not in _SETTLED]
        firsts += [pending.first] if pending else []
        entry = self._entry(registrar, min(firsts)) if firsts else None
        return Waiting(entry.id, entry.index, entry.time) if entry else None

    def _flow(self, registrar: str, size: int, now: datetime) -> Flow:
        newest = self._entry(registrar, size - 1) if size else None
        hour, day = (self._store.written_since(registrar, now - timedelta(hours=h)) for h in (1, 24))
        return Flow(hour, day, newest.time if newest else None)

    def _entry(self, registrar: str, index: int) -> LogEntry | None:
        return next(iter(self._store.entries(registrar, index, index + 1)), None)

    # the worker

    def _worker(self, waiting: Iterable[Waiting], now: datetime) -> WorkerState:
        held = self._working()
        if any(now - one.time > self._patience for one in waiting):
            return WorkerState.ABSENT if held is False else WorkerState.LATE
        return {True: WorkerState.RUNNING, False: WorkerState.ABSENT, None: WorkerState.UNKNOWN}[held]


def costs_of(batches: Iterable[Batch], images_in: Callable[[str, int, int], int]) -> Iterable[Cost]:
    """What settled batches took, newest first. The price is that of the attempt that was mined; unknown for a batch
    that was taken over from the chain. ``images_in`` counts the images among entries of a log."""
    for batch in batches:
        if batch.state not in _SETTLED or batch.gas_used is None:
            continue
        paid = next((attempt.gas_price for attempt in batch.attempts if attempt.tx_hash == batch.tx_hash), None)
        entries, images = batch.size - batch.first, images_in(batch.registrar, batch.first, batch.size)
        wei = None if paid is None else paid * batch.gas_used
        block = batch.block_number or 0
        yield Cost(batch.registrar, batch.sequence, entries, images, batch.gas_used, wei, batch.mode, block)
