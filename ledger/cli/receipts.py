"""``medseal receipt show | verify | withhold`` and ``medseal trust``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Literal

import typer

from ledger.cli.edge import Data, Json, LedgerCommand, Server, Verbose, opened, settings_for
from ledger.errors import InputError

group = typer.Typer(no_args_is_help=True, help="Receipts: fetch one, check one offline, withhold parts of one.")

Out = Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write it here instead of standard output.")]
_LIMIT_MB = 4096
"""Images that are checked offline are not under a server's limits; this only keeps a mistake out of memory."""


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
    with opened(settings) as ledger:
        receipt = ledger.gateway.receipt(registration)
    _deliver(receipt, out)


@group.command("verify", cls=LedgerCommand)
def verify(
    receipt: Annotated[Path, typer.Argument(metavar="RECEIPT", help="The receipt's file.")],
    image: Annotated[Path, typer.Argument(metavar="IMAGE", help="The image's file.")],
    trust: Annotated[Path, typer.Option("--trust", metavar="FILE", help="The trust file that you pin.")],
    policy: Annotated[Literal["clinical", "strict"], typer.Option("--policy", help="What is accepted.")] = "clinical",
    as_json: Json = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="Show the trace of an error.")] = False,  # noqa: ARG001
) -> None:
    """Check an image against a receipt and a trust file alone: no server, no data folder, no network."""
    from ledger.cli import output
    from ledger.cli.files import read
    from ledger.cli.images import verdict_code
    from ledger.core.offline import check_receipt
    from ledger.core.verdict import POLICIES

    files = read(receipt, 1), read(image, _LIMIT_MB), read(trust, 16)
    with _no_http_library():
        result = check_receipt(*files, POLICIES[policy])
    decision = result.decision
    if as_json:
        checks = [
            {"number": c.number, "name": c.name, "status": c.status, "detail": c.detail, "figures": dict(c.figures)}
            for c in result.checks
        ]
        output.emit(
            {
                "receipt": str(receipt),
                "file": str(image),
                "verdict": decision.verdict,
                "policy": policy,
                "checks": checks,
                "accepted": decision.accepted,
                "reason": decision.reason,
            }
        )
    else:
        output.verdict(str(image), decision.verdict, decision.reason, policy, result.checks)
    raise typer.Exit(verdict_code(decision.verdict, decision.accepted))


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
def _no_http_library() -> Iterator[None]:
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
