"""``medseal sources``: who sends images here, what became of them, and who has gone quiet."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from ledger.cli.edge import NO, YES, Data, Json, Server, Verbose, opened, settings_for
from ledger.core.moments import when

if TYPE_CHECKING:
    from ledger.schemas.sources import Source


def sources(
    forget: Annotated[
        str | None, typer.Option("--forget", metavar="NAME", help="Drop a source that is out of use, with its alarm.")
    ] = None,
    as_json: Json = False,
    data: Data = None,
    server: Server = None,
    verbose: Verbose = False,
) -> None:
    """Count by source what was received, registered, waits and failed. Exit code 1: a source has gone quiet."""
    from ledger.cli import output

    settings = settings_for(data, server, verbose)
    with opened(settings) as ledger:
        if forget is not None:
            ledger.gateway.sources.forget(forget)
            return
        found = ledger.gateway.sources.all()
    if as_json:
        for one in found:
            output.emit(one.model_dump(mode="json"))
    elif not found:
        output.say("no source yet: see medseal watch, medseal orthanc, medseal agent")
    else:
        columns = ("source", "received", "registered", "waiting", "failed", "in no block", "last seen", "last trouble")
        output.table(columns, map(_row, found))
    quiet = [one for one in found if one.quiet]
    for one in quiet if not as_json else ():
        output.say(f"{output.clean(one.name)} has gone quiet: {one.quiet}")
    raise typer.Exit(NO if quiet else YES)


def _row(one: Source) -> tuple[object, ...]:
    counts = (one.received, one.registered, one.waiting, one.failed)
    return (one.name, *counts, _unanchored(one), _when(one.last_seen), one.reason)


def _unanchored(one: Source) -> str:
    if not one.unanchored or one.unanchored_seconds is None:
        return "0"
    return f"{one.unanchored}, oldest {one.unanchored_seconds:,.0f} s"


def _when(moment: datetime | None) -> str | None:
    return when(moment) if moment else None
