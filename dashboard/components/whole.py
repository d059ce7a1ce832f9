"""How complete an answer of the history is, in words: what is shown of it, and whether the log behind it is whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from dashboard.components.icons import icon
from dashboard.components.markup import counted, text
from dashboard.session import client
from ledger.errors import LedgerError
from ledger.schemas import History
from ledger.schemas.operations import LogStatus, OperationsStatus


@dataclass(frozen=True)
class Completeness:
    """Title, sentences and tone of what is known."""

    title: str
    lines: tuple[str, ...]
    tone: str


def shown_words(page: History) -> str:
    """Which of the entries that fit stand on this page."""
    count, first = len(page.entries), page.offset + 1
    if page.offset == 0 and not page.more:
        return (
            "No entry fits."
            if not count
            else f"All {count} entries that fit are shown."
            if count > 1
            else ("The one entry that fits is shown.")
        )
    rest = "older ones follow" if page.more else "there are no older ones"
    return f"Entries {first} to {first + count - 1} of those that fit are shown; {rest}."


def log_words(log: LogStatus, height: int | None, code: str | None) -> tuple[str, str]:
    """What is known of one log against the contract, and the tone of it."""
    at = f" as of block {height}" if height is not None else ""
    head = f"the contract's head {log.head_sequence}"
    if log.comparison == "equal":
        return f"{log.name}: all {log.log_size} entries of the log; its head equals {head}{at}.", "good"
    if log.comparison == "ahead":
        waiting = log.log_size - (log.head_size or 0)
        return (
            f"{log.name}: {counted(log.log_size, 'entry')}; {head} covers the first {log.head_size or 0:,} and the"
            f" records lead to its root{at}. What waits for its anchor has nothing to vouch for it yet:"
            f" {counted(waiting, 'entry')}.",
            "near",
        )
    if log.comparison == "short":
        return (
            f"{log.name}: ENTRIES ARE MISSING. The records hold {log.log_size}, {head} covers {log.head_size}{at}.",
            "bad",
        )
    if log.comparison == "differs":
        return f"{log.name}: RECORDS WERE CHANGED. They lead to another root than {head}{at}.", "bad"
    why = f" ({code})" if code else ""
    return (
        f"{log.name}: not known whether its {log.log_size} entries are all. The chain does not answer{why}.",
        "open",
    )


_TITLES = {
    "good": "This answer is complete",
    "near": "Complete, and part of it still waits for the chain",
    "open": "Not known whether this answer is complete",
    "bad": "This answer cannot be relied on",
}
_ORDER = ("good", "near", "open", "bad")
_LOOKED_UP = "Images are found by digest in the hospital's own records; verify the image itself to be sure."


def completeness(
    page: History, status: OperationsStatus | None, registrar: str | None, *, by_digest: bool = False
) -> Completeness:
    """What is known of ``page``: of the one registrar's log that was asked for, or of every log."""
    lines, tones = [shown_words(page)], ["good"]
    if status is None:
        lines.append("Whether the log behind it is whole could not be asked.")
        tones.append("open")
    for log in _asked(status, registrar):
        said, tone = log_words(log, status.chain.height if status else None, status.chain.code if status else None)
        lines.append(said)
        tones.append(tone)
    if by_digest:
        lines.append(_LOOKED_UP)
    tone = max(tones, key=_ORDER.index)
    title = _TITLES[tone]
    if tone in ("good", "near") and (page.more or page.offset):
        title = "One page of a complete log" if tone == "good" else "One page; part of the log still waits"
    return Completeness(title, tuple(lines), tone)


def _asked(status: OperationsStatus | None, registrar: str | None) -> Sequence[LogStatus]:
    logs = status.logs if status else []
    return [log for log in logs if registrar is None or log.registrar == registrar]


def whole_markup(found: Completeness) -> str:
    """The statement as a strip with an icon; the first line is the title."""
    mark = {"good": "check", "near": "clock", "open": "question", "bad": "cross"}[found.tone]
    lines = "".join(f"<li>{text(line)}</li>" for line in found.lines)
    return (
        f'<section class="ms-whole ms-{found.tone}" role="status">{icon(mark, 22)}<div><b>{text(found.title)}</b>'
        f"<ul>{lines}</ul></div></section>"
    )


def asked_status() -> OperationsStatus | None:
    """How the ledger runs now; None when that cannot be asked, which the statement then says."""
    try:
        return client().operations.status()
    except LedgerError:
        return None


def show_whole(page: History, registrar: str | None, *, by_digest: bool = False) -> None:
    """Ask and say it where the page stands."""
    with st.spinner("Holding the log's head against the chain's …"):
        status = asked_status()
    st.html(whole_markup(completeness(page, status, registrar, by_digest=by_digest)))
