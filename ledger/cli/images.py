"""``medseal register``."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ledger.cli.edge import UNDETERMINED, YES, Data, Json, Ledger, Server, Verbose, code_of, opened, settings_for, worst
from ledger.cli.verifying import Files, Recursive, show_error
from ledger.errors import InputError, LedgerError

if TYPE_CHECKING:
    from ledger.schemas import Registration

ANCHOR_TIMEOUT = 300.0
"""Seconds that a command waits for its entries to be anchored."""
PATIENCE = 5.0
"""Seconds after which it says what it waits for."""
_WAITING = (
    f"the log and the receipts hold it; waiting up to {ANCHOR_TIMEOUT:.0f} s for a block. Ctrl-C loses nothing:"
    " anchoring goes on with the next command or `medseal up`. Where a command has --no-wait, that spares the waiting."
)


@dataclass(frozen=True)
class _Manner:
    """How images are registered."""

    key: str | None
    urgent: bool
    digest_only: bool


@dataclass
class _Outcome:
    file: Path
    registration: Registration | None = None
    receipt: Path | None = None
    error: LedgerError | None = None


def register(
    files: Files,
    recursive: Recursive = False,
    receipts: Annotated[
        Path | None, typer.Option("--receipts", metavar="DIR", help="Where receipts go; DATA/receipts if not given.")
    ] = None,
    no_wait: Annotated[bool, typer.Option("--no-wait", help="Do not wait until the entries are anchored.")] = False,
    urgent: Annotated[bool, typer.Option("--urgent", help="Anchor at once, without waiting for a full batch.")] = False,
    digest_only: Annotated[
        bool, typer.Option("--digest-only", help="Register file/1 alone: for files of any kind, which are not decoded.")
    ] = False,
    idempotency_key: Annotated[
        str | None, typer.Option("--idempotency-key", help="The same key and image answer the same registration.")
    ] = None,
    as_json: Json = False,
    data: Data = None,
    server: Server = None,
    verbose: Verbose = False,
) -> None:
    """Register images; a signed receipt of each is written at once and grows its proofs when it is anchored."""
    from ledger.cli.files import expand

    settings = settings_for(data, server, verbose)
    found = list(expand(files, recursive))
    if idempotency_key is not None and len(found) != 1:
        raise InputError(f"--idempotency-key stands for one image, found {len(found)} files")
    folder = receipts or settings.data / "receipts"
    with opened(settings, patient=True) as ledger:
        outcomes = _register_all(
            ledger, found, folder, settings.max_upload_mb, _Manner(idempotency_key, urgent, digest_only)
        )
        anchored = True
        if ledger.service is not None and not no_wait:
            anchored = _await_anchors(ledger, outcomes)
        for outcome in outcomes:
            _show_registration(outcome, as_json)
    codes = [YES if outcome.error is None else code_of(outcome.error) for outcome in outcomes]
    raise typer.Exit(worst([*codes, YES if anchored else UNDETERMINED]))


def _register_all(ledger: Ledger, files: list[Path], folder: Path, limit_mb: int, manner: _Manner) -> list[_Outcome]:
    from ledger.cli.files import read
    from ledger.cli.output import progress

    outcomes = []
    with progress() as bars:
        for file in bars.track(files, description="registering"):
            outcome = _Outcome(file)
            try:
                outcome.registration = _register(ledger, read(file, limit_mb), manner)
                outcome.receipt = _write_receipt(ledger, outcome.registration.registration_id, folder)
            except LedgerError as error:
                outcome.error = error
            outcomes.append(outcome)
    return outcomes


def _register(ledger: Ledger, data: bytes, manner: _Manner) -> Registration:
    if not manner.digest_only:
        return ledger.gateway.register(data, idempotency_key=manner.key, urgent=manner.urgent)
    from ledger.core.digests import digest_file
    from ledger.schemas import DigestRegistration

    image = DigestRegistration(digests={"file/1": digest_file(data)}, idempotency_key=manner.key)
    return ledger.gateway.register_digests([image], urgent=manner.urgent)[0]


def _write_receipt(ledger: Ledger, registration_id: str, folder: Path) -> Path:
    from ledger.files import write_atomically

    path = folder / f"{registration_id}.json"
    write_atomically(path, ledger.gateway.receipt(registration_id))
    return path


def _await_anchors(ledger: Ledger, outcomes: list[_Outcome]) -> bool:
    """Wait, then read states and receipts again; False, with a message, when not all is anchored in time."""
    from ledger.cli.output import report, say

    try:
        anchored = wait_until_anchored(ledger)
        if not anchored:
            say(f"not anchored after {ANCHOR_TIMEOUT:.0f} s; it goes on with the next command or `medseal up`")
        for outcome in outcomes:
            if outcome.registration is not None and outcome.receipt is not None:
                created, identity = outcome.registration.created, outcome.registration.registration_id
                outcome.registration = ledger.gateway.registration(identity).model_copy(update={"created": created})
                _write_receipt(ledger, identity, outcome.receipt.parent)
    except LedgerError as error:
        report(error)
        return False
    return anchored


def wait_until_anchored(ledger: Ledger) -> bool:
    """Drive or await the anchoring in process, with a bar; True when nothing is pending any more."""
    from ledger.cli.output import progress, say

    if ledger.service is None:
        return True
    told = threading.Timer(PATIENCE, say, (_WAITING,))
    told.daemon = True
    told.start()
    try:
        with progress() as bars:
            task = bars.add_task("anchoring", total=None)
            return ledger.service.anchor_pending(
                ANCHOR_TIMEOUT, lambda done, total: bars.update(task, completed=done, total=total)
            )
    finally:
        told.cancel()


def _show_registration(outcome: _Outcome, as_json: bool) -> None:
    from ledger.cli import output

    registration = outcome.registration
    if outcome.error is not None or registration is None:
        show_error(outcome.file, outcome.error or LedgerError("no answer"), as_json)
        return
    if as_json:
        output.emit(
            {
                "file": str(outcome.file),
                "registration_id": registration.registration_id,
                "state": registration.state,
                "digests": registration.digests,
                "receipt": str(outcome.receipt),
                "created": registration.created,
            }
        )
        return
    word = "registered" if registration.created else "was registered before"
    typer.echo(f"{output.clean(outcome.file)}: {word} as {registration.registration_id}")
    anchor = registration.anchor
    place = anchor and f"sequence {anchor.sequence}, block {anchor.block_number}, transaction {anchor.transaction}"
    standing = None if registration.standing == "in-force" else registration.standing
    state = ("state", registration.state), ("standing", standing)
    output.facts((*state, ("anchor", place), ("receipt", outcome.receipt)))
