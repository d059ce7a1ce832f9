"""From what is watched and witnessed to the wire types."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal

from ledger import present
from ledger.auditruns import AuditRun
from ledger.core.model import Block
from ledger.core.onchain import BlockDetails, EventDetails, SenderEntry, TransactionDetails
from ledger.core.operating import Cost, RegistrarStatus, SenderStatus, Status, VerificationNote
from ledger.core.witness import SeenHead, Witness
from ledger.schemas import operations as wire

_MOST_EVENTS = 50
_WEI = Decimal(10) ** 18


def ether(wei: int) -> str:
    """A sum of wei in ether, exact, without an exponent."""
    text = format(Decimal(wei) / _WEI, "f")
    return (text.rstrip("0").rstrip(".") or "0") if "." in text else text


def block(found: BlockDetails, newest: Block, now: datetime) -> wire.BlockInfo:
    """A block, with its depth under the newest one."""
    return wire.BlockInfo(
        number=found.block.number,
        hash=found.block.hash,
        time=_moment(found.block.time),
        parent=found.parent,
        state_root=found.state_root,
        gas_used=found.gas_used,
        gas_limit=found.gas_limit,
        base_fee_wei=None if found.base_fee is None else str(found.base_fee),
        transactions=list(found.transactions),
        confirmations=max(0, newest.number - found.block.number + 1),
        read_at=now,
    )


def transaction(found: TransactionDetails, newest: Block, now: datetime) -> wire.TransactionInfo:
    """A transaction; of its events the heads come first, since a batch has hundreds of images and one head."""
    mined = found.block
    status = {None: "waiting", True: "succeeded", False: "failed"}[found.succeeded]
    return wire.TransactionInfo(
        hash=found.tx_hash,
        status=status,  # type: ignore[arg-type]
        sender=found.sender,
        recipient=found.recipient,
        nonce=found.nonce,
        value_wei=str(found.value),
        gas_limit=found.gas_limit,
        gas_used=found.gas_used,
        gas_price_wei=str(found.gas_price),
        fee_ether=None if found.gas_used is None else ether(found.gas_used * found.gas_price),
        payload_bytes=found.payload_bytes,
        call=wire.CallInfo(name=found.call.name, figures=dict(found.call.figures)) if found.call else None,
        block_number=mined.number if mined else None,
        block_hash=mined.hash if mined else None,
        block_time=_moment(mined.time) if mined else None,
        confirmations=max(0, newest.number - mined.number + 1) if mined else None,
        events=_events(found.events),
        events_total=len(found.events),
        read_at=now,
    )


def _events(events: Iterable[EventDetails]) -> list[wire.EventInfo]:
    shown = sorted(events, key=lambda event: (event.name == "ImageRegistered", event.log_index))[:_MOST_EVENTS]
    return [wire.EventInfo(name=one.name, log_index=one.log_index, figures=dict(one.figures)) for one in shown]


def witness(
    found: Witness,
    name: str,
    place: tuple[int, str],
    span: tuple[datetime | None, datetime | None],
    now: datetime,
) -> wire.Witness:
    """A witnessing by the registrar's name, at ``place`` (chain id, contract)."""
    return wire.Witness(
        result=found.result.value,
        reason=found.reason,
        registrar=found.registrar,
        registrar_name=name,
        chain_id=place[0],
        contract=place[1],
        since=span[0],
        until=span[1],
        old=_head(found.old),
        new=_head(found.new),
        proof=[node.hex() for node in found.proof],
        witnessed_at=now,
    )


def _head(head: SeenHead | None) -> wire.SeenHead | None:
    if head is None:
        return None
    return wire.SeenHead(
        sequence=head.sequence,
        size=head.size,
        root=head.root.hex(),
        block_number=head.block.number if head.block else None,
        block_hash=head.block.hash if head.block else None,
        block_time=_moment(head.block.time) if head.block else None,
        transaction=head.transaction,
    )


