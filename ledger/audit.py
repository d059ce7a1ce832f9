"""Audit: re-read every entry, recompute every leaf and root, compare with the contract, name each difference.

Nothing stored is believed: leaves are hashed from entry bytes, roots from those leaves, and both are held against the
chain's own events and storage; records, batches, the index of events and the outbox are held against those. What could
not be checked is said; an audit that skipped something is not complete. An index that is merely behind the chain is no
difference.

No audit can see what nothing commits to: entries that are not anchored yet may be taken away without a trace. Of an
image's record, the facts that only describe (bits, sign, modality, transfer syntax, decoder) and which SOP instance it
was are the store's word alone, and so is all that its idempotency key says. API keys, the cursor, signed attempts,
reasons and urgency are bookkeeping, not evidence. The codes that look-alikes are searched by follow from an image and
are committed to by nothing: changed ones hide a registration from that search, and from nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeAlias

from ledger.auditing_cases import CaseAudit
from ledger.auditing_chain import Anchored, audit_batches, audit_directory, audit_events, audit_heads, audit_images
from ledger.auditing_entries import audit_entry
from ledger.auditing_studies import audit_studies
from ledger.core.merkle import Tree, leaf_hash
from ledger.core.model import Block, ChainEvent, Difference, ImageRecord, LogEntry, Registrar
from ledger.core.trace.blob import trace_digest
from ledger.errors import OutageError, TraceUnreadable
from ledger.ports import MALFORMED, TRACE_DAMAGED, RecordStore, Registry

__all__ = ["STAGES", "AuditReport", "Difference", "OnProgress", "audit"]

OnProgress: TypeAlias = Callable[[str, int, int], None]
"""Told a stage's name, how much of it is done, and of how much. What it raises ends the audit."""
STAGES = ("database", "chain", "entries", "heads")
"""The stages in their order; of several registrars, *entries* and *heads* come one registrar after the other."""

ALL_BATCHES = 1_000_000
_NO_END = 1 << 62
_PIECE = 500
_TRACE = "trace/1"


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
        """Nothing that was compared differs."""
        return not self.differences

    @property
    def complete(self) -> bool:
        """Nothing was left out of the comparison."""
        return not self.not_checked


def _silent(_stage: str, _done: int, _of: int) -> None:
    """Nobody asked for progress."""


def audit(
    store: RecordStore, registry: Registry, confirmations: int = 1, on_progress: OnProgress = _silent
) -> AuditReport:
    """Everything in ``store`` compared with itself and with the contract. Only the store's own outage raises.

    A batch that is called final before it is ``confirmations`` blocks deep, its own counted, is a difference.
    """
    on_progress("database", 0, 1)
    report = AuditReport(differences=store.faults())
    on_progress("database", 1, 1)
    if any(fault.code == MALFORMED for fault in report.differences):
        report.not_checked.append("everything else: the values named cannot be read as what their columns are for")
        return report
    on_progress("chain", 0, 1)
    newest, events = _chain(registry, report)
    on_progress("chain", 1, 1)
    registrars = store.registrars()
    entries = sum(store.log_size(registrar.id) for registrar in registrars)
    for registrar in registrars:
        tree = _audit_log(store, registrar, report, lambda done: on_progress("entries", done, max(done, entries)))
        if not re.fullmatch("[0-9a-f]{64}", registrar.id):
            _add(report, "registrar_differs", registrar, "an id of 64 hex digits", registrar.id, None)
        elif newest is not None:
            mine = [event for event in events if event.registrar == registrar.id]
            part = Anchored(registrar, tree, newest, mine)
            _audit_chain(store, registry, part, confirmations, report, lambda at, of: on_progress("heads", at, of))
    return report


def _chain(registry: Registry, report: AuditReport) -> tuple[Block | None, list[ChainEvent]]:
    """The newest block, read before any entry so that what it anchors is in the log, and all events up to it."""
    try:
        newest = registry.block()
        return newest, registry.events(0, newest.number)
    except OutageError as error:
        report.not_checked.append(f"everything on the chain: {error}")
        return None, []


