"""The verdict banner: word, icon, one sentence, the policy used, and whether it accepts."""

from __future__ import annotations

from dashboard.components.icons import icon
from dashboard.components.markup import text, when
from dashboard.words import acceptance_of, meaning_of, verdict_words
from ledger.schemas import Verification


def banner_markup(verification: Verification, file_name: str) -> str:
    """The banner for a verification of the file that the reader knows as ``file_name``."""
    words = verdict_words(verification.verdict)
    mark = icon("check", 16) if verification.accepted else icon("dash", 16)
    reason = verification.reason.strip()
    return (
        f'<section class="ms-banner ms-{words.tone}" role="status" aria-label="Verdict: {text(words.title)}">'
        f'<div class="ms-banner-icon">{icon(words.icon, 44)}</div><div class="ms-banner-body">'
        f'<div class="ms-banner-over">Verdict on <b>{text(file_name)}</b></div>'
        f'<h2>{text(words.title)}</h2><p class="ms-banner-meaning">{text(meaning_of(verification))}</p>'
        f'<p class="ms-banner-reason">Why: {text(reason)}.</p>'
        f'<div class="ms-banner-foot"><span class="ms-accept">{mark}{text(acceptance_of(verification))}</span>'
        f"<span>Checked {text(when(verification.checked_at))}</span></div></div></section>"
    ).replace("..</p>", ".</p>")
