"""``medseal history --export``: all entries that fit, as a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from ledger.cli.output import clean, emit, progress
from ledger.errors import InputError
from ledger.export.history import SUFFIXES, export
from ledger.files import write_pieces

if TYPE_CHECKING:
    from ledger.gateway import Gateway
    from ledger.schemas.reports import HistoryFormat


def write_history(ledger: Gateway, path: Path, filters: dict[str, Any], as_json: bool) -> None:
    """``path`` holds every entry that fits ``filters``, in the format that its name ends in; whole, or as it was."""
    wanted = _format(path)
    written = 0

    def seen(count: int) -> None:
        nonlocal written
        written = count
        bars.update(task, completed=count, description=f"exporting {count:,} entries")

    with progress() as bars:
        task = bars.add_task("exporting", total=None)
        write_pieces(path, export(ledger, wanted, filters, seen))
    if as_json:
        emit({"written": str(path), "format": wanted, "entries": written})
    else:
        typer.echo(f"{clean(path)}: {written:,} entries, {wanted}")


def _format(path: Path) -> HistoryFormat:
    for suffix, wanted in SUFFIXES.items():
        if path.name.lower().endswith(suffix):
            return wanted
    raise InputError(f"expected a file that ends in {', '.join(SUFFIXES)}, found {path.name!r}")
