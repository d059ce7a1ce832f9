"""The composition root: settings in, a :class:`ledger.gateway.Gateway` out. The only place that knows all adapters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Self

from ledger import __version__, present, schemas
from ledger.audit import OnProgress, audit
from ledger.bootstrap import Parts, prepare, utc_now
from ledger.cached import CachedReads
from ledger.core.images import Limits
from ledger.core.model import Appended, Batch, LogEntry, Registration, State
from ledger.core.states import state_of
from ledger.core.verdict import policy_named
from ledger.deriving import Declared, Derivations
from ledger.desk import OperationsDesk, rebuilt
from ledger.detection import NONE, ProcessDetector
from ledger.errors import InputError, LedgerError, NotFound
from ledger.examinations import Examinations
from ledger.export.making import Reports
from ledger.log import LogTrees
from ledger.lookalikes import FlatIndex
from ledger.naming import digest_named, registrar_named, state_named
from ledger.ports import Detector, HistoryFilter
from ledger.present_cases import cases_of
from ledger.present_studies import capture_desks
from ledger.rebuilding import rebuild
from ledger.receipts import Receipts
from ledger.registration import DigestedImage, Registrations, place_of
from ledger.settings import Settings
from ledger.similarity import LookAlikes
from ledger.sources_desk import SourcesDesk
from ledger.standing import standing_of
from ledger.store.keys import ApiKeys
from ledger.verification import Outcome, Verifier
from ledger.working import anchor_pending

CHAIN_ANSWERS_SECONDS = 1.0
_MOST_ROWS = 1000


class Service:
    """A ledger in this process. Safe to share between threads; close it when done."""

    def __init__(self, parts: Parts, detector: Detector | None = None, look_alikes: LookAlikes | None = None) -> None:
        self.parts = parts
        self.store = parts.store
        self.registry = parts.registry
        self.keys = ApiKeys(parts.store)
        self.trees = LogTrees(parts.store)
        self.sources = SourcesDesk(parts)
        self.operations = OperationsDesk(parts, self.trees, self.sources)
        self._reads = CachedReads(parts.registry, CHAIN_ANSWERS_SECONDS)
        limits = _limits(parts.settings)
        self._registrations = Registrations(self.store, parts.registrar, utc_now, limits, lambda: parts.look)
        alike = look_alikes or LookAlikes(self.store, FlatIndex(self.store), limits)
        self._derivations = Derivations(self.store, self._registrations, parts.registrar, alike, limits)
        self.examinations = Examinations(detector, limits, parts.settings.detector_seconds)
        self._verifier = Verifier(self.store, self._reads, self.trees, limits, parts.confirmations, detector, alike)
        self.cases = cases_of(self.store, self.trees, self._reads, parts.registrar, utc_now)
        sign = parts.signing_key.sign
        self._receipts = Receipts(self.store, self.registry, self.trees, parts.registrar, sign, utc_now)
        self.studies, self.commitments = capture_desks(self.store, parts.registrar.id, utc_now)
        self.reports = Reports(self, limits, parts.registrar, sign)

    @classmethod
    def open(cls, settings: Settings, *, patient: bool = False) -> Self:
        """The ledger of the settings' data folder, made on first use; see :func:`prepare`."""
        parts = prepare(settings, patient=patient)
        if settings.detector == NONE:
            return cls(parts)
        detector = ProcessDetector(settings.detector, _limits(settings), seconds=settings.detector_seconds)
        parts.closing.callback(detector.close)
        return cls(parts, detector)

    def close(self) -> None:
        """Release the database and the embedded chain, and end the detector's process."""
        self.parts.close()

    def warm(self) -> None:
        """The detector loads its model in the background, so that the first image need not wait for it."""
        self.examinations.warm()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_raised: object) -> None:
        self.close()

    # registering

    def register(
        self, data: bytes, *, idempotency_key: str | None = None, urgent: bool = False
    ) -> schemas.Registration:
        """The image is in the log, in this call or an earlier one; see :meth:`Gateway.register`."""
        return self._registered(self._registrations.register(data, idempotency_key=idempotency_key, urgent=urgent))

    def register_digests(
        self, images: Sequence[schemas.DigestRegistration], *, urgent: bool = False
    ) -> list[schemas.Registration]:
        """Every one of ``images`` is in the log, or none is new; answers come in their order."""
        digested = [DigestedImage(i.digests, i.idempotency_key, place_of(i.instance, i.study)) for i in images]
        return [self._registered(one) for one in self._registrations.register_digests(digested, urgent=urgent)]

    def state_request(self, registration_id: str, request: schemas.StatementRequest) -> schemas.Statement:
        """A supersede, revoke or dispute entry is in the log; it counts at once."""
        said = request.model_dump(exclude={"kind"})
        entry = self._registrations.state(request.kind, registration_id, **said)
        return present.statement(entry, State.SEQUENCED)

    def derive(
        self, target: str, data: bytes, request: schemas.DerivationRequest, *, original: bytes | None = None
    ) -> schemas.Derivation:
        """The image is in the log with its origin, after the declared operation was checked."""
        declared = Declared(**request.model_dump())
        made = self._derivations.derive(target, data, declared, original=original)
        return schemas.Derivation(registration=self._appended(made.appended), **vars(made.finding))

    def registration(self, registration_id: str) -> schemas.Registration:
        """The registration as it stands now; NotFound."""
        registration = self.store.registration(registration_id)
        if registration is None:
            raise NotFound(f"no registration {registration_id}")
        return self._present(registration)

    def receipt(self, registration_id: str) -> bytes:
        """The receipt as of now, signed: canonical JSON bytes, with proofs once the entry is anchored."""
        return self._receipts.issue(registration_id)

    def anchor_pending(self, timeout: float, on_progress: Callable[[int, int], None] | None = None) -> bool:
        """Everything in the log is anchored when this answers True; False if time ran out.

        Drives the worker's steps here, or waits for a worker that runs elsewhere on this data folder.
        ``on_progress`` is told how many entries are anchored, and of how many.
        """
        return anchor_pending(self, timeout, on_progress)

    # verifying

    def verify(
        self,
        data: bytes,
        *,
        policy: str = "clinical",
        against: str | None = None,
        original: bytes | None = None,
        examine: bool = False,
        pictures: bool = False,
    ) -> schemas.Verification:
        """The verdict on an image under a policy, with every check; nothing is written. See :meth:`Gateway.verify`."""
        options = {"examine": examine, "pictures": pictures}
        outcome = self._verifier.verify(data, policy_named(policy), against=against, original=original, **options)
        return self._verification(outcome, pictures=pictures)

    def verify_digests(self, digests: dict[str, str], *, policy: str = "clinical") -> schemas.Verification:
        """The verdict on digests alone; checks that need samples are skipped."""
        return self._verification(self._verifier.verify_digests(digests, policy_named(policy)))

    # asking

    def history(
        self,
        *,
        digest: str | None = None,
        registration: str | None = None,
        registrar: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        kind: str | None = None,
        state: str | None = None,
        limit: int = 100,
        offset: int = 0,
    ) -> schemas.History:
        """One page of the log's entries, newest first; see :meth:`Gateway.history`."""
        if not 1 <= limit <= _MOST_ROWS or offset < 0:
            raise InputError(f"expected a limit of 1 to {_MOST_ROWS} and an offset of 0 or more", code="invalid_page")
        query = HistoryFilter(
            digests=(digest_named(digest),) if digest else (),
            registration=registration,
            registrar=registrar_named(self.store.registrars(), registrar) if registrar else None,
            since=since,
            until=until,
            kind=kind,
            state=state_named(state) if state else None,
            limit=limit + 1,
            offset=offset,
        )
        rows = self.store.history(query)
        presenter = self._presenter(max((row.batch.block_number or 0 for row in rows if row.batch), default=0))
        entries = [presenter.history_entry(row) for row in rows[:limit]]
        return schemas.History(entries=entries, limit=limit, offset=offset, more=len(rows) > limit)

    def registrars(self) -> list[schemas.RegistrarInfo]:
        """Every registrar that the records know, as the chain's directory has it now."""
        known = self.store.registrars()
        return [present.registrar(one, self.store.log_size(one.id), self._reads) for one in known]

    def batches(self, *, limit: int = 50) -> list[schemas.BatchInfo]:
        """The newest ``limit`` batches, newest first."""
        batches = self.store.batches(limit=limit)
        presenter = self._presenter(max((batch.block_number or 0 for batch in batches), default=0))
        return [presenter.batch(batch) for batch in batches]

    def audit(self, on_progress: OnProgress | None = None) -> schemas.Audit:
        """Records, log and chain are compared in full; nothing is changed."""
        told = (on_progress,) if on_progress else ()
        return present.audit(audit(self.store, self.registry, self.parts.confirmations, *told), utc_now())

    def rebuild(self) -> schemas.Rebuild:
        """The index of the chain is made anew; entries and image records are not touched."""
        return rebuilt(rebuild(self.store, self.registry, self.parts.confirmations))

    def trust(self) -> str:
        """The trust file as of now, as JSON text."""
        return self.parts.trust()

    def write_trust(self) -> None:
        """``trust.json`` in the data folder says what :meth:`trust` says now."""
        self.parts.write_trust()

    def health(self) -> schemas.Health:
        """Whether database and chain answer; an outage is a value here."""
        parts = {"database": _asked(self.store.ping), "chain": _asked(self._reads.newest)}
        well = all(part == "ok" for part in parts.values())
        return schemas.Health(status="ok" if well else "degraded", version=__version__, parts=parts)

    # presenting

    def _registered(self, appended: Appended) -> schemas.Registration:
        if appended.created and appended.image is not None:
            return present.fresh(appended.entry, appended.image, self.parts.registrar)
        return self._appended(appended)

    def _appended(self, appended: Appended) -> schemas.Registration:
        if appended.image is None:
            raise NotFound(f"no image behind entry {appended.entry.id}")
        return self._present(Registration(appended.entry, appended.image), created=appended.created)

    def _present(self, registration: Registration, *, created: bool = False) -> schemas.Registration:
        entry = registration.entry
        batch = self.store.batch_of(entry.registrar, entry.index)
        statements = self.trees.view(entry.registrar, registration.id).statements
        return self._describe(registration, batch, statements, created=created)

    def _describe(
        self,
        registration: Registration,
        batch: Batch | None,
        statements: Sequence[LogEntry],
        *,
        created: bool = False,
    ) -> schemas.Registration:
        presenter = self._presenter(at_least=batch.block_number or 0 if batch else 0)
        return presenter.registration(
            registration,
            self._name(registration.entry.registrar),
            state_of(batch),
            batch,
            [present.statement(said, self._entry_state(said)) for said in statements],
            standing_of(statements).standing.value,
            created=created,
        )

    def _verification(self, outcome: Outcome, *, pictures: bool = False) -> schemas.Verification:
        found = None
        if outcome.registration is not None:
            row = self._describe(outcome.registration, outcome.proof.batch, outcome.proof.statements)
            found = present.as_proven(row, outcome)
        return present.verification(outcome, found, utc_now(), pictures=pictures)

    def _entry_state(self, entry: LogEntry) -> State:
        return state_of(self.store.batch_of(entry.registrar, entry.index))

    def _presenter(self, at_least: int = 0) -> present.Presenter:
        try:
            newest: int | None = self._reads.newest(at_least).number
        except LedgerError:
            newest = None
        return present.Presenter(self.registry.chain_id, self.registry.address, newest)

    def _name(self, registrar_id: str) -> str:
        if registrar_id == self.parts.registrar.id:
            return self.parts.registrar.name
        registrar = self.store.registrar(registrar_id)
        return registrar.name if registrar else registrar_id


def _limits(settings: Settings) -> Limits:
    most = settings.max_upload_mb << 20
    return Limits(max_bytes=most, max_pixels=settings.max_pixels, max_frames=settings.max_frames)


def _asked(part: Callable[[], object]) -> str:
    try:
        part()
    except LedgerError as error:
        return error.code
    return "ok"
