"""From the ledger's values to the wire types."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from ledger import schemas
from ledger.audit import AuditReport
from ledger.cached import CachedReads
from ledger.core.change import Change
from ledger.core.detection import Detection, TracePictures
from ledger.core.digests import DIGEST_NAMES
from ledger.core.entry import CASE, DERIVE, STATEMENTS, decode_entry, parse_timestamp
from ledger.core.model import Batch, ImageRecord, LogEntry, Registrar, Registration, State
from ledger.errors import InvalidEntry, OutageError
from ledger.ports import HistoryRow
from ledger.receipts import UNDISCLOSED
from ledger.verification import Outcome

_SAID = ("reason", "author", "replacement", "operation", "checked", "event")
_MADE = ("findings", "pictures", "by_modality", "structure")
_PLACES = {name: place for place, name in enumerate(DIGEST_NAMES)}


class Presenter:
    """Knows the chain that batches are on, and the newest block when it could be asked."""

    def __init__(self, chain_id: int, contract: str, newest: int | None) -> None:
        self._chain_id = chain_id
        self._contract = contract
        self._newest = newest

    def anchor(self, batch: Batch) -> schemas.Anchor:
        """Where the batch stands on the chain."""
        mined = batch.block_number is not None and self._newest is not None
        return schemas.Anchor(
            chain_id=self._chain_id,
            contract=self._contract,
            sequence=batch.sequence,
            size=batch.size,
            mode=batch.mode,
            transaction=batch.tx_hash or (batch.attempts[-1].tx_hash if batch.attempts else None),
            block_number=batch.block_number,
            block_hash=batch.block_hash,
            block_time=datetime.fromtimestamp(batch.block_time, UTC) if batch.block_time else None,
            confirmations=max(0, (self._newest or 0) - (batch.block_number or 0) + 1) if mined else None,
            gas_used=batch.gas_used,
        )

    def batch(self, batch: Batch) -> schemas.BatchInfo:
        """A batch with its cost."""
        entries = batch.size - batch.first
        return schemas.BatchInfo(
            registrar=batch.registrar,
            state=batch.state.value,
            first=batch.first,
            created_at=batch.created_at,
            anchor=self.anchor(batch),
            gas_per_entry=round(batch.gas_used / entries, 1) if batch.gas_used else None,
            reason=batch.reason,
        )

    def registration(
        self,
        registration: Registration,
        registrar_name: str,
        state: State,
        batch: Batch | None,
        statements: list[schemas.Statement],
        standing: str,
        *,
        created: bool = False,
    ) -> schemas.Registration:
        """A registered image."""
        return schemas.Registration(
            registration_id=registration.id,
            registrar=registration.entry.registrar,
            registrar_name=registrar_name,
            index=registration.entry.index,
            state=state.value,
            standing=standing,
            registered_at=registration.entry.time,
            digests=_in_order(registration.image.digests),
            facts=dict(registration.image.facts),
            anchor=self.anchor(batch) if batch else None,
            statements=statements,
            derived=_origin(registration.entry),
            created=created,
        )

    def history_entry(self, row: HistoryRow) -> schemas.HistoryEntry:
        """One row of history; a statement says why, by whom, and what takes its target's place."""
        said = _said(row.entry)
        return schemas.HistoryEntry(
            id=row.entry.id,
            kind=row.entry.kind,
            registrar=row.entry.registrar,
            index=row.entry.index,
            time=row.entry.time,
            state=row.state.value,
            leaf=row.entry.leaf.hex(),
            target=row.entry.target,
            **{name: said.get(name) for name in _SAID},
            anchor=self.anchor(row.batch) if row.batch else None,
            on_chain_event=row.event is not None and row.event.leaf == row.entry.leaf,
        )


def _in_order(digests: Mapping[str, str]) -> dict[str, str]:
    """The digests in the order of their names' list, wherever they come from."""
    return dict(sorted(digests.items(), key=lambda digest: _PLACES.get(digest[0], len(_PLACES))))


def _said(entry: LogEntry) -> dict[str, Any]:
    """What a statement, a derive or a case entry says; nothing for others or a damaged one: the audit names it."""
    try:
        return decode_entry(entry.body) if entry.kind in (CASE, DERIVE, *STATEMENTS) else {}
    except InvalidEntry:
        return {}


def _origin(entry: LogEntry) -> schemas.Origin | None:
    said = _said(entry) if entry.kind == DERIVE else {}
    facts = {name: said.get(name, "") for name in ("operation", "checked", "reason", "author")}
    return schemas.Origin(original=said["target"], **facts) if said else None


def statement(entry: LogEntry, state: State) -> schemas.Statement:
    """A statement with what it says."""
    body = decode_entry(entry.body)
    return schemas.Statement(
        id=entry.id,
        kind=entry.kind,
        target=body["target"],
        reason=body["reason"],
        author=body["author"],
        replacement=body.get("replacement"),
        time=entry.time,
        index=entry.index,
        state=state.value,
    )


