"""``medseal history``, ``audit``, ``rebuild``, ``batches`` and ``registrars``: reading the ledger."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from ledger.cli.edge import NO, UNDETERMINED, YES, Data, Json, Server, Verbose, moment, opened, settings_for
from ledger.core.moments import when
from ledger.errors import OutageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.progress import Progress

    from ledger.cli.edge import Ledger
    from ledger.gateway import Gateway
    from ledger.gateway_operations import OperationsGateway
    from ledger.schemas import Audit, HistoryEntry

_PAGE = 100
_POLL_SECONDS = 0.2


def history(
    digest: Annotated[str | None, typer.Option("--digest", metavar="D", help="Entries of this image.")] = None,
    registration: Annotated[
        str | None, typer.Option("--registration", metavar="ID", help="A registration and what was stated about it.")
    ] = None,
    registrar: Annotated[
        str | None, typer.Option("--registrar", metavar="R", help="Entries of this registrar: its name or id.")
    ] = None,
    kind: Annotated[
        Literal["genesis", "register", "derive", "supersede", "revoke", "dispute", "case", "study-close"] | None,
        typer.Option("--kind"),
    ] = None,
    state: Annotated[
        Literal["sequenced", "anchoring", "anchored", "final", "reorged", "blocked"] | None, typer.Option("--state")
    ] = None,
    since: Annotated[str | None, typer.Option("--since", metavar="T", help="ISO 8601; UTC if it says no zone.")] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="T", help="ISO 8601, exclusive.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most this many entries, newest first.")] = 100,
    export: Annotated[
        Path | None,
        typer.Option("--export", metavar="FILE", help="Write all that fit: .csv, .jsonl, .fhir.json, .fhir-r5.json."),
    ] = None,
    as_json: Json = False,
    data: Data = None,
    server: Server = None,
    verbose: Verbose = False,
) -> None:
    """Entries of the log with the block and transaction that anchored them, newest first."""
    settings = settings_for(data, server, verbose)
    query = {
        "digest": digest,
        "registration": registration,
        "registrar": registrar,
        "kind": kind,
        "state": state,
        "since": since and moment(since, "--since"),
        "until": until and moment(until, "--until"),
    }
    with opened(settings, patient=True, make=False) as ledger:
        if export is not None:
            from ledger.cli.exporting import write_history

            write_history(ledger.gateway, export, query, as_json)
            return
        entries = _pages(ledger.gateway, query, limit)
    _show_history(entries, as_json)


def _show_history(entries: Sequence[HistoryEntry], as_json: bool) -> None:
    from ledger.cli import output

    if as_json:
        for entry in entries:
            output.emit(entry.model_dump(mode="json"))
        return
    columns = ("time", "kind", "index", "state", "block", "conf.", "transaction", "id", "about")
    output.table(columns, (_history_row(entry) for entry in entries))
    for entry in entries:
        if entry.reason:
            typer.echo(output.clean(_said(entry)))


def _pages(gateway: Gateway, query: dict[str, Any], limit: int) -> list[HistoryEntry]:
    entries: list[HistoryEntry] = []
    while len(entries) < limit:
        page = gateway.history(**query, limit=min(_PAGE, limit - len(entries)), offset=len(entries))
        entries += page.entries
        if not page.more or not page.entries:
            break
    return entries


def _history_row(entry: HistoryEntry) -> tuple[object, ...]:
    anchor = entry.anchor
    place = (anchor.block_number, anchor.confirmations, anchor.transaction) if anchor else (None, None, None)
    time = when(entry.time)
    kind = f"{entry.kind}: {entry.event}" if entry.event else entry.kind
    return (time, kind, entry.index, entry.state, *place, entry.id, entry.target)


def _said(entry: HistoryEntry) -> str:
    instead = f", replaced by {entry.replacement}" if entry.replacement else ""
    return f"{entry.kind} {entry.id}: {entry.reason} ({entry.author}){instead}"


def audit(as_json: Json = False, data: Data = None, server: Server = None, verbose: Verbose = False) -> None:
    """Re-read every entry, recompute every root and compare with the contract; each difference is named."""
    from ledger.cli import output

    settings = settings_for(data, server, verbose)
    with opened(settings, patient=True, make=False) as ledger, output.progress() as bars:
        found = _audited(ledger, bars)
    if as_json:
        output.emit(found.model_dump(mode="json"))
    else:
        word = "consistent" if found.consistent else "INCONSISTENT"
        typer.echo(f"{word}{'' if found.complete else ', but INCOMPLETE'}")
        output.facts((("entries", found.entries), ("heads", found.heads), ("chain events", found.events)))
        if found.differences:
            columns = ("code", "registrar", "index", "sequence", "expected", "found")
            rows = ((d.code, d.registrar, d.index, d.sequence, d.expected, d.found) for d in found.differences)
            output.table(columns, rows)
        for line in found.not_checked:
            typer.echo(f"  not checked: {output.clean(line)}")
    raise typer.Exit(NO if not found.consistent else YES if found.complete else UNDETERMINED)


def _audited(ledger: Ledger, bars: Progress) -> Audit:
    """The audit's result, its stages shown as it goes; of a server's as its background run tells them."""
    task = bars.add_task("auditing", total=None)

    def told(stage: str, done: int, of: int) -> None:
        bars.update(task, description=f"auditing: {stage}", completed=done, total=of or None)

    if ledger.service is not None:
        return ledger.service.audit(told)
    return _audited_there(ledger.gateway.operations, told)


def _audited_there(operations: OperationsGateway, told: Callable[[str, int, int], None]) -> Audit:
    run = operations.start_audit()
    if not run.created:
        typer.echo(f"note: an audit runs there since {when(run.started_at)}; this is its result", err=True)
    while run.state == "running":
        told(run.stage or "starting", run.done, run.of)
        time.sleep(_POLL_SECONDS)
        run = operations.audit_run(run.id)
    if run.result is None:
        raise OutageError(run.detail or "the audit ended early", code=run.code, advice=run.advice)
    return run.result


def rebuild(as_json: Json = False, data: Data = None, server: Server = None, verbose: Verbose = False) -> None:
    """Make the index anew from the chain and the entries, and prove it equal to the one in use."""
    from ledger.cli import output

    settings = settings_for(data, server, verbose)
    with opened(settings, make=False) as ledger:
        found = ledger.gateway.rebuild()
    if as_json:
        output.emit(found.model_dump(mode="json"))
    else:
        typer.echo("rebuilt: equal" if found.equal else "rebuilt: the old index was DIFFERENT")
        output.facts((("entries", found.entries), ("heads", found.heads), ("chain events", found.events)))
        for line in found.differences:
            typer.echo(f"  {output.clean(line)}")
    raise typer.Exit(YES if found.equal else NO)


def batches(
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most this many, newest first.")] = 50,
    as_json: Json = False,
    data: Data = None,
    server: Server = None,
    verbose: Verbose = False,
) -> None:
    """Heads on their way to the chain or there, with their gas."""
    from ledger.cli import output

    settings = settings_for(data, server, verbose)
    with opened(settings, patient=True, make=False) as ledger:
        found = ledger.gateway.batches(limit=limit)
    if as_json:
        for batch in found:
            output.emit(batch.model_dump(mode="json"))
        return
    columns = ("sequence", "entries", "mode", "state", "block", "gas", "gas an entry", "transaction", "reason")
    rows = []
    for batch in found:
        anchor, gas = batch.anchor, batch.gas_per_entry
        each = None if gas is None else f"{gas:,.0f}"
        span = f"{batch.first}–{anchor.size - 1}"
        place = (anchor.block_number, anchor.gas_used, each, anchor.transaction, batch.reason)
        rows.append((anchor.sequence, span, anchor.mode, batch.state, *place))
    output.table(columns, rows)


def registrars(as_json: Json = False, data: Data = None, server: Server = None, verbose: Verbose = False) -> None:
    """Registrars as the store and the contract's directory know them."""
    from ledger.cli import output

    settings = settings_for(data, server, verbose)
    with opened(settings, patient=True, make=False) as ledger:
        found = ledger.gateway.registrars()
    if as_json:
        for registrar in found:
            output.emit(registrar.model_dump(mode="json"))
        return
    columns = ("name", "id", "entries", "on chain", "anchored", "sequence")
    rows = ((r.name, r.id, r.log_size, r.on_chain_status, r.on_chain_size, r.on_chain_sequence) for r in found)
    output.table(columns, rows)
