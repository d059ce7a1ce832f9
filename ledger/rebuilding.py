"""Rebuild: the index made anew from the chain's events and the log's entries alone, and held against the old one.

The index is what can be lost: batches, chain events, the cursor and the outbox. Entries and image records are not
touched. The chain is read in full before anything is replaced, and the replacement is one database transaction. What is
on its way to the chain stays on its way. An old index that was merely behind the chain is not called different.
"""

from __future__ import annotations

from dataclasses import dataclass

from ledger.audit import ALL_BATCHES
from ledger.auditing_chain import SETTLED, anchored_batches, batch_line, is_behind
from ledger.core.model import Batch, Block, Difference, Registrar
from ledger.errors import StoreUnavailable
from ledger.indexing import Indexer
from ledger.ports import MALFORMED, RecordStore, Registry

_INDEX = ("outbox.", "batch.", "attempt.", "chain_event.", "cursor.")
_Mined = dict[tuple[str, int], Batch]


@dataclass(frozen=True)
class RebuildReport:
    """What the new index holds, and each way in which the old one was different."""

    entries: int
    heads: int
    events: int
    differences: tuple[str, ...]


def rebuild(store: RecordStore, registry: Registry, confirmations: int) -> RebuildReport:
    """The index says what the chain says. OutageError, with nothing changed, while the chain can't be read."""
    faults = store.faults()
    unreadable = [fault for fault in faults if fault.code == MALFORMED]
    _must_be_of_the_index(unreadable)
    if not unreadable:
        Indexer(store, registry).catch_up()
    scanned = None if unreadable else store.cursor()
    newest = registry.block()
    known = {registrar.id for registrar in store.registrars()}
    events = [event for event in registry.events(0, newest.number) if event.registrar in known]
    batches = anchored_batches(registry, events, newest.number - confirmations + 1)
    mined = {(batch.registrar, batch.sequence): batch for batch in batches}
    before = {} if unreadable else _snapshot(store, mined, scanned)
    store.replace_index(batches, events, newest)
    differences = [f"expected {fault.expected}, found {fault.found}" for fault in unreadable]
    if not unreadable:
        differences = _differences(before, _snapshot(store, mined, scanned)) + _mended(faults, store.faults())
    entries = sum(store.log_size(registrar.id) for registrar in store.registrars())
    return RebuildReport(entries, len(batches), len(events), tuple(differences))


def _must_be_of_the_index(unreadable: list[Difference]) -> None:
    for fault in unreadable:
        if not fault.expected.startswith(_INDEX):
            raise StoreUnavailable(
                f"expected {fault.expected}, found {fault.found}: that is no part of the index",
                advice="Restore the database from a backup; medseal audit names each such value.",
            )


def _mended(before: list[Difference], after: list[Difference]) -> list[str]:
    return [f"expected {fault.expected}, found {fault.found}" for fault in before if fault not in after]


def _snapshot(store: RecordStore, mined: _Mined, scanned: Block | None) -> dict[str, str]:
    """Each fact of the index as a line under its name, so that two indexes can be compared.

    Only what the chain that was read speaks of: a worker goes on meanwhile. The outbox's faults the store names itself.
    """
    up_to = scanned.number if scanned else -1
    facts: dict[str, str] = {}
    for registrar in store.registrars():
        for batch in store.batches(registrar.id, limit=ALL_BATCHES):
            spoken_of = (batch.registrar, batch.sequence) in mined
            if spoken_of or (batch.state in SETTLED and (batch.block_number or 0) <= up_to):
                facts[_name(batch, registrar)] = _line(batch, mined)
        for event in store.events(registrar.id):
            if event.block.number <= up_to:
                facts[f"event {event.log_index} of block {event.block.hash}"] = repr(event)
    return facts


def _is_behind(batch: Batch, mined: _Mined) -> bool:
    done = mined.get((batch.registrar, batch.sequence))
    return done is not None and is_behind(batch, done)


def _name(batch: Batch, registrar: Registrar) -> str:
    return f"head {batch.sequence} of {registrar.name}"


def _line(batch: Batch, mined: _Mined) -> str:
    if _is_behind(batch, mined):
        return batch_line(mined[batch.registrar, batch.sequence])
    if batch.state in SETTLED:
        return batch_line(batch)
    sent = ", ".join(attempt.tx_hash for attempt in batch.attempts)
    return f"{batch.first} to {batch.size}, {batch.root.hex()}, {batch.mode}, {batch.state}, signed {sent or 'nothing'}"


def _differences(before: dict[str, str], after: dict[str, str]) -> list[str]:
    return [
        f"{name}: the old index said {before.get(name, 'nothing')}, the new one {after.get(name, 'nothing')}"
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    ]
