"""Rebuild: the index made anew from the chain's events and the log's entries alone, and held against the old one.

The index is what can be lost: batches, chain events, the cursor and the outbox. Entries and image records are not
touched. The chain is read in full before anything is replaced, and the replacement is one database transaction.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from ledger.audit import HEAD, IMAGE
from ledger.core.model import Batch, BatchState, Block, ChainEvent
from ledger.ports import RecordStore, Registry

_MOST_BATCHES = 1_000_000


@dataclass(frozen=True)
class RebuildReport:
    """What the new index holds, and each way in which the old one was different."""

    entries: int
    heads: int
    events: int
    differences: tuple[str, ...]


def rebuild(store: RecordStore, registry: Registry, confirmations: int) -> RebuildReport:
    """The index says what the chain says. OutageError, with nothing changed, while the chain can't be read."""
    newest = registry.block()
    known = {registrar.id for registrar in store.registrars()}
    events = [event for event in registry.events(0, newest.number) if event.registrar in known]
    batches = _batches(registry, events, newest, confirmations)
    before = _snapshot(store)
    store.replace_index(batches, events, newest)
    after = _snapshot(store)
    entries = sum(store.log_size(registrar.id) for registrar in store.registrars())
    return RebuildReport(entries, len(batches), len(events), tuple(_differences(before, after)))


def _batches(registry: Registry, events: list[ChainEvent], newest: Block, confirmations: int) -> list[Batch]:
    """One batch for each head that the chain accepted."""
    individual = {event.tx_hash for event in events if event.name == IMAGE}
    sizes: dict[str, int] = {}
    batches = []
    for event in events:
        if event.name != HEAD or event.size is None or event.sequence is None or event.root is None:
            continue
        first = sizes.get(event.registrar, 0)
        sizes[event.registrar] = event.size
        mode = "register" if event.tx_hash in individual else "anchor"
        batches.append(_batch(registry, event, first, event.size, event.sequence, event.root, mode))
    final_up_to = newest.number - confirmations + 1
    return [
        replace(batch, state=BatchState.FINAL if (batch.block_number or 0) <= final_up_to else BatchState.ANCHORED)
        for batch in batches
    ]


def _batch(
    registry: Registry, event: ChainEvent, first: int, size: int, sequence: int, root: bytes, mode: str
) -> Batch:
    result = registry.result(event.tx_hash)
    return Batch(
        registrar=event.registrar,
        sequence=sequence,
        first=first,
        size=size,
        root=root,
        mode=mode,
        state=BatchState.ANCHORED,
        created_at=datetime.fromtimestamp(event.block.time, UTC),
        tx_hash=event.tx_hash,
        block_number=event.block.number,
        block_hash=event.block.hash,
        block_time=event.block.time,
        gas_used=result.gas_used if result else None,
    )


def _snapshot(store: RecordStore) -> dict[str, str]:
    """Each fact of the index as a line under its name, so that two indexes can be compared."""
    facts: dict[str, str] = {}
    for registrar in store.registrars():
        for batch in store.batches(registrar.id, limit=_MOST_BATCHES):
            if batch.state in (BatchState.ANCHORED, BatchState.FINAL):
                facts[f"head {batch.sequence} of {registrar.name}"] = _line(batch)
        for event in store.events(registrar.id):
            facts[f"event {event.log_index} of block {event.block.hash}"] = f"{event.name} {event.index} {event.leaf!r}"
        pending = store.pending(registrar.id)
        facts[f"outbox of {registrar.name}"] = f"{pending.first} to {pending.size}" if pending else "empty"
    return facts


def _line(batch: Batch) -> str:
    place = f"{batch.block_number} {batch.block_hash} {batch.tx_hash}"
    return f"{batch.first} to {batch.size}, {batch.root.hex()}, {batch.mode}, {place}, {batch.gas_used} gas"


def _differences(before: dict[str, str], after: dict[str, str]) -> list[str]:
    return [
        f"{name}: the old index said {before.get(name, 'nothing')}, the new one {after.get(name, 'nothing')}"
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    ]
