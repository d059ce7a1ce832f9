"""Checks 4 to 7: the log holds the entry, the chain holds the log, the registrar was entitled, it is in force."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from ledger.cached import AnchoredHead, CachedReads
from ledger.core.entry import DERIVE, commitment_key, decode_entry, opens
from ledger.core.merkle import leaf_hash, verify_inclusion
from ledger.core.model import Batch, BatchState, LogEntry, Registration, Standing
from ledger.core.moments import when, when_of
from ledger.core.offline import skipped
from ledger.core.verdict import Check, Status
from ledger.errors import InputError, InvalidEntry, OutageError
from ledger.log import LogTrees, LogView
from ledger.matching import Match
from ledger.ports import RecordStore
from ledger.standing import standing_of


@dataclass(frozen=True)
class Proof:
    """Checks 4 to 7 in order, and what they rest on: the batch of the entry, the statements about it, the head as the
    chain tells it, and the registrar's name as its log does.
    """

    checks: Sequence[Check]
    batch: Batch | None = None
    statements: Sequence[LogEntry] = ()
    head: AnchoredHead | None = None
    name: str | None = None


_SETTLED = (BatchState.ANCHORED, BatchState.FINAL)


class Prover:
    """Proves what matching found, from the log and from the chain itself."""

    def __init__(self, store: RecordStore, registry: CachedReads, trees: LogTrees, confirmations: int) -> None:
        self._store = store
        self._registry = registry
        self._trees = trees
        self._confirmations = confirmations

    def prove(self, match: Match) -> Proof:
        """Checks 4 to 7. An outage makes the checks that needed it undetermined."""
        registration = match.registration
        if registration is None:
            return Proof(self._nothing_found())
        registrar = registration.entry.registrar
        try:
            batch = self._store.batch_of(registrar, registration.entry.index)
            view = self._trees.view(registrar, registration.id)
            included = self._inclusion(registration, batch)
        except OutageError as error:
            return Proof([_outage(number, error) for number in (4, 5, 6, 7)])
        anchored, entitled, head = self._on_chain(registration, batch, view)
        checks = [included, anchored, entitled, self._in_force(registration, view)]
        return Proof(checks, batch, view.statements, head, view.name)

    def _inclusion(self, registration: Registration, batch: Batch | None) -> Check:
        entry, image = registration.entry, registration.image
        if leaf_hash(entry.body) != entry.leaf:
            return Check(4, Status.FAILED, "the stored entry does not hash to its leaf: the store was changed")
        unopened = _unopened(registration)
        if unopened:
            return Check(4, Status.FAILED, f"the entry does not commit to the stored {unopened}: the store was changed")
        if batch is None or batch.state not in _SETTLED:
            return skipped(4, _pending(batch))
        figures = {"index": entry.index, "size": batch.size, "root": batch.root.hex(), "digests": len(image.digests)}
        try:
            path = self._trees.at(entry.registrar, batch.size).inclusion(entry.index, batch.size)
        except InputError as error:
            return Check(4, Status.FAILED, str(error), figures)
        if not verify_inclusion(entry.leaf, entry.index, batch.size, path, batch.root):
            return Check(4, Status.FAILED, "the log does not lead to the anchored root: the store was changed", figures)
        return Check(4, Status.PASSED, f"entry {entry.index} is in the log of {batch.size} entries", figures)

    def _on_chain(
        self, registration: Registration, batch: Batch | None, view: LogView
    ) -> tuple[Check, Check, AnchoredHead | None]:
        registrar = registration.entry.registrar
        try:
            if batch is None or batch.state not in _SETTLED or batch.block_number is None:
                return skipped(5, _pending(batch)), self._entitled(registrar, view, None), None
            head = self._registry.anchored_in(batch.block_number, registrar, batch.sequence)
            anchored_at = head.block.time if head else None
            return self._anchored(registrar, batch, head), self._entitled(registrar, view, anchored_at), head
        except OutageError as error:
            return _outage(5, error), _outage(6, error), None

    def _anchored(self, registrar: str, batch: Batch, head: AnchoredHead | None) -> Check:
        """Check 5. Root, block and transaction are the chain's own words; the record only says where to look."""
        figures: dict[str, Any] = {
            "chain_id": self._registry.chain_id,
            "contract": self._registry.address,
            "sequence": batch.sequence,
        }
        held = self._registry.root_at(registrar, batch.sequence)
        if held != batch.root:
            found = held.hex() if held else "none"
            detail = f"expected root {batch.root.hex()} at sequence {batch.sequence} of the contract, found {found}"
            return Check(5, Status.FAILED, detail, figures)
        if head is None or head.root != batch.root:
            detail = f"the contract holds the root, but not since block {batch.block_number}: run medseal audit"
            return Check(5, Status.UNDETERMINED, detail, figures)
        number = head.block.number
        confirmations = self._registry.newest(at_least=number).number - number + 1
        figures |= {"transaction": head.transaction, "block_number": number, "confirmations": confirmations}
        if confirmations < self._confirmations:
            detail = f"the contract holds the root; {confirmations} of {self._confirmations} confirmations"
            return Check(5, Status.SKIPPED, detail, figures)
        return Check(5, Status.PASSED, f"the contract holds the root since block {number}", figures)

    def _entitled(self, registrar: str, view: LogView, anchored_at: int | None) -> Check:
        """Check 6 at the time of the anchoring block, or now while there is none."""
        entry = self._registry.directory(registrar)
        figures: dict[str, Any] = {"registrar": registrar, "status": entry.status}
        if entry.status == "unknown":
            return Check(6, Status.FAILED, "the contract's directory does not know this registrar", figures)
        if entry.compromised_since and (anchored_at is None or anchored_at >= entry.compromised_since):
            since = when(datetime.fromtimestamp(entry.compromised_since, UTC))
            return Check(6, Status.FAILED, f"the registrar is marked as compromised since {since}", figures)
        if anchored_at is None and entry.status != "active":
            return Check(6, Status.FAILED, f"not anchored, and {view.name} is {entry.status}", figures)
        stands = "is entitled" if anchored_at is None else "was entitled when this was anchored"
        note = "" if entry.status == "active" else f" (now {entry.status})"
        return Check(6, Status.PASSED, f"{view.name} {stands}{note}", figures)

    def _in_force(self, registration: Registration, view: LogView) -> Check:
        """Check 7. Silence counts only in a log that is the contract's: a statement may have been taken away."""
        check = _standing(view.statements)
        if check.status is Status.FAILED:
            return check
        try:
            trouble = not_the_anchored_log(self._registry, registration.entry.registrar, view)
            return Check(7, Status.UNDETERMINED, trouble) if trouble else self._with_origin(registration.entry, check)
        except OutageError as error:
            return _outage(7, error)

    def _with_origin(self, entry: LogEntry, check: Check) -> Check:
        """Check 7 of a derived image also says what it was made from, and how that stands."""
        said = _derived(entry)
        if said is None:
            return check
        fact = standing_of(self._trees.view(entry.registrar, said["target"]).statements)
        detail = f"derived ({said['operation']}, {said['checked']}) from registration {said['target']}"
        if fact.standing is not Standing.IN_FORCE and fact.fields is not None:
            detail += f", which is {fact.standing} by {fact.fields['author']}: {fact.fields['reason']}"
        derived = {
            "original": said["target"],
            "operation": said["operation"],
            "checked": said["checked"],
            "state": fact.standing.value,
            "detail": detail,
        }
        return replace(check, detail=f"{check.detail}; {detail}", figures={**check.figures, "derived": derived})

    def _nothing_found(self) -> list[Check]:
        nothing = "no registration was found"
        return [skipped(4, nothing), self._complete(), skipped(6, nothing), skipped(7, nothing)]

    def _complete(self) -> Check:
        """That nothing was found means something only in records that are the contract's log."""
        try:
            for registrar in self._store.registrars():
                trouble = not_the_anchored_log(self._registry, registrar.id, self._trees.view(registrar.id))
                if trouble:
                    return Check(5, Status.UNDETERMINED, trouble)
        except OutageError as error:
            return _outage(5, error)
        return skipped(5, "nothing to prove: the log reaches as far as the contract's heads")


