"""``medseal case show | list | export``: reading cases, every event checked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from ledger.cli.cases_writing import CaseId
from ledger.cli.edge import NO, UNDETERMINED, YES, Data, Json, Server, Verbose, opened, settings_for
from ledger.core.moments import when

if TYPE_CHECKING:
    from ledger.schemas import Case, CaseEvent, CaseItem

_PAGE = 100


def show(
    case: CaseId, as_json: Json = False, data: Data = None, server: Server = None, verbose: Verbose = False
) -> None:
    """A case with its items and events. Exit code 1: something does not hold; 3: the chain does not answer."""
    from ledger.cli import output

    with opened(settings_for(data, server, verbose), patient=True, make=False) as ledger:
        found = ledger.gateway.cases.get(case)
    if as_json:
        output.emit(found.model_dump(mode="json"))
    else:
        _show(found)
    raise typer.Exit({True: YES, False: NO, None: UNDETERMINED}[found.intact])


def list_cases(
    status: Annotated[Literal["open", "closed"] | None, typer.Option("--status")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most this many, the last changed first.")] = 100,
    as_json: Json = False,
    data: Data = None,
    server: Server = None,
    verbose: Verbose = False,
) -> None:
    """The cases, the last changed first. Whether one is intact, medseal case show says."""
    from ledger.cli import output

    lines: list[Any] = []
    with opened(settings_for(data, server, verbose), patient=True, make=False) as ledger:
        more = True
        while more and len(lines) < limit:
            most = min(_PAGE, limit - len(lines))
            page = ledger.gateway.cases.find(status=status, limit=most, offset=len(lines))
            lines, more = lines + page.cases, page.more
    if as_json:
        for line in lines:
            output.emit(line.model_dump(mode="json"))
        return
    columns = ("id", "status", "items", "events", "changed", "title", "opened by")
    rows = ((c.id, c.status, c.items, c.events, when(c.changed_at), c.title, c.author) for c in lines)
    output.table(columns, rows)


def export(
    case: CaseId,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write it here, readable by you alone.")
    ] = None,
    data: Data = None,
    server: Server = None,
    verbose: Verbose = False,
) -> None:
    """The whole case as JSON: every event with its log entry, its content and the salt that opens the commitment."""
    from ledger.files import write_atomically

    with opened(settings_for(data, server, verbose), patient=True, make=False) as ledger:
        found = ledger.gateway.cases.get(case)
    text = found.model_dump_json(indent=2) + "\n"
    if out is None:
        typer.echo(text, nl=False)
    else:
        write_atomically(out, text.encode())
        typer.echo(f"written: {out}", err=True)


def _show(found: Case) -> None:
    from ledger.cli import output

    word = {True: "intact", False: "NOT INTACT", None: "undetermined: the chain does not answer"}[found.intact]
    typer.echo(output.clean(f"{found.title or '(title lost)'}: {found.status}, {word}"))
    output.facts((("case", found.id), ("question", found.question), ("log", found.log_trouble or found.log_open)))
    if found.items:
        output.table(("item", "status", "verdict", "name", "file"), map(_item, found.items))
    output.table(("event", "what", "entry", "state", "time", "who", "said"), map(_event, found.events))
    for event in found.events:
        if event.trouble:
            typer.echo(output.clean(f"  does not hold: event {event.sequence}: {event.trouble.detail}"))


def _item(item: CaseItem) -> tuple[object, ...]:
    verdict = item.verification.verdict if item.verification else None
    return item.number, item.status, verdict, item.name, item.file


def _event(event: CaseEvent) -> tuple[object, ...]:
    recognised = f"{event.by} ({event.by_id})" if event.by_id else event.by
    who = " / ".join(name for name in (event.author, recognised) if name) or None
    said = "; ".join(_said(event.content)) if event.content else None
    return event.sequence, event.event, event.index, event.state, when(event.time), who, said


def _said(content: dict[str, Any]) -> Iterator[str]:
    if "item" in content:
        yield f"item {content['item']}"
    for name, value in content.items():
        if name == "verification":
            yield f"{value['verdict']} ({value['policy']})"
        elif isinstance(value, dict):
            yield from (f"{inner} = {given}" for inner, given in value.items())
        elif name not in ("file", "item"):
            yield value if isinstance(value, str) else f"{name} {value}"
