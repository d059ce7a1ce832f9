"""``medseal receipt show | verify | withhold`` and ``medseal trust``."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from ledger.cli.edge import Data, Json, LedgerCommand, Server, Verbose, opened, settings_for
from ledger.errors import InputError

if TYPE_CHECKING:
    from ledger.core.verdict import Check, Decision, Policy

group = typer.Typer(no_args_is_help=True, help="Receipts: fetch one, check one offline, withhold parts of one.")

Out = Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write it here instead of standard output.")]
LIMIT_MB = 4096
"""Images that are checked offline are not under a server's limits; this only keeps a mistake out of memory."""
RECEIPT_MB = 8
"""The largest partial receipt; the reader of whole ones has a lower limit of its own."""


@group.command("show", cls=LedgerCommand)
def show(
    registration: Annotated[str, typer.Argument(metavar="ID", help="The registration.")],
    out: Out = None,
    data: Data = None,
    server: Server = None,
    verbose: Verbose = False,
) -> None:
    """The receipt of a registration as of now: JSON, signed, with proofs once it is anchored."""
    settings = settings_for(data, server, verbose)
    with opened(settings, patient=True, make=False) as ledger:
        receipt = ledger.gateway.receipt(registration)
    _deliver(receipt, out)


@group.command("verify", cls=LedgerCommand)
def verify(
    receipt: Annotated[Path, typer.Argument(metavar="RECEIPT", help="The receipt's file, whole or partial.")],
    trust: Annotated[Path, typer.Option("--trust", metavar="FILE", help="The trust file that you pin.")],
    image: Annotated[Path | None, typer.Argument(metavar="IMAGE", help="The image's file.")] = None,
    named: Annotated[Path | None, typer.Option("--image", metavar="IMAGE", help="The same, by its name.")] = None,
    policy: Annotated[Literal["clinical", "strict"], typer.Option("--policy", help="What is accepted.")] = "clinical",
    as_json: Json = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="Show the trace of an error.")] = False,  # noqa: ARG001
) -> None:
    """Check an image, or a disclosed part of one, against its receipt and a trust file alone: no server, no network."""
    from ledger.cli.files import read
    from ledger.cli.verifying import verdict_code
    from ledger.core.partial import is_partial
    from ledger.core.verdict import POLICIES

    if image is not None and named is not None:
        raise InputError(f"expected one image, found {image} and {named}")
    file = image or named
    if file is None:
        raise InputError("expected an image beside the receipt, found none", advice="Add the image's file.")
    files = read(receipt, RECEIPT_MB), read(file, LIMIT_MB), read(trust, 16)
    with no_http_library():
        result = _checked_part(*files, POLICIES[policy]) if is_partial(files[0]) else _checked(*files, POLICIES[policy])
    _show(receipt, file, policy, result, as_json)
    raise typer.Exit(verdict_code(result.decision.verdict, result.decision.accepted))


@dataclass(frozen=True)
class _Checked:
    """What a check of either kind of receipt found; ``part`` says what a partial one shows."""

    checks: Sequence[Check]
    decision: Decision
    part: Mapping[str, Any] | None = None


def _checked(receipt: bytes, image: bytes, trust: bytes, policy: Policy) -> _Checked:
    from ledger.core.offline import check_receipt

    found = check_receipt(receipt, image, trust, policy)
    return _Checked(found.checks, found.decision)


def _checked_part(receipt: bytes, image: bytes, trust: bytes, policy: Policy) -> _Checked:
    from ledger.core.partial_checking import check_partial, part_facts

    found = check_partial(receipt, image, trust, policy)
    return _Checked(found.checks, found.decision, part_facts(found.partial.part))


def _show(receipt: Path, image: Path, policy: str, result: _Checked, as_json: bool) -> None:
    from ledger.cli import output

    decision = result.decision
    if not as_json:
        output.verdict(str(image), decision.verdict, decision.reason, policy, result.checks)
        return
    checks = [
        {"number": c.number, "name": c.name, "status": c.status, "detail": c.detail, "figures": dict(c.figures)}
        for c in result.checks
    ]
    answer = {
        "receipt": str(receipt),
        "file": str(image),
        "verdict": decision.verdict,
        "policy": policy,
        "checks": checks,
        "accepted": decision.accepted,
        "reason": decision.reason,
    }
    output.emit(answer if result.part is None else {**answer, "part": dict(result.part)})


@group.command("withhold", cls=LedgerCommand)
def withhold(
    receipt: Annotated[Path, typer.Argument(metavar="RECEIPT", help="The receipt's file.")],
    keep: Annotated[
        list[str], typer.Option("--keep", metavar="DIGEST", help="A digest to disclose, such as pixel/1; repeatable.")
    ],
    out: Out = None,
    verbose: Annotated[bool, typer.Option("--verbose", help="Show the trace of an error.")] = False,  # noqa: ARG001
) -> None:
    """A receipt that opens only the digests you keep; its signature and proofs hold as before."""
    from ledger.cli.files import read
    from ledger.core import receipt as receipts

    content = read(receipt, 1)
    openings = receipts.parse(content).openings
    unknown = sorted(set(keep) - set(openings))
    if unknown:
        raise InputError(f"expected digests of {', '.join(sorted(openings))}, found {', '.join(unknown)}")
    _deliver(receipts.withhold(content, set(keep)), out)


def trust(out: Out = None, data: Data = None, server: Server = None, verbose: Verbose = False) -> None:
    """The trust file as of now: give it to those who check receipts, by a way that they trust."""
    settings = settings_for(data, server, verbose)
    with opened(settings) as ledger:
        text = ledger.gateway.trust()
    _deliver(text.encode(), out)


@contextmanager
def no_http_library() -> Iterator[None]:
    """Inside, pydicom does without ``requests``, which it imports for downloads and which binds a socket at import."""
    absent = "requests" not in sys.modules
    if absent:
        sys.modules["requests"] = None  # type: ignore[assignment] # an import then says that there is none
    try:
        yield
    finally:
        if absent:
            del sys.modules["requests"]


def _deliver(data: bytes, out: Path | None) -> None:
    from ledger.files import write_atomically

    if out is None:
        # Byte for byte where it goes into a file: a receipt with a line's end is another one.
        typer.echo(data.decode(), nl=sys.stdout.isatty())
    else:
        write_atomically(out, data)
        typer.echo(f"written: {out}", err=True)
