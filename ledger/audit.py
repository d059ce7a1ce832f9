"""Audit: re-read every entry, recompute every leaf and root, compare with the contract, name each difference.

Nothing stored is believed: leaves are hashed from entry bytes, roots from those leaves, and both are held against the
chain's own events and storage. What could not be checked is said; an audit that skipped something is not complete.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from ledger.core.digests import changed_details
from ledger.core.entry import REGISTER, commitment_key, decode_entry, opens, timestamp
from ledger.core.merkle import Tree, leaf_hash
from ledger.core.model import Batch, BatchState, ChainEvent, LogEntry, Registrar
from ledger.errors import InvalidEntry, OutageError
from ledger.ports import RecordStore, Registry

HEAD, IMAGE = "HeadAdvanced", "ImageRegistered"
_MOST_BATCHES = 1_000_000


@dataclass(frozen=True)
class Difference:
    """One disagreement. ``code`` is stable; ``expected`` is what the stronger evidence says."""

    code: str
    registrar: str
    expected: str
    found: str
    index: int | None = None
    sequence: int | None = None


@dataclass
class AuditReport:
    """What was read, what disagreed, and what could not be checked."""

    entries: int = 0
    heads: int = 0
    events: int = 0
    differences: list[Difference] = field(default_factory=list)
    not_checked: list[str] = field(default_factory=list)

    @property
    def consistent(self) -> bool:
        return not self.differences

    @property
    def complete(self) -> bool:
        return not self.not_checked


def audit(store: RecordStore, registry: Registry) -> AuditReport:
    """Everything in ``store`` compared with itself and with the contract. Only the store's own outage raises."""
    report = AuditReport()
    try:
        newest = registry.block()
        events = registry.events(0, newest.number)
    except OutageError as error:
        events = None
        report.not_checked.append(f"everything on the chain: {error}")
    for registrar in store.registrars():
        tree = _audit_log(store, registrar, report)
        if events is not None:
            mine = [event for event in events if event.registrar == registrar.id]
            _audit_chain(store, registry, registrar, tree, mine, report)
    return report


def _audit_log(store: RecordStore, registrar: Registrar, report: AuditReport) -> Tree:
    """The tree over the entries as they are stored, whatever leaves the store claims."""
    tree = Tree()
    for entry in store.entries(registrar.id):
        report.entries += 1
        if entry.index != tree.size:
            report.differences.append(
                Difference("entry_missing", registrar.id, str(tree.size), str(entry.index), index=tree.size)
            )
        tree.append(leaf_hash(entry.body))
        report.differences.extend(_audit_entry(store, entry))
    if (size := store.log_size(registrar.id)) != tree.size:
        report.differences.append(Difference("log_size_differs", registrar.id, str(tree.size), str(size)))
    return tree


def _audit_entry(store: RecordStore, entry: LogEntry) -> Iterator[Difference]:
    if leaf_hash(entry.body) != entry.leaf:
        yield _at(entry, "leaf_differs", leaf_hash(entry.body).hex(), entry.leaf.hex())
    try:
        body = decode_entry(entry.body)
    except InvalidEntry as error:
        yield _at(entry, "entry_malformed", "a valid entry", str(error))
        return
    claimed = {
        "id": entry.id,
        "kind": entry.kind,
        "registrar": entry.registrar,
        "time": timestamp(entry.time),
        "target": entry.target,
    }
    for name, found in claimed.items():
        if body.get(name) != found:
            yield _at(entry, "entry_row_differs", f"{name} {body.get(name)}", f"{name} {found}")
    if entry.kind == REGISTER:
        yield from _audit_record(store, entry, body)


def _audit_record(store: RecordStore, entry: LogEntry, body: dict[str, Any]) -> Iterator[Difference]:
    registration = store.registration(entry.id)
    if registration is None:
        yield _at(entry, "record_missing", "the image's record", "none")
        return
    image = registration.image
    names = ", ".join(sorted(body["commitments"]))
    if body["commitments"].keys() != image.digests.keys():
        yield _at(entry, "record_differs", f"digests {names}", f"digests {', '.join(sorted(image.digests))}")
    for name, digest in image.digests.items():
        if not opens(body, name, commitment_key(image.salt, name), digest):
            yield _at(entry, "record_differs", f"the {name} that the entry commits to", digest)
    for name in changed_details(image.details, image.digests) if image.details else ():
        yield _at(entry, "details_differ", f"details of {name} {image.digests.get(name)}", "others")


