"""``medseal up``, ``deploy``, ``doctor`` and ``bench``: starting and looking after a ledger."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ledger.cli.edge import NO, YES, Data, Json, Server, Verbose, settings_for


def up(data: Data = None, verbose: Verbose = False) -> None:
    """Start chain, API, worker and dashboard on this machine and keep them running until Ctrl-C or SIGTERM."""
    from ledger.up import run

    raise typer.Exit(run(settings_for(data, None, verbose)))


def deploy(
    rpc: Annotated[str, typer.Option("--rpc", metavar="URL", help="JSON-RPC URL of any EVM network.")],
    key_file: Annotated[
        Path | None,
        typer.Option(
            "--key-file", metavar="FILE", help="The administrator's funded key; DATA/keys/admin.key if not given."
        ),
    ] = None,
    registrar: Annotated[
        str | None, typer.Option("--registrar", metavar="NAME", help="Enter this ledger under that name.")
    ] = None,
    fund_sender: Annotated[
        float,
        typer.Option(
            "--fund-sender",
            metavar="ETHER",
            min=0,
            help="Bring the sender's balance to this much from the administrator's account; 0: leave it alone.",
        ),
    ] = 1.0,
    as_json: Json = False,
    data: Data = None,
    verbose: Verbose = False,
) -> None:
    """Deploy the contract, enter this ledger as a registrar, and write DATA/deployment.json."""
    import json
    from decimal import Decimal

    from ledger.cli import output
    from ledger.deploying import WEI, deploy_to, ether

    settings = settings_for(data, None, verbose)
    if registrar is not None:
        settings = settings.model_copy(update={"registrar_name": registrar})
    record, accounts = deploy_to(settings, rpc, key_file, int(Decimal(str(fund_sender)) * WEI), output.say)
    if as_json:
        output.emit(json.loads(record.to_json()))
        return
    pairs: tuple[tuple[str, object], ...] = (
        ("contract", record.contract),
        ("chain id", record.chain_id),
        ("block", record.block_number),
        ("transaction", record.transaction),
        *((account.role, f"{account.address}, {ether(account.wei)}") for account in accounts),
        ("record", settings.data / "deployment.json"),
    )
    typer.echo("deployed")
    output.facts(pairs)
    output.say(f"Use it with MEDSEAL_CHAIN_URL={rpc}")


def doctor(as_json: Json = False, data: Data = None, server: Server = None, verbose: Verbose = False) -> None:
    """Check settings, folder, database, chain, contract, keys, decoders and versions; advice where one fails."""
    from ledger.cli import output
    from ledger.doctor import examine

    findings = examine(settings_for(data, server, verbose))
    for finding in findings:
        if as_json:
            output.emit({"name": finding.name, "ok": finding.ok, "detail": finding.detail, "advice": finding.advice})
        else:
            typer.echo(f"{'ok  ' if finding.ok else 'FAIL'}  {finding.name}: {output.clean(finding.detail)}")
            if not finding.ok and finding.advice:
                typer.echo(f"      {finding.advice}")
    raise typer.Exit(YES if all(finding.ok for finding in findings) else NO)


def bench(context: typer.Context) -> None:
    """Measure this machine: registrations a second, gas an image, latencies. Options: medseal bench --help."""
    from ledger.bench import main

    raise typer.Exit(main(context.args))
