"""The contract's head beside the log's, a registrar each, and how they compare."""

from __future__ import annotations

from collections.abc import Mapping

from dashboard.components.markup import chip, code, counted, text
from dashboard.words import StateWords
from ledger.schemas.operations import LogStatus, OperationsStatus

COMPARISONS: Mapping[str, StateWords] = {
    "equal": StateWords("equal", "The log's head is the contract's head.", "good"),
    "ahead": StateWords(
        "log ahead", "The log begins with what the head covers; the rest waits for its anchor.", "near"
    ),
    "short": StateWords("log too short", "The head covers entries that the log does not hold.", "bad"),
    "differs": StateWords("another root", "The same number of entries leads to another root.", "bad"),
    "unknown": StateWords("not known", "The chain does not answer.", "open"),
}
_SIGNS = {"equal": "=", "ahead": "⊂", "short": "≠", "differs": "≠", "unknown": "?"}


def heads_markup(log: LogStatus, status: OperationsStatus) -> str:
    """One registrar's two heads as a card."""
    words = COMPARISONS[log.comparison]
    block = f"as of block {status.chain.height}" if status.chain.height is not None else ""
    on_chain = (
        "<b>not known</b><small>the chain does not answer</small>"
        if log.head_sequence is None
        else f"<b>Head {log.head_sequence}, {counted(log.head_size or 0, 'entry')}</b><small>{text(block)}</small>"
        f"<small>root {code(log.head_root or '–')}</small>"
    )
    root = f"<small>first {log.head_size or 0:,}: root {code(log.log_root)}</small>" if log.log_root else ""
    return (
        f'<section class="ms-card"><div class="ms-card-head"><h3>{text(log.name)}</h3>'
        f"<span>{chip(words.label, words.tone, words.meaning)}</span></div>"
        f'<div class="ms-heads ms-{words.tone}"><div><h4>Contract</h4>{on_chain}</div>'
        f"<span>{_SIGNS[log.comparison]}</span>"
        f"<div><h4>Log</h4><b>{counted(log.log_size, 'entry')}</b>{root}</div></div>"
        f'<p class="ms-note">{text(words.meaning)} Records that were edited since this server read them are found by an'
        " audit only.</p></section>"
    )
