"""``medseal derive``: register an image that was made from a registered one, after checking how."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ledger.cli.edge import UNDETERMINED, YES, Data, Json, Server, Verbose, opened, settings_for
from ledger.errors import InputError

if TYPE_CHECKING:
    from ledger.schemas import Derivation, DerivationRequest

Operation = Literal["de-identified", "cropped", "windowed", "recompressed"]


def derive(
    original_id: Annotated[str, typer.Argument(metavar="ORIGINAL_ID", help="The registration it was made from.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The derived image.")],
    operation: Annotated[Operation, typer.Option("--operation", help="What was done to the original.")],
    reason: Annotated[str, typer.Option("--reason", help="Why; stands in the log for ever. Nothing about a patient.")],
    author: Annotated[str, typer.Option("--author", help="Who says so; stands in the log for ever.")],
    original: Annotated[
        Path | None, typer.Option("--original", metavar="FILE", help="The registered file: compare its samples.")
    ] = None,
    hide: Annotated[
        list[str] | None,
        typer.Option("--hide", metavar="x,y,w,h", help="What de-identification made unreadable; repeatable."),
    ] = None,
    no_wait: Annotated[bool, typer.Option("--no-wait", help="Do not wait until the entry is anchored.")] = False,
    as_json: Json = False,
    data: Data = None,
    server: Server = None,
    verbose: Verbose = False,
) -> None:
    """Register an image with the registration it was made from; the declared operation is checked first.

    proven: shown by digests or samples; consistent: a comparison found nothing against it; declared: a word.
    """
    from ledger.cli.files import read
    from ledger.cli.images import wait_until_anchored
    from ledger.files import write_atomically

    settings = settings_for(data, server, verbose)
    request = _request(operation, reason, author, hide or [])
    anchored = True
    with opened(settings) as ledger:
        whole = read(original, settings.max_upload_mb) if original is not None else None
        made = ledger.gateway.derive(original_id, read(file, settings.max_upload_mb), request, original=whole)
        identity = made.registration.registration_id
        if ledger.service is not None and not no_wait:
            anchored = wait_until_anchored(ledger)
            now = ledger.gateway.registration(identity).model_copy(update={"created": made.registration.created})
            made = made.model_copy(update={"registration": now})
        receipt = settings.data / "receipts" / f"{identity}.json"
        write_atomically(receipt, ledger.gateway.receipt(identity))
    _show(file, made, receipt, as_json)
    raise typer.Exit(YES if anchored else UNDETERMINED)


def _request(operation: Operation, reason: str, author: str, hide: list[str]) -> DerivationRequest:
    from pydantic import ValidationError

    from ledger.schemas import DerivationRequest

    said = {"operation": operation, "reason": reason, "author": author, "hide": [box.split(",") for box in hide]}
    try:
        return DerivationRequest.model_validate(said)
    except ValidationError as error:
        lines = (f"{item['loc'][0]}: {item['msg']}" for item in error.errors(include_input=False))
        advice = "A box is x,y,w,h in whole pixels, as in --hide 0,0,256,32."
        raise InputError("; ".join(lines), advice=advice) from error


def _show(file: Path, made: Derivation, receipt: Path, as_json: bool) -> None:
    from ledger.cli import output

    registration = made.registration
    if as_json:
        answer = made.model_dump(mode="json", exclude={"registration"})
        first = {"file": str(file), "registration_id": registration.registration_id, "state": registration.state}
        origin = registration.derived.model_dump(mode="json") if registration.derived else {}
        last = {"digests": registration.digests, "receipt": str(receipt), "created": registration.created}
        output.emit({**first, **origin, **answer, **last})
        return
    word = "registered" if registration.created else "was registered before"
    typer.echo(f"{output.clean(file)}: {word} as {registration.registration_id}")
    origin_id = registration.derived and registration.derived.original
    operation = registration.derived and registration.derived.operation
    output.facts(
        (
            ("derived from", origin_id),
            ("operation", operation),
            ("checked", f"{made.checked}: {made.how}"),
            ("state", registration.state),
            ("receipt", receipt),
        )
    )
