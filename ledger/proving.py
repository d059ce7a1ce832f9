"""Checks 4 to 7: the log holds the entry, the chain holds the log, the registrar was entitled, it is in force."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ledger.cached import CachedReads
from ledger.core.entry import commitment_key, decode_entry, opens
from ledger.core.merkle import leaf_hash, verify_inclusion
from ledger.core.model import Batch, BatchState, LogEntry, Registration, Standing
from ledger.core.offline import skipped
from ledger.core.verdict import Check, Status
from ledger.errors import InputError, InvalidEntry, OutageError
from ledger.log import LogTrees
from ledger.matching import Match
from ledger.ports import RecordStore
from ledger.standing import standing_of


@dataclass(frozen=True)
class Proof:
    """Checks 4 to 7 in order, and what the log said: the batch of the entry and the statements about it."""

    checks: Sequence[Check]
    batch: Batch | None = None
    statements: Sequence[LogEntry] = ()


_PENDING = "pending: signed and in the log, not on the chain yet"


class Prover:
    """Proves what matching found, from the log and from the chain itself."""

    def __init__(self, store: RecordStore, registry: CachedReads, trees: LogTrees, confirmations: int) -> None:
        self._store = store
        self._registry = registry
        self._trees = trees
        self._confirmations = confirmations
        self._names: dict[str, str] = {}

    def prove(self, match: Match) -> Proof:
        """Checks 4 to 7. An outage makes the checks that needed it undetermined."""
        registration = match.registration
        if registration is None:
            return Proof(self._nothing_found())
        try:
            batch = self._store.batch_of(registration.entry.registrar, registration.entry.index)
            included = self._inclusion(registration, batch)
            statements = self._store.statements(registration.id)
        except OutageError as error:
            return Proof([_outage(number, error) for number in (4, 5, 6, 7)])
        checks = [included, *self._on_chain(registration, batch), _in_force(statements)]
        return Proof(checks, batch, statements)

    def _inclusion(self, registration: Registration, batch: Batch | None) -> Check:
        entry, image = registration.entry, registration.image
        if leaf_hash(entry.body) != entry.leaf:
            return Check(4, Status.FAILED, "the stored entry does not hash to its leaf: the store was changed")
        unopened = _unopened(registration)
        if unopened:
            return Check(4, Status.FAILED, f"the entry does not commit to the stored {unopened}: the store was changed")
        if batch is None or batch.state not in (BatchState.ANCHORED, BatchState.FINAL):
            return skipped(4, _PENDING)
        figures = {"index": entry.index, "size": batch.size, "root": batch.root.hex(), "digests": len(image.digests)}
        try:
            path = self._trees.at(entry.registrar, batch.size).inclusion(entry.index, batch.size)
        except InputError as error:
            return Check(4, Status.FAILED, str(error), figures)
        if not verify_inclusion(entry.leaf, entry.index, batch.size, path, batch.root):
            return Check(4, Status.FAILED, "the log does not lead to the anchored root: the store was changed", figures)
        return Check(4, Status.PASSED, f"entry {entry.index} is in the log of {batch.size} entries", figures)

    def _on_chain(self, registration: Registration, batch: Batch | None) -> list[Check]:
        if batch is None or batch.state not in (BatchState.ANCHORED, BatchState.FINAL) or batch.block_number is None:
            return [skipped(5, _PENDING), skipped(6, _PENDING)]
        try:
            return [self._anchored(registration, batch, batch.block_number), self._entitled(registration, batch)]
        except OutageError as error:
            return [_outage(5, error), _outage(6, error)]

    def _anchored(self, registration: Registration, batch: Batch, number: int) -> Check:
        newest = self._registry.newest(at_least=number)
        confirmations = newest.number - number + 1
        figures: dict[str, Any] = {
            "chain_id": self._registry.chain_id,
            "contract": self._registry.address,
            "sequence": batch.sequence,
            "transaction": batch.tx_hash,
            "block_number": number,
            "confirmations": confirmations,
        }
        held = self._registry.root_at(registration.entry.registrar, batch.sequence)
        if held != batch.root:
            found = held.hex() if held else "none"
            detail = f"expected root {batch.root.hex()} at sequence {batch.sequence} of the contract, found {found}"
            return Check(5, Status.FAILED, detail, figures)
        if confirmations < self._confirmations:
            detail = f"the contract holds the root; {confirmations} of {self._confirmations} confirmations"
            return Check(5, Status.SKIPPED, detail, figures)
        return Check(5, Status.PASSED, f"the contract holds the root since block {number}", figures)

    def _entitled(self, registration: Registration, batch: Batch) -> Check:
        entry = self._registry.directory(registration.entry.registrar)
        figures: dict[str, Any] = {"registrar": registration.entry.registrar, "status": entry.status}
        if entry.status == "unknown":
            return Check(6, Status.FAILED, "the contract's directory does not know this registrar", figures)
        anchored_at = batch.block_time or 0
        if entry.compromised_since and anchored_at >= entry.compromised_since:
            since = datetime.fromtimestamp(entry.compromised_since, UTC).isoformat()
            return Check(6, Status.FAILED, f"the registrar is marked as compromised since {since}", figures)
        name = self._name(registration.entry.registrar)
        note = "" if entry.status == "active" else f" (now {entry.status})"
        return Check(6, Status.PASSED, f"{name} was entitled when this was anchored{note}", figures)

    def _name(self, registrar: str) -> str:
        """The registrar's name, which its log fixes for ever, so it is read once."""
        if registrar not in self._names:
            self._names |= {known.id: known.name for known in self._store.registrars()}
        return self._names.get(registrar, "the registrar")

    def _nothing_found(self) -> list[Check]:
        nothing = "no registration was found"
        return [skipped(4, nothing), self._complete(), skipped(6, nothing), skipped(7, nothing)]

    def _complete(self) -> Check:
        """That nothing was found means something only if the records reach as far as the contract's heads."""
        try:
            for registrar in self._store.registrars():
                head, size = self._registry.head(registrar.id), self._store.log_size(registrar.id)
                if head.size > size:
                    detail = f"the contract counts {head.size} entries of {registrar.name}, the records {size}"
                    return Check(5, Status.UNDETERMINED, detail)
        except OutageError as error:
            return _outage(5, error)
        return skipped(5, "nothing to prove: the records reach as far as the contract's heads")


def _in_force(statements: Sequence[LogEntry]) -> Check:
    fact = standing_of(statements)
    if fact.standing is Standing.IN_FORCE or fact.fields is None:
        return Check(7, Status.PASSED, "not revoked, superseded or disputed", {"state": fact.standing.value})
    figures = {"state": fact.standing.value}
    for field in ("reason", "author", "time", "replacement"):
        if field in fact.fields:
            figures[field] = fact.fields[field]
    detail = f"{fact.standing} by {figures['author']} at {figures['time']}: {figures['reason']}"
    return Check(7, Status.FAILED, detail, figures)


def _unopened(registration: Registration) -> str | None:
    """The first stored digest that the entry does not commit to, if any."""
    image = registration.image
    try:
        entry = decode_entry(registration.entry.body)
    except InvalidEntry:
        return "entry"
    for name, digest in image.digests.items():
        if not opens(entry, name, commitment_key(image.salt, name), digest):
            return name
    return None


def _outage(number: int, error: OutageError) -> Check:
    return Check(number, Status.UNDETERMINED, str(error), {"code": error.code, "advice": error.advice})
