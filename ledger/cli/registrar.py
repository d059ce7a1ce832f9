"""``medseal registrar status | compromised | add-sender | retire-sender``: the administrator's commands."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from ledger.cli.edge import Data, Json, LedgerCommand, Verbose, moment, settings_for
from ledger.core.moments import when

group = typer.Typer(
    no_args_is_help=True, help="The contract's directory of registrars; needs the administrator's key, which pays."
)

KeyFile = Annotated[
    Path | None,
    typer.Option("--key-file", metavar="FILE", help="The administrator's key; DATA/keys/admin.key if not given."),
]
Which = Annotated[
    str | None, typer.Option("--registrar", metavar="R", help="Its name or id; this folder's own if not given.")
]
Address = Annotated[str, typer.Argument(metavar="ADDRESS", help="The sender's address: 0x and 40 hex digits.")]


@group.command("status", cls=LedgerCommand)
def status(
    wanted: Annotated[
        Literal["active", "suspended", "retired"], typer.Argument(metavar="STATUS", help="active, suspended or retired")
    ],
    registrar: Which = None,
    key_file: KeyFile = None,
    as_json: Json = False,
    data: Data = None,
    verbose: Verbose = False,
) -> None:
    """Let a registrar write (active), stop it for a while (suspended) or for ever (retired)."""
    from ledger.deploying import administration, registrar_for

    settings = settings_for(data, None, verbose)
    identity = registrar_for(settings, registrar)
    with administration(settings, key_file) as directory:
        directory.set_status(identity, wanted)
    _done(as_json, {"registrar": identity, "status": wanted})


@group.command("compromised", cls=LedgerCommand)
def compromised(
    since: Annotated[
        str, typer.Option("--since", metavar="T", help="ISO 8601, UTC if it says no zone. It can only be moved back.")
    ],
    registrar: Which = None,
    key_file: KeyFile = None,
    as_json: Json = False,
    data: Data = None,
    verbose: Verbose = False,
) -> None:
    """Say since when a registrar's keys are in wrong hands; what it registered from then on no longer counts."""
    from ledger.deploying import administration, registrar_for, seconds_since_1970

    settings = settings_for(data, None, verbose)
    at = moment(since, "--since")
    identity = registrar_for(settings, registrar)
    with administration(settings, key_file) as directory:
        directory.mark_compromised(identity, seconds_since_1970(at))
    _done(as_json, {"registrar": identity, "compromised_since": at.isoformat() if as_json else when(at)})


@group.command("add-sender", cls=LedgerCommand)
def add_sender(
    address: Address,
    registrar: Which = None,
    key_file: KeyFile = None,
    as_json: Json = False,
    data: Data = None,
    verbose: Verbose = False,
) -> None:
    """Let another key move a registrar's head too, for instance before the old one is retired."""
    from ledger.deploying import administration, registrar_for, sender_address

    settings = settings_for(data, None, verbose)
    sender, identity = sender_address(address), registrar_for(settings, registrar)
    with administration(settings, key_file) as directory:
        directory.add_sender(identity, sender)
    _done(as_json, {"registrar": identity, "sender": sender})


@group.command("retire-sender", cls=LedgerCommand)
def retire_sender(
    address: Address, key_file: KeyFile = None, as_json: Json = False, data: Data = None, verbose: Verbose = False
) -> None:
    """Take from a key, for ever, the right to move a head."""
    from ledger.deploying import administration, sender_address

    settings = settings_for(data, None, verbose)
    sender = sender_address(address)
    with administration(settings, key_file) as directory:
        directory.retire_sender(sender)
    _done(as_json, {"retired_sender": sender})


def _done(as_json: bool, facts: dict[str, str]) -> None:
    from ledger.cli import output

    if as_json:
        output.emit(facts)
    else:
        typer.echo("the contract's directory says")
        output.facts((name.replace("_", " "), value) for name, value in facts.items())
