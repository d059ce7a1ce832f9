"""``medseal case``: files, notes, bookmarks and findings of a reviewer, each an entry of the log."""

from __future__ import annotations

import typer

from ledger.cli import cases_adding, cases_reading, cases_writing
from ledger.cli.edge import LedgerCommand

group = typer.Typer(
    no_args_is_help=True,
    help="Cases of a reviewer. What is written stays in the store; the log and the chain hold commitments to it.",
)

for name, function in (
    ("open", cases_writing.open_case),
    ("add", cases_adding.add),
    ("note", cases_writing.note),
    ("bookmark", cases_writing.bookmark),
    ("status", cases_writing.status),
    ("close", cases_writing.close),
    ("reopen", cases_writing.reopen),
    ("show", cases_reading.show),
    ("list", cases_reading.list_cases),
    ("export", cases_reading.export),
):
    group.command(name, cls=LedgerCommand)(function)
