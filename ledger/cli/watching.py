"""``medseal status`` and ``medseal witness``: how the ledger runs, and that its log only grew."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import typer

from ledger.cli.edge import NO, UNDETERMINED, YES, Data, Json, Server, Verbose, moment, opened, settings_for
from ledger.core.moments import when

if TYPE_CHECKING:
    from ledger.schemas.operations import BatchCost, LogStatus, OperationsStatus, SeenHead, Witness

_WORKER = {
    "running": "running",
    "late": "running or unknown, but entries wait for too long",
    "absent": "nobody anchors from this data folder now; medseal up starts one",
    "unknown": "not seen here; with a shared database it may run elsewhere",
}
_COMPARISON = {
    "equal": "the log's head is the contract's head",
    "ahead": "the log goes on after the contract's head and begins with it; the rest waits",
    "short": "FEWER entries in the log than under the contract's head; run medseal audit",
    "differs": "the log's entries lead to ANOTHER root than the contract's head; run medseal audit",
    "unknown": "not compared: the chain does not answer",
}


def status(as_json: Json = False, data: Data = None, server: Server = None, verbose: Verbose = False) -> None:
    """How the ledger runs: heads compared, queues, chain, gas and cost, senders.

    Exit code 0: log and contract agree; 1: they differ; 3: the chain does not answer.
    """
    from ledger.cli import output

    settings = settings_for(data, server, verbose)
    with opened(settings, patient=True, make=False) as ledger:
        found = ledger.gateway.operations.status()
    if as_json:
        output.emit(found.model_dump(mode="json"))
    else:
        _show_status(found)
    comparisons = {log.comparison for log in found.logs}
    raise typer.Exit(NO if comparisons & {"short", "differs"} else UNDETERMINED if "unknown" in comparisons else YES)


def _show_status(found: OperationsStatus) -> None:
    _show_chain(found)
    for log in found.logs:
        _show_log(log)
    if found.recent:
        _show_costs(found.recent)


def _show_chain(found: OperationsStatus) -> None:
    from ledger.cli import output

    chain, sender = found.chain, found.sender
    block = f"block {chain.height} of {when(chain.block_time)}" if chain.block_time else None
    typer.echo("chain" if chain.code is None else f"chain: does not answer ({chain.code})")
    output.facts(
        (
            ("chain id", chain.chain_id),
            ("contract", chain.contract),
            ("newest", block),
            ("worker", _WORKER[found.worker]),
            ("sender", f"{sender.address}, {sender.balance_ether} ether" if sender else None),
        )
    )


def _show_log(log: LogStatus) -> None:
    from ledger.cli import output

    typer.echo(output.clean(log.name))
    output.facts(_log_facts(log))
    for batch in log.unsettled:
        if batch.reason:
            typer.echo(f"  {batch.state}: head {batch.anchor.sequence}, {output.clean(batch.reason)}")


def _show_costs(recent: Sequence[BatchCost]) -> None:
    from ledger.cli import output

    columns = ("head", "block", "entries", "images", "gas", "gas an entry", "ether", "ether an entry")
    rows = (
        (c.sequence, c.block_number, c.entries, c.images, c.gas_used, f"{c.gas_per_entry:,.0f}", *_ethers(c))
        for c in recent
    )
    output.table(columns, rows)


def _ethers(cost: BatchCost) -> tuple[str | None, ...]:
    """The batch's cost and an entry's, to a billionth; --json has them exactly."""
    return tuple(None if one is None else f"{Decimal(one):.9f}" for one in (cost.ether, cost.ether_per_entry))


def _log_facts(log: LogStatus) -> Iterator[tuple[str, object]]:
    yield "registrar", f"{log.registrar}, {log.status or 'standing unknown'}"
    yield "entries", f"{log.log_size} ({', '.join(f'{count} {state}' for state, count in sorted(log.states.items()))})"
    if log.head_sequence is not None:
        yield "contract", f"head {log.head_sequence} over {log.head_size} entries"
    yield "compared", _COMPARISON[log.comparison]
    if log.oldest_seconds is not None:
        yield "oldest unanchored", f"entry {log.oldest_index}, for {log.oldest_seconds:,.0f} s"
    yield "came in", f"{log.last_hour} in the last hour, {log.last_day} in the last 24 hours"
    for one in log.senders:
        retired = f", retired {when(one.retired_at)}" if one.retired_at else ""
        yield "sender", f"{one.address}{' (ours)' if one.own else ''}{retired}"


def witness(
    since: Annotated[
        str | None, typer.Option("--since", metavar="T", help="The earlier moment; ISO 8601, UTC if it says no zone.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="T", help="The later moment; the present head if not given.")
    ] = None,
    old: Annotated[int | None, typer.Option("--from-head", metavar="N", min=0, help="Or: the earlier head.")] = None,
    new: Annotated[int | None, typer.Option("--to-head", metavar="N", min=0, help="And the later one.")] = None,
    registrar: Annotated[
        str | None, typer.Option("--registrar", metavar="R", help="A name or id; this ledger's own if not given.")
    ] = None,
    as_json: Json = False,
    data: Data = None,
    server: Server = None,
    verbose: Verbose = False,
) -> None:
    """Prove that the log only grew between two moments: the chain's two heads, and the proof between them.

    Exit code 0: proven; 1: the records do not prove it; 3: the chain could not say.
    """
    from ledger.cli import output

    settings = settings_for(data, server, verbose)
    span = {"since": since and moment(since, "--since"), "until": until and moment(until, "--until")}
    given = {name: value for name, value in span.items() if value}
    with opened(settings, patient=True, make=False) as ledger:
        found = ledger.gateway.operations.witness(**given, old=old, new=new, registrar=registrar)
    if as_json:
        output.emit(found.model_dump(mode="json"))
    else:
        _show_witness(found)
    raise typer.Exit({"holds": YES, "fails": NO, "undetermined": UNDETERMINED}[found.result])


def _show_witness(found: Witness) -> None:
    from ledger.cli import output

    word = {"holds": "append-only", "fails": "NOT PROVEN", "undetermined": "undetermined"}[found.result]
    typer.echo(f"{word}: {output.clean(found.reason)}")
    output.facts(
        (
            ("registrar", found.registrar_name),
            ("earlier head", _head(found.old)),
            ("later head", _head(found.new)),
            ("proof", f"{len(found.proof)} hashes (--json has them)" if found.result == "holds" else None),
            ("contract", f"{found.contract} on chain {found.chain_id}"),
        )
    )


def _head(head: SeenHead | None) -> str | None:
    if head is None:
        return None
    if head.block_time is None:
        return "none yet: the log was not anchored"
    place = f"block {head.block_number} of {when(head.block_time)}"
    return f"{head.sequence} over {head.size} entries, root {head.root}, {place}"