def fresh(entry: LogEntry, image: ImageRecord, registrar: Registrar) -> schemas.Registration:
    """A registration that was appended a moment ago: nothing has been said of it, no batch holds it.

    ``model_construct``: everything was validated on its way in, and a thousand of these are answered in one call.
    """
    return schemas.Registration.model_construct(
        registration_id=entry.id,
        registrar=registrar.id,
        registrar_name=registrar.name,
        index=entry.index,
        state=State.SEQUENCED.value,
        standing="in-force",
        registered_at=entry.time,
        digests=_in_order(image.digests),
        facts=dict(image.facts),
        anchor=None,
        statements=[],
        created=True,
    )


def as_proven(row: schemas.Registration, outcome: Outcome) -> schemas.Registration:
    """``row`` with name, time and anchor as log and chain tell them, not as the database's rows do.

    Without what a verifier has no business with: a perceptual hash, which shows what the image looks like.
    """
    proof, registration = outcome.proof, outcome.registration
    digests = {name: digest for name, digest in row.digests.items() if name not in UNDISCLOSED}
    update: dict[str, object] = {"digests": digests, "registrar_name": proof.name or row.registrar_name}
    if registration is not None:
        with suppress(InvalidEntry):
            update["registered_at"] = parse_timestamp(decode_entry(registration.entry.body)["time"])
    if row.anchor is not None and row.anchor.block_number is not None:
        head = proof.head
        place = {
            "transaction": head.transaction if head else None,
            "block_number": head.block.number if head else None,
            "block_hash": head.block.hash if head else None,
            "block_time": datetime.fromtimestamp(head.block.time, UTC) if head else None,
        }
        update["anchor"] = row.anchor.model_copy(update=place)
    return row.model_copy(update=update)


def verification(
    outcome: Outcome, registration: schemas.Registration | None, checked_at: datetime, *, pictures: bool = False
) -> schemas.Verification:
    """A verification with its checks; the mask of what was changed is in it when ``pictures`` were asked for."""
    return schemas.Verification(
        verdict=outcome.decision.verdict.value,
        accepted=outcome.decision.accepted,
        policy=outcome.policy.name,
        reason=outcome.decision.reason,
        checks=[
            schemas.CheckResult(
                number=check.number,
                name=check.name,
                status=check.status.value,
                detail=check.detail,
                figures=dict(check.figures),
            )
            for check in outcome.checks
        ],
        registration=registration,
        change=change(outcome.change, outcome.registration.id, pictures=pictures)
        if outcome.change and outcome.registration
        else None,
        detection=detection(outcome.detection) if outcome.detection else None,
        structure=schemas.Structure.of(outcome.detection.structure) if outcome.detection else None,
        checked_at=checked_at,
    )


def change(found: Change, original: str, *, pictures: bool) -> schemas.Change:
    """The change map against the registration ``original``, its mask as base64 when asked for."""
    return schemas.Change(
        original=original,
        basis=found.basis,
        frame=found.frame,
        width=found.width,
        height=found.height,
        transform=schemas.Transform(
            matrix=found.transform.matrix,
            words=list(found.transform.words),
            shown_percent=found.transform.shown_percent,
        ),
        changed_percent=found.changed_percent,
        regions=[
            schemas.ChangedRegion(x=r.x, y=r.y, w=r.width, h=r.height, area_percent=r.area_percent)
            for r in found.regions
        ],
        mask_png=b64encode(found.mask).decode() if pictures else None,
        limits=found.limits,
        figures=dict(found.figures),
    )


def detection(found: Detection) -> schemas.Detection:
    """The detector's answer, its pictures as base64."""
    plain = {name: value for name, value in vars(found).items() if name not in _MADE}
    return schemas.Detection(
        **plain,
        by_modality=[schemas.ModalityRates(**{**vars(one), "codes": list(one.codes)}) for one in found.by_modality],
        findings=[schemas.DetectionFinding(**vars(finding)) for finding in found.findings],
        pictures=_pictures(found.pictures) if found.pictures else None,
    )


def _pictures(found: TracePictures) -> schemas.DetectionPictures:
    return schemas.DetectionPictures(
        heatmap_png=b64encode(found.heatmap).decode(),
        mask_png=b64encode(found.mask).decode(),
        ela_png=b64encode(found.ela).decode(),
    )


def audit(report: AuditReport, audited_at: datetime) -> schemas.Audit:
    """An audit's report."""
    return schemas.Audit(
        complete=report.complete,
        consistent=report.consistent,
        entries=report.entries,
        heads=report.heads,
        events=report.events,
        differences=[schemas.Difference(**vars(difference)) for difference in report.differences],
        not_checked=report.not_checked,
        audited_at=audited_at,
    )


def registrar(registrar: Registrar, log_size: int, registry: CachedReads) -> schemas.RegistrarInfo:
    """A registrar with its place in the contract's directory, as far as the chain can be asked."""
    info = schemas.RegistrarInfo(
        id=registrar.id,
        name=registrar.name,
        public_key=registrar.public_key,
        created_at=registrar.created_at,
        log_size=log_size,
    )
    try:
        entry, head = registry.directory(registrar.id), registry.head(registrar.id)
    except OutageError:
        return info
    since = entry.compromised_since
    return info.model_copy(
        update={
            "on_chain_status": entry.status,
            "on_chain_sequence": head.sequence,
            "on_chain_size": head.size,
            "compromised_since": datetime.fromtimestamp(since, UTC) if since else None,
        }
    )