def _audit_chain(
    store: RecordStore,
    registry: Registry,
    registrar: Registrar,
    tree: Tree,
    events: Sequence[ChainEvent],
    report: AuditReport,
) -> None:
    heads = [event for event in events if event.name == HEAD]
    images = [event for event in events if event.name == IMAGE]
    report.heads += len(heads)
    report.events += len(events)
    report.differences.extend(_audit_images(registrar, tree, images))
    report.differences.extend(_audit_batches(store, registrar, heads))
    try:
        report.differences.extend(_audit_heads(registry, registrar, tree, heads))
    except OutageError as error:
        report.not_checked.append(f"the contract's roots of {registrar.name}: {error}")
    anchored = heads[-1].size or 0 if heads else 0
    if anchored < tree.size:
        waiting = tree.size - anchored
        report.not_checked.append(f"{waiting} entries of {registrar.name} that wait for their anchor")


def _audit_images(registrar: Registrar, tree: Tree, events: Sequence[ChainEvent]) -> Iterator[Difference]:
    for event in events:
        index, leaf = event.index or 0, (event.leaf or b"").hex()
        if index >= tree.size:
            yield Difference("entry_missing", registrar.id, f"leaf {leaf}", "no entry", index=index)
        elif tree.leaf(index).hex() != leaf:
            yield Difference("leaf_differs_on_chain", registrar.id, leaf, tree.leaf(index).hex(), index=index)


def _audit_heads(
    registry: Registry, registrar: Registrar, tree: Tree, heads: Sequence[ChainEvent]
) -> Iterator[Difference]:
    if registry.directory(registrar.id).status == "unknown":
        yield Difference("registrar_unknown", registrar.id, "an entry in the contract's directory", "none")
    for number, event in enumerate(heads, start=1):
        size, expected = event.size or 0, (event.root or b"").hex()
        if event.sequence != number:
            yield Difference("head_missing", registrar.id, str(number), str(event.sequence), sequence=number)
        held = registry.root_at(registrar.id, event.sequence or 0)
        if held is None or held.hex() != expected:
            found = held.hex() if held else "none"
            yield Difference("contract_root_differs", registrar.id, found, expected, sequence=event.sequence)
        if size > tree.size:
            yield Difference("log_too_short", registrar.id, f"{size} entries", str(tree.size), sequence=event.sequence)
        elif tree.root(size).hex() != expected:
            yield Difference("root_differs", registrar.id, expected, tree.root(size).hex(), sequence=event.sequence)
    head = registry.head(registrar.id)
    if head.sequence != len(heads):
        yield Difference("head_missing", registrar.id, str(head.sequence), f"{len(heads)} events")


def _audit_batches(store: RecordStore, registrar: Registrar, heads: Sequence[ChainEvent]) -> Iterator[Difference]:
    """The store's own account of what is anchored against the chain's events."""
    kept = {
        batch.sequence: _batch_line(batch)
        for batch in store.batches(registrar.id, limit=_MOST_BATCHES)
        if batch.state in (BatchState.ANCHORED, BatchState.FINAL)
    }
    said = {event.sequence or 0: _head_line(event) for event in heads}
    for sequence in sorted(kept.keys() | said.keys()):
        expected, found = said.get(sequence, "none"), kept.get(sequence, "none")
        if expected != found:
            yield Difference("batch_differs", registrar.id, expected, found, sequence=sequence)


def _batch_line(batch: Batch) -> str:
    return f"size {batch.size} root {batch.root.hex()} in block {batch.block_number} {batch.block_hash} {batch.tx_hash}"


def _head_line(event: ChainEvent) -> str:
    root = (event.root or b"").hex()
    return f"size {event.size} root {root} in block {event.block.number} {event.block.hash} {event.tx_hash}"


def _at(entry: LogEntry, code: str, expected: str, found: str) -> Difference:
    return Difference(code, entry.registrar, expected, found, index=entry.index)