def not_the_anchored_log(registry: CachedReads, registrar: str, view: LogView) -> str | None:
    """How the records fall short of the log that the contract holds; None when they don't."""
    head = registry.head(registrar)
    if head.size > view.tree.size:
        return f"the contract counts {head.size} entries of {view.name}, the records {view.tree.size}"
    if head.size and view.tree.root(head.size) != head.root:
        return f"the records of {view.name} are not the log that the contract holds: run medseal audit"
    return None


def _standing(statements: Sequence[LogEntry]) -> Check:
    fact = standing_of(statements)
    if fact.standing is Standing.IN_FORCE or fact.fields is None:
        return Check(7, Status.PASSED, "not revoked, superseded or disputed", {"state": fact.standing.value})
    figures = {"state": fact.standing.value}
    for field in ("reason", "author", "time", "replacement"):
        if field in fact.fields:
            figures[field] = fact.fields[field]
    detail = f"{fact.standing} by {figures['author']} at {when_of(figures['time'])}: {figures['reason']}"
    return Check(7, Status.FAILED, detail, figures)


def _derived(entry: LogEntry) -> Mapping[str, Any] | None:
    """The derive entry as its bytes say, None of other kinds; check 4 speaks of bytes that are no entry."""
    try:
        body = decode_entry(entry.body)
    except InvalidEntry:
        return None
    return body if body["kind"] == DERIVE else None


def _pending(batch: Batch | None) -> str:
    if batch is not None and batch.state is BatchState.BLOCKED:
        return f"signed and in the log; not on the chain, anchoring is blocked: {batch.reason}"
    return "pending: signed and in the log, not on the chain yet"


def _unopened(registration: Registration) -> str | None:
    """The first thing stored that the entry does not bear out, if any."""
    image = registration.image
    try:
        entry = decode_entry(registration.entry.body)
    except InvalidEntry:
        return "entry"
    if (entry["id"], entry["registrar"]) != (registration.entry.id, registration.entry.registrar):
        return "identifier"
    if entry.get("commitments", {}).keys() != image.digests.keys():
        return "set of digests"
    for name, digest in image.digests.items():
        if not opens(entry, name, commitment_key(image.salt, name), digest):
            return name
    return None


def _outage(number: int, error: OutageError) -> Check:
    return Check(number, Status.UNDETERMINED, str(error), {"code": error.code, "advice": error.advice})
