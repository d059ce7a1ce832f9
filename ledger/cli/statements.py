"""``medseal revoke``, ``supersede`` and ``dispute``: typed entries about a registration."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ledger.cli.edge import UNDETERMINED, YES, Data, Json, Server, Verbose, opened, settings_for
from ledger.errors import InputError

if TYPE_CHECKING:
    from ledger.settings import Settings

Target = Annotated[str, typer.Argument(metavar="ID", help="The registration that this is about.")]
Why = Annotated[str, typer.Option("--reason", help="Why; stands in the log for ever. Nothing about a patient.")]
Who = Annotated[str, typer.Option("--author", help="Who says so; stands in the log for ever.")]
NoWait = Annotated[bool, typer.Option("--no-wait", help="Do not wait until the entry is anchored.")]


def _plain(kind: Literal["revoke", "dispute"], help_text: str) -> Callable[..., None]:
    """The command of a statement that names nothing but its target."""

    def command(
        target: Target,
        reason: Why,
        author: Who,
        no_wait: NoWait = False,
        as_json: Json = False,
        data: Data = None,
        server: Server = None,
        verbose: Verbose = False,
    ) -> None:
        _state(kind, target, None, reason, author, no_wait, as_json, settings_for(data, server, verbose))

    command.__doc__ = help_text
    return command


revoke = _plain("revoke", "Withdraw a registration; its copies then verify as withdrawn.")
dispute = _plain("dispute", "Dispute a registration; its copies then verify as undetermined.")


def supersede(
    target: Target,
    by: Annotated[str, typer.Option("--by", metavar="ID", help="The registration that takes its place.")],
    reason: Why,
    author: Who,
    no_wait: NoWait = False,
    as_json: Json = False,
    data: Data = None,
    server: Server = None,
    verbose: Verbose = False,
) -> None:
    """Put another registration in a registration's place."""
    _state("supersede", target, by, reason, author, no_wait, as_json, settings_for(data, server, verbose))


def _state(
    kind: Literal["revoke", "supersede", "dispute"],
    target: str,
    replacement: str | None,
    reason: str,
    author: str,
    no_wait: bool,
    as_json: bool,
    settings: Settings,
) -> None:
    from pydantic import ValidationError

    from ledger.cli import output
    from ledger.cli.images import wait_until_anchored
    from ledger.schemas import StatementRequest

    try:
        request = StatementRequest(kind=kind, reason=reason, author=author, replacement=replacement)
    except ValidationError as error:
        lines = (f"{item['loc'][0]}: {item['msg']}" for item in error.errors(include_input=False))
        raise InputError("; ".join(lines)) from error
    anchored = True
    with opened(settings) as ledger:
        made = ledger.gateway.state_request(target, request)
        if ledger.service is not None and not no_wait:
            anchored = wait_until_anchored(ledger)
            about = ledger.gateway.registration(target).statements
            made = next((statement for statement in about if statement.id == made.id), made)
    if as_json:
        output.emit(made.model_dump(mode="json"))
    else:
        typer.echo(f"{made.kind} entry {made.id} at index {made.index}: {made.state}")
    raise typer.Exit(YES if anchored else UNDETERMINED)
