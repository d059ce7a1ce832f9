"""History entries as a table for people: each row links to its entry, its block and its transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC
from urllib.parse import urlencode

from dashboard.components.chain import block_link
from dashboard.components.facts import known_of, state_chip
from dashboard.components.markup import short, text
from ledger.schemas import Anchor, HistoryEntry

HEADER = ("Kind", "State", "Time (UTC)", "Registrar", "Index", "Block", "Transaction", "Id")


def entries_markup(
    entries: Sequence[HistoryEntry],
    names: Mapping[str, str],
    *,
    registration: str | None = None,
    chosen: str | None = None,
) -> str:
    """The table; registrars by name where ``names`` has one. A row's links keep the filter ``registration``."""
    head = "".join(f'<th scope="col">{text(cell)}</th>' for cell in HEADER)
    body = "".join(_row(entry, names, registration, entry.id == chosen) for entry in entries)
    return (
        '<div class="ms-scroll ms-entries" tabindex="0" role="region" aria-label="History entries, newest first">'
        f'<table class="ms-table"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def _row(entry: HistoryEntry, names: Mapping[str, str], registration: str | None, chosen: bool) -> str:
    kind = f"{entry.kind}: {entry.event}" if entry.event else entry.kind
    asked = {"registration": registration} if registration else {}
    address = "history?" + urlencode({**asked, "entry": entry.id})
    cells = (
        f'<a href="{text(address)}">{text(kind)}</a>',
        state_chip(entry.state, known_of(entry.state, entry.anchor)),
        text(entry.time.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")),
        text(names.get(entry.registrar, entry.registrar[:12])),
        text(entry.index),
        block_link(entry.anchor.block_number if entry.anchor else None, words=""),
        _transaction(entry.anchor),
        f'<span title="{text(entry.id)}">{text(short(entry.id, head=8, tail=4))}</span>',
    )
    mark = ' aria-current="true"' if chosen else ""
    return f"<tr{mark}>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _transaction(anchor: Anchor | None) -> str:
    if anchor is None or not anchor.transaction:
        return "–"
    shown = text(short(anchor.transaction, head=12, tail=4))
    return f'<a href="history?transaction={text(anchor.transaction)}" title="{text(anchor.transaction)}">{shown}</a>'
