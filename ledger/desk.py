"""The operations of a ledger in this process: wires what watches, witnesses and audits, and answers in wire types."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING

from ledger import present, present_operations, schemas
from ledger.audit import audit
from ledger.auditruns import AuditRuns
from ledger.bootstrap import Parts, utc_now
from ledger.core.witness import Witness
from ledger.errors import InputError
from ledger.log import LogTrees
from ledger.naming import registrar_named
from ledger.noting import Notes
from ledger.operations import Operations
from ledger.rebuilding import RebuildReport
from ledger.sources_desk import SourcesDesk
from ledger.witnessing import Witnessing
from ledger.working import worker_lock

if TYPE_CHECKING:
    from ledger.schemas import Verification
    from ledger.schemas import operations as wire

_LATE_BATCHES = 10
_SPAN_ADVICE = "Give since (and until), or old and new; the former are times, the latter numbers of heads."


def rebuilt(report: RebuildReport) -> schemas.Rebuild:
    """What making the index anew had to say."""
    return schemas.Rebuild(
        entries=report.entries,
        heads=report.heads,
        events=report.events,
        equal=not report.differences,
        differences=list(report.differences),
    )


class OperationsDesk:
    """:class:`ledger.gateway_operations.OperationsGateway` in process. Safe to share between threads."""

    def __init__(self, parts: Parts, trees: LogTrees, sources: SourcesDesk) -> None:
        self._parts = parts
        self._sources = sources
        self._verdicts: Counter[str] = Counter()
        self._counting = Lock()
        patience = timedelta(seconds=parts.settings.batch_seconds * _LATE_BATCHES)
        self._operations = Operations(parts.store, parts.registry, trees, utc_now, self._worker_here, patience)
        self._witnessing = Witnessing(parts.store, parts.registry)
        work = lambda told: audit(parts.store, parts.registry, parts.confirmations, told)  # noqa: E731
        self._runs = AuditRuns(work, utc_now)
        self._notes = Notes(parts.store, utc_now, parts.settings.verification_log_days)
        parts.closing.callback(self._notes.close)
        parts.closing.callback(self._runs.close)

    def status(self) -> wire.OperationsStatus:
        """How the ledger runs now."""
        found = self._operations.status()
        registry, newest = self._parts.registry, found.chain.newest
        presenter = present.Presenter(registry.chain_id, registry.address, newest.number if newest else None)
        status = present_operations.status(
            found, presenter, self._parts.confirmations, self._parts.settings.anchor_mode
        )
        return status.model_copy(update={"sources": self._sources.all()})

    def block(self, number: int) -> wire.BlockInfo:
        """A block, read from the node now; NotFound."""
        registry = self._parts.registry
        return present_operations.block(registry.block_details(number), registry.block(), utc_now())

    def transaction(self, tx_hash: str) -> wire.TransactionInfo:
        """A transaction, read from the node now; NotFound."""
        registry = self._parts.registry
        return present_operations.transaction(registry.transaction(tx_hash), registry.block(), utc_now())

    def witness(
        self,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        old: int | None = None,
        new: int | None = None,
        registrar: str | None = None,
    ) -> wire.Witness:
        """Whether the log only grew; see :meth:`OperationsGateway.witness`."""
        store, now = self._parts.store, utc_now()
        identity = registrar_named(store.registrars(), registrar) if registrar else self._parts.registrar.id
        found = self._witnessed(identity, (since, until), (old, new))
        known = store.registrar(identity)
        place = (self._parts.registry.chain_id, self._parts.registry.address)
        return present_operations.witness(found, known.name if known else identity, place, (since, until), now)

    def _witnessed(
        self,
        registrar: str,
        span: tuple[datetime | None, datetime | None],
        heads: tuple[int | None, int | None],
    ) -> Witness:
        (since, until), (old, new) = span, heads
        if since is not None and old is None and new is None:
            return self._witnessing.between(registrar, since, until)
        if old is not None and new is not None and since is None and until is None:
            return self._witnessing.of_heads(registrar, old, new)
        raise InputError("expected two moments or two heads", code="invalid_span", advice=_SPAN_ADVICE)

    def start_audit(self) -> wire.AuditRun:
        """An audit runs in the background: a new one, or the one under way."""
        run, created = self._runs.start()
        return present_operations.audit_run(run, created=created)

    def audit_run(self, run_id: str) -> wire.AuditRun:
        """A run as of now; NotFound."""
        return present_operations.audit_run(self._runs.get(run_id))

    def audit_runs(self) -> list[wire.AuditRun]:
        """The runs that are remembered, newest first."""
        return [present_operations.audit_run(run) for run in self._runs.all()]

    def verifications(self, registration: str) -> list[wire.VerificationNote]:
        """Which keys verified this registration through the API, newest first."""
        return [present_operations.note(one) for one in self._notes.about(registration)]

    def note(self, key_id: str, label: str, verification: Verification, file_digest: str) -> None:
        """That this key asked for this verification will be kept; see :class:`ledger.noting.Notes`."""
        with self._counting:
            self._verdicts[verification.verdict] += 1
        self._notes.keep(key_id, label, verification, file_digest)

    def verdicts(self) -> Mapping[str, int]:
        """How many verifications were noted since this process started, by verdict."""
        with self._counting:
            return dict(self._verdicts)

    def _worker_here(self) -> bool | None:
        """Whether a worker holds the folder. With a shared database it may work from another machine's folder."""
        with worker_lock(self._parts.folder.worker_lock) as free:
            held = not free
        return held or (None if self._parts.settings.database_url else False)
