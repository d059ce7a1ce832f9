"""``medseal case open | note | bookmark | status | close | reopen``: each is one entry of the log."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from ledger.cli.edge import (
    UNDETERMINED,
    YES,
    Data,
    Json,
    Server,
    Verbose,
    opened,
    settings_for,
    worst,
)
from ledger.errors import InputError, InvalidCase

if TYPE_CHECKING:
    from ledger.cli.edge import Ledger
    from ledger.schemas import Case

CaseId = Annotated[str, typer.Argument(metavar="CASE", help="The case's id, as medseal case list shows it.")]
Author = Annotated[
    str | None, typer.Option("--author", help="Who says so. A server adds the label of the key; else it is required.")
]
NoWait = Annotated[bool, typer.Option("--no-wait", help="Do not wait until the entry is anchored.")]
EventId = Annotated[
    str | None, typer.Option("--event-id", metavar="ID", help="32 hex digits of your own: repeat it to repeat safely.")
]
Item = Annotated[int, typer.Argument(metavar="ITEM", help="The item's number.")]
Evidence = Literal["region", "change-map", "heat-map", "ela", "check", "detector", "attribute", "other"]
Status = Literal["open", "confirmed", "cleared", "cannot-tell"]


def open_case(
    title: Annotated[str, typer.Argument(metavar="TITLE", help="What the case is called.")],
    question: Annotated[str | None, typer.Option("--question", help="What it is to find out.")] = None,
    author: Author = None,
    event_id: EventId = None,
    no_wait: NoWait = False,
    as_json: Json = False,
    data: Data = None,
    server: Server = None,
    verbose: Verbose = False,
) -> None:
    """Open a case; prints its id."""
    from ledger.schemas import CaseOpening

    said = {"title": title, "question": question, "author": author, "event_id": event_id}
    with opened(settings_for(data, server, verbose)) as ledger:
        made = ledger.gateway.cases.open(checked(CaseOpening, said))
        finish(ledger, made, no_wait, as_json)


def note(
    case: CaseId,
    text: Annotated[str, typer.Argument(metavar="TEXT")],
    item: Annotated[int | None, typer.Option("--item", metavar="N", help="On this item; else on the case.")] = None,
    author: Author = None,
    event_id: EventId = None,
    no_wait: NoWait = False,
    as_json: Json = False,
    data: Data = None,
    server: Server = None,
    verbose: Verbose = False,
) -> None:
    """Write a note on an item, or on the whole case."""
    said = {"event": "note", "text": text, "item": item, "author": author, "event_id": event_id}
    _append(case, said, no_wait, as_json, data, server, verbose)


def bookmark(
    case: CaseId,
    item: Item,
    evidence: Annotated[Evidence, typer.Option("--evidence", help="What kind of evidence it is.")],
    method: Annotated[str, typer.Option("--method", help="How it was found, such as fusion 1.0 or check 9.")],
    comment: Annotated[str, typer.Option("--comment", help="What it shows.")],
    parameter: Annotated[
        list[str] | None, typer.Option("--parameter", "-p", metavar="NAME=VALUE", help="Of the method; repeatable.")
    ] = None,
    region: Annotated[str | None, typer.Option("--region", metavar="x,y,w,h", help="In pixels of the frame.")] = None,
    frame: Annotated[int | None, typer.Option("--frame", metavar="N", help="Counted from 0.")] = None,
    author: Author = None,
    event_id: EventId = None,
    no_wait: NoWait = False,
    as_json: Json = False,
    data: Data = None,
    server: Server = None,
    verbose: Verbose = False,
) -> None:
    """Keep evidence so that it can be seen again: kind, method, parameters, comment and place."""
    said: dict[str, Any] = {"event": "bookmark", "item": item, "evidence": evidence, "method": method}
    said |= {"comment": comment, "parameters": dict(_parameter(one) for one in parameter or [])}
    said |= {"region": region.split(",") if region else None, "frame": frame, "author": author, "event_id": event_id}
    _append(case, said, no_wait, as_json, data, server, verbose)


def status(
    case: CaseId,
    item: Item,
    finding: Annotated[Status, typer.Argument(metavar="STATUS", help="open, confirmed, cleared or cannot-tell.")],
    reason: Annotated[str | None, typer.Option("--reason", help="Why.")] = None,
    author: Author = None,
    event_id: EventId = None,
    no_wait: NoWait = False,
    as_json: Json = False,
    data: Data = None,
    server: Server = None,
    verbose: Verbose = False,
) -> None:
    """Say what you find of an item: altered (confirmed), not altered (cleared), cannot tell, or open again."""
    said = {"event": "status", "item": item, "status": finding, "reason": reason}
    _append(case, said | {"author": author, "event_id": event_id}, no_wait, as_json, data, server, verbose)


def close(
    case: CaseId,
    conclusion: Annotated[str, typer.Option("--conclusion", help="What the case found.")],
    author: Author = None,
    event_id: EventId = None,
    no_wait: NoWait = False,
    as_json: Json = False,
    data: Data = None,
    server: Server = None,
    verbose: Verbose = False,
) -> None:
    """Close a case with its conclusion; only a reopen may follow."""
    said = {"event": "close", "conclusion": conclusion, "author": author, "event_id": event_id}
    _append(case, said, no_wait, as_json, data, server, verbose)


def reopen(
    case: CaseId,
    reason: Annotated[str, typer.Option("--reason", help="Why it goes on.")],
    author: Author = None,
    event_id: EventId = None,
    no_wait: NoWait = False,
    as_json: Json = False,
    data: Data = None,
    server: Server = None,
    verbose: Verbose = False,
) -> None:
    """Open a closed case again."""
    said = {"event": "reopen", "reason": reason, "author": author, "event_id": event_id}
    _append(case, said, no_wait, as_json, data, server, verbose)


def _append(
    case: str,
    said: dict[str, Any],
    no_wait: bool,
    as_json: bool,
    data: Path | None,
    server: str | None,
    verbose: bool,
) -> None:
    from ledger.schemas import CaseAction

    action = checked(CaseAction, said)
    with opened(settings_for(data, server, verbose)) as ledger:
        finish(ledger, ledger.gateway.cases.append(case, action), no_wait, as_json)


def finish(ledger: Ledger, made: Case, no_wait: bool, as_json: bool, codes: list[int] | None = None) -> None:
    """Wait for the anchor, say what was written, and end."""
    from ledger.cli import output
    from ledger.cli.images import wait_until_anchored

    anchored = True
    if ledger.service is not None and not no_wait:
        anchored = wait_until_anchored(ledger)
        made = ledger.gateway.cases.get(made.id)
    if as_json:
        output.emit(made.model_dump(mode="json"))
    else:
        last = made.events[-1]
        place = f"event {last.sequence} ({last.event}), entry {last.index} of the log"
        typer.echo(f"case {made.id}: {place}: {last.state}")
    raise typer.Exit(worst([*(codes or []), YES if anchored else UNDETERMINED]))


def checked(kind: Any, said: dict[str, Any]) -> Any:
    """``said`` as the wire type ``kind``; InvalidCase names what is wrong with which field."""
    from pydantic import TypeAdapter, ValidationError

    try:
        return TypeAdapter(kind).validate_python(said)
    except ValidationError as error:
        lines = (f"{item['loc'][-1]}: {item['msg']}" for item in error.errors(include_input=False))
        raise InvalidCase("; ".join(lines), advice="Correct the option; nothing was written.") from error


def _parameter(given: str) -> tuple[str, Any]:
    name, equals, value = given.partition("=")
    if not equals:
        raise InputError(f"expected a parameter as NAME=VALUE, found {given[:40]!r}")
    try:
        return name, int(value) if value.lstrip("-").isdigit() else float(value)
    except ValueError:
        return name, {"true": True, "false": False}.get(value, value)