def audit_run(run: AuditRun, *, created: bool = False) -> wire.AuditRun:
    """A run with its result, once there is one."""
    audited = run.finished_at or run.started_at
    return wire.AuditRun(
        id=run.id,
        state=run.state.value,
        created=created,
        started_at=run.started_at,
        finished_at=run.finished_at,
        stage=run.stage,
        done=run.done,
        of=run.of,
        result=present.audit(run.report, audited) if run.report else None,
        code=run.error.code if run.error else None,
        detail=str(run.error) if run.error else None,
        advice=run.error.advice if run.error else None,
    )


def note(found: VerificationNote) -> wire.VerificationNote:
    """A note without the key's id."""
    plain = {name: value for name, value in vars(found).items() if name not in ("key_id", "salt", "seal")}
    return wire.VerificationNote(**plain, salt=found.salt.hex(), seal=found.seal.hex())


def status(found: Status, presenter: present.Presenter, confirmations: int, mode: str) -> wire.OperationsStatus:
    """The whole status."""
    own = found.sender.entry.address if found.sender else ""
    return wire.OperationsStatus(
        at=found.at,
        chain=_chain(found),
        worker=found.worker.value,
        confirmations=confirmations,
        anchor_mode=mode,
        sender=_own(found.sender) if found.sender else None,
        logs=[_log(one, found.at, presenter, own) for one in found.registrars],
        recent=[_cost(cost) for cost in found.recent],
    )


def _chain(found: Status) -> wire.ChainHealth:
    chain, newest = found.chain, found.chain.newest
    return wire.ChainHealth(
        code=chain.code,
        chain_id=chain.chain_id,
        contract=chain.contract,
        height=newest.number if newest else None,
        block_hash=newest.hash if newest else None,
        block_time=_moment(newest.time) if newest else None,
        age_seconds=chain.age_seconds,
        block_seconds=chain.block_seconds,
        gas_price_wei=None if chain.gas_price is None else str(chain.gas_price),
    )


def _own(found: SenderStatus) -> wire.Sender:
    return _sender(found.entry, found.entry.address).model_copy(update={"balance_ether": ether(found.balance)})


def _sender(entry: SenderEntry, own: str) -> wire.Sender:
    return wire.Sender(
        address=entry.address,
        registrar=entry.registrar,
        added_at=_since(entry.added_at),
        retired_at=_since(entry.retired_at),
        own=entry.address == own,
    )


def _log(found: RegistrarStatus, at: datetime, presenter: present.Presenter, own: str) -> wire.LogStatus:
    directory, head, oldest = found.directory, found.head, found.oldest
    return wire.LogStatus(
        registrar=found.registrar.id,
        name=found.registrar.name,
        public_key=found.registrar.public_key,
        created_at=found.registrar.created_at,
        status=directory.status if directory else None,
        added_at=_since(directory.added_at) if directory else None,
        compromised_since=_since(directory.compromised_since) if directory else None,
        senders=[_sender(entry, own) for entry in found.senders],
        log_size=found.log_size,
        head_sequence=head.sequence if head else None,
        head_size=head.size if head else None,
        head_root=head.root.hex() if head else None,
        log_root=found.log_root.hex() if found.log_root else None,
        comparison=found.comparison.value,
        states={state.value: count for state, count in found.states.items()},
        oldest_id=oldest.id if oldest else None,
        oldest_index=oldest.index if oldest else None,
        oldest_time=oldest.time if oldest else None,
        oldest_seconds=max(0.0, (at - oldest.time).total_seconds()) if oldest else None,
        unsettled=[presenter.batch(batch) for batch in found.unsettled],
        last_hour=found.flow.last_hour,
        last_day=found.flow.last_day,
        newest_entry=found.flow.newest,
    )


def _cost(cost: Cost) -> wire.BatchCost:
    return wire.BatchCost(
        registrar=cost.registrar,
        sequence=cost.sequence,
        mode=cost.mode,
        block_number=cost.block_number,
        entries=cost.entries,
        images=cost.images,
        gas_used=cost.gas_used,
        gas_per_entry=round(cost.gas_used / cost.entries, 1),
        ether=None if cost.wei is None else ether(cost.wei),
        ether_per_entry=None if cost.wei is None else ether(cost.wei // cost.entries),
    )


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _since(seconds: int) -> datetime | None:
    return _moment(seconds) if seconds else None