def _audit_log(
    store: RecordStore, registrar: Registrar, report: AuditReport, on_entries: Callable[[int], None]
) -> Tree:
    """The tree over the entries as they are stored, whatever leaves and whatever size the store claims."""
    tree, cases = Tree(), CaseAudit(store)
    before, unread = store.log_size(registrar.id), 0
    for some in _pieces(store.entries(registrar.id, 0, _NO_END)):
        report.differences.extend(audit_studies(store, some))
        images = {found.id: found.image for found in store.registrations([entry.id for entry in some])}
        for entry in some:
            if entry.index != tree.size:
                _add(report, "entry_missing", registrar, str(tree.size), str(entry.index), tree.size)
            tree.append(leaf_hash(entry.body))
            report.differences.extend(audit_entry(entry, registrar, images.get(entry.id)))
            unread += not _audit_trace(store, registrar, entry, images.get(entry.id), report)
        report.differences.extend(cases.check(some))
        on_entries(report.entries + tree.size)
    if unread:
        report.not_checked.append(f"{unread} fingerprints of {registrar.name} that the key at hand does not decrypt")
    else:
        _audit_codes(store, registrar, report)
    report.entries += tree.size
    if not tree.size:
        _add(report, "entry_missing", registrar, "a genesis entry", "no entry", 0)
    # Entries may be appended meanwhile.
    if not before <= tree.size <= (size := store.log_size(registrar.id)):
        _add(report, "log_size_differs", registrar, str(tree.size), str(before if before > tree.size else size), None)
    return tree


def _audit_trace(
    store: RecordStore, registrar: Registrar, entry: LogEntry, image: ImageRecord | None, report: AuditReport
) -> bool:
    """The stored fingerprint against the registered digest, which is held against the entry; False: not decrypted."""
    if image is None:
        return True
    expected = image.digests.get(_TRACE, "none")
    try:
        blob = store.trace(entry.id)
    except TraceUnreadable as error:
        if error.code == TRACE_DAMAGED:
            _add(report, "trace_differs", registrar, f"{_TRACE} {expected}", str(error), entry.index)
        return error.code == TRACE_DAMAGED
    found = "none" if blob is None else trace_digest(blob)
    # Whoever registers digests alone gives no fingerprint, and no details either.
    if found != expected and (blob is not None or image.details):
        _add(report, "trace_differs", registrar, f"{_TRACE} {expected}", f"{_TRACE} {found}", entry.index)
    return True


def _audit_codes(store: RecordStore, registrar: Registrar, report: AuditReport) -> None:
    """Whether the codes can be read. Nothing commits to what they say."""
    try:
        for row in store.codes(registrar.id):
            if row.damage:
                _add(report, "trace_differs", registrar, "codes that can be read", row.damage, row.position)
    except TraceUnreadable as error:
        _add(report, "trace_differs", registrar, "codes that can be read", str(error), None)


def _pieces(entries: Iterable[LogEntry]) -> Iterator[list[LogEntry]]:
    rest = iter(entries)
    while some := list(islice(rest, _PIECE)):
        yield some


def _add(report: AuditReport, code: str, registrar: Registrar, expected: str, found: str, index: int | None) -> None:
    report.differences.append(Difference(code, registrar.id, expected, found, index=index))


def _audit_chain(
    store: RecordStore,
    registry: Registry,
    part: Anchored,
    confirmations: int,
    report: AuditReport,
    on_heads: Callable[[int, int], None],
) -> None:
    registrar = part.registrar
    report.heads += len(part.heads)
    report.events += len(part.events)
    report.differences.extend(audit_images(part))
    batches, events = store.batches(registrar.id, limit=ALL_BATCHES), store.events(registrar.id)
    cursor = store.cursor()
    try:
        for difference in audit_directory(registry, registrar):
            report.differences.append(difference)
        for difference in audit_heads(registry, part, on_heads):
            report.differences.append(difference)
        if cursor is not None and _left_the_chain(registry, cursor, part.newest):
            report.not_checked.append(f"the index of {registrar.name}: block {cursor.number} left the chain since")
        else:
            report.differences.extend(list(audit_batches(registry, part, batches, confirmations)))
            report.differences.extend(audit_events(part, events, cursor.number if cursor else -1))
    except OutageError as error:
        report.not_checked.append(f"the contract's roots of {registrar.name}: {error}")
    anchored = part.heads[-1].size or 0 if part.heads else 0
    if anchored < part.tree.size:
        waiting = part.tree.size - anchored
        noun = "entry" if waiting == 1 else "entries"
        report.not_checked.append(f"{waiting} {noun} of {registrar.name} that wait{'s' * (waiting == 1)} for an anchor")


def _left_the_chain(registry: Registry, cursor: Block, newest: Block) -> bool:
    """Whether the index stands at a block that is not the chain's any more: the indexer has to go back first."""
    latest = registry.block() if cursor.number > newest.number else newest
    return cursor.number > latest.number or registry.block(cursor.number).hash != cursor.hash
