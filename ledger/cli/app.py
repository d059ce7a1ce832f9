"""Which commands there are. Nothing heavy is imported here: ``medseal --help`` answers in a fraction of a second."""

from __future__ import annotations

from typing import Annotated

import typer

from ledger.cli import (
    analyze,
    capture_folder,
    capture_orthanc,
    capture_sources,
    capturing,
    cases,
    deriving,
    disclose,
    forging,
    images,
    keys,
    learning,
    operate,
    queries,
    receipts,
    registrar,
    report,
    session,
    statements,
    studies,
    verifying,
    watching,
)
from ledger.cli.edge import LedgerCommand

app = typer.Typer(
    name="medseal",
    help="A provenance ledger with forensic verification for medical images.",
    epilog="Exit codes: 0 yes, 1 negative verdict, 2 usage or bad input, 3 undetermined or outage.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(version("medseal"))
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """A provenance ledger with forensic verification for medical images."""


_START = "Start and operate"
_IMAGES = "Images"
_CAPTURE = "Capture"
_LEDGER = "The ledger"
_DETECTOR = "The forgery detector"

for name, function, panel in (
    ("up", operate.up, _START),
    ("register", images.register, _IMAGES),
    ("verify", verifying.verify, _IMAGES),
    ("listen", capturing.listen, _CAPTURE),
    ("revoke", statements.revoke, _IMAGES),
    ("supersede", statements.supersede, _IMAGES),
    ("dispute", statements.dispute, _IMAGES),
    ("derive", deriving.derive, _IMAGES),
    ("disclose", disclose.disclose, _IMAGES),
    ("watch", capture_folder.watch, _CAPTURE),
    ("orthanc", capture_orthanc.orthanc, _CAPTURE),
    ("agent", capture_folder.agent, _CAPTURE),
    ("sources", capture_sources.sources, _CAPTURE),
    ("history", queries.history, _LEDGER),
    ("audit", queries.audit, _LEDGER),
    ("witness", watching.witness, _LEDGER),
    ("rebuild", queries.rebuild, _LEDGER),
    ("batches", queries.batches, _LEDGER),
    ("registrars", queries.registrars, _LEDGER),
    ("trust", receipts.trust, _LEDGER),
    ("whoami", session.whoami, _START),
    ("deploy", operate.deploy, _START),
    ("doctor", operate.doctor, _START),
    ("status", watching.status, _START),
    ("analyze", analyze.analyze, _DETECTOR),
    ("forge", forging.forge, _DETECTOR),
    ("train", learning.train, _DETECTOR),
    ("evaluate", learning.evaluate, _DETECTOR),
):
    app.command(name, cls=LedgerCommand, rich_help_panel=panel)(function)

app.command(
    "bench",
    cls=LedgerCommand,
    rich_help_panel=_START,
    add_help_option=False,
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
)(operate.bench)
app.add_typer(receipts.group, name="receipt", rich_help_panel=_IMAGES)
app.add_typer(report.group, name="report", rich_help_panel=_IMAGES)
app.add_typer(cases.group, name="case", rich_help_panel=_IMAGES)
app.add_typer(studies.group, name="study", rich_help_panel=_CAPTURE)
app.add_typer(keys.group, name="keys", rich_help_panel=_START)
app.add_typer(registrar.group, name="registrar", rich_help_panel=_START)
