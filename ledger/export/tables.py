"""History as CSV (RFC 4180, with a head) and as JSON lines; both in UTF-8, entry by entry."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator

from ledger.core.entry import timestamp
from ledger.schemas import HistoryEntry

COLUMNS = (
    *(
        "time",
        "kind",
        "id",
        "registrar",
        "index",
        "state",
        "leaf",
        "target",
        "replacement",
        "operation",
        "checked",
        "event",
    ),
    *("reason", "author", "chain_id", "contract", "sequence", "size", "transaction", "block_number", "block_hash"),
    *("block_time", "confirmations", "on_chain_event"),
)
_ANCHORED = ("chain_id", "contract", "sequence", "size", "transaction", "block_number", "block_hash", "confirmations")
_FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n")


def csv_lines(entries: Iterable[HistoryEntry]) -> Iterator[bytes]:
    """The head, then one line an entry."""
    yield _line(COLUMNS)
    for entry in entries:
        yield _line(_row(entry))


def json_lines(entries: Iterable[HistoryEntry]) -> Iterator[bytes]:
    """One JSON object a line, as the API answers it."""
    for entry in entries:
        yield entry.model_dump_json().encode() + b"\n"


def guarded(text: str) -> str:
    """``text`` as a cell that no spreadsheet takes for a formula: an apostrophe before what would begin one."""
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULAS) or text.startswith(_FORMULAS) else text


def _row(entry: HistoryEntry) -> list[str]:
    known: dict[str, object] = dict(entry)
    known["time"] = timestamp(entry.time)
    if entry.anchor is not None:
        known |= {name: getattr(entry.anchor, name) for name in _ANCHORED}
        known["block_time"] = entry.anchor.block_time and timestamp(entry.anchor.block_time)
    return [_cell(known.get(name)) for name in COLUMNS]


def _cell(value: object) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else guarded(str(value))


def _line(cells: Iterable[str]) -> bytes:
    file = io.StringIO()
    csv.writer(file, lineterminator="\r\n").writerow(cells)
    return file.getvalue().encode()
