"""History entries as a table for people, and the chosen row of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any

import streamlit as st

from dashboard.components.markup import short
from dashboard.words import state_words
from ledger.schemas import HistoryEntry

Row = dict[str, str | int | None]
_MARKS = {"good": "●", "near": "◐", "open": "○", "warn": "▲", "bad": "✕"}


def entry_rows(entries: Sequence[HistoryEntry], names: Mapping[str, str]) -> list[Row]:
    """One row an entry; registrars by name where ``names`` has one, what is not there yet as None."""
    return [_row(entry, names) for entry in entries]


def _row(entry: HistoryEntry, names: Mapping[str, str]) -> Row:
    words, anchor = state_words(entry.state), entry.anchor
    return {
        "Kind": f"{entry.kind}: {entry.event}" if entry.event else entry.kind,
        "State": f"{_MARKS.get(words.tone, '○')} {words.label}",
        "Time (UTC)": entry.time.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S"),
        "Registrar": names.get(entry.registrar, entry.registrar[:12]),
        "Index": entry.index,
        "Block": anchor.block_number if anchor else None,
        "Transaction": short(anchor.transaction, head=12, tail=4) if anchor and anchor.transaction else None,
        "Id": short(entry.id, head=8, tail=4),
    }


def choose_entry(entries: Sequence[HistoryEntry], names: Mapping[str, str], key: str) -> HistoryEntry | None:
    """Draw the table; the entry of the row that is chosen, by its box or by any of its cells.

    Cells hold no links: one of this table opens another tab, which is another session, so that whoever signed in by key
    would have to do so again. Block and transaction are opened beside the chosen entry.
    """
    columns: dict[str, Any] = {
        "Index": st.column_config.NumberColumn(width="small", format="%d"),
        "Block": st.column_config.NumberColumn(width="small", format="%d"),
    }
    state: Any = st.dataframe(
        entry_rows(entries, names),
        hide_index=True,
        column_config=columns,
        on_select="rerun",
        selection_mode=["single-row", "single-cell"],
        height=min(38 * (len(entries) + 1) + 2, 600),
        row_height=38,
        placeholder="–",
        key=key,
        alt="History entries, newest first",
    )
    selection = state["selection"]
    chosen = [*selection["rows"], *(row for row, _ in selection["cells"])]
    return entries[chosen[0]] if chosen and chosen[0] < len(entries) else None
