"""What was changed in a copy of a registered image, in words and as a table; and how a search without a find ended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dashboard.components.icons import icon
from dashboard.components.markup import chip, code, details, facts, table, text, when
from dashboard.components.notice import Notice, notice_markup
from dashboard.words import SEARCHES, basis_words
from ledger.schemas import Change, ChangedRegion, CheckResult, Registration, Verification

_SEARCH = 8
_MOST_ROWS = 40
_ADVICE = {
    "unsure": "If you have the original, give it above: the copy is then compared with it pixel by pixel.",
    "damaged": "Ask the registrar to run medseal audit, which names the damaged fingerprints, and to restore them.",
}


def change_markup(change: Change, original: Registration | None) -> str:
    """The card of a change map: how much, against what, how the copy lies on it, and what it cannot see."""
    number = len(change.regions)
    label, tone = (f"{counted(number, 'region')} changed", "bad") if number else ("no change found", "near")
    head = f'<div class="ms-card-head"><h3>Change map</h3><span>{chip(label, tone)}</span></div>'
    lead = _found(change) if number else _clear(change)
    shown = f"{facts(_rows(change, original))}{_listed(change)}{_reach(change)}"
    return f'<section class="ms-card ms-change">{head}{lead}{shown}</section>'


def _found(change: Change) -> str:
    where = f"in {counted(len(change.regions), 'region')}"
    return (
        f'<p class="ms-change-lead"><b>{percent(change.changed_percent)}</b><span>of the picture differs from the'
        f" registered original, {where}.</span></p>"
    )


def _clear(change: Change) -> str:
    return (
        f'<div class="ms-clear" role="status">{icon("check", 26)}<div><b>No change found above these limits</b>'
        f"<p>{text(change.limits)}</p></div></div>"
    )


def _rows(change: Change, original: Registration | None) -> Iterator[tuple[str, str]]:
    yield "Registered original", _original(change, original)
    shown = change.transform.shown_percent
    words = ", ".join(change.transform.words) or "as the original: same size, same orientation"
    part = "" if shown >= 99.95 else f"<br><small>It shows {percent(shown)} of the registered picture.</small>"
    yield "How the copy lies on it", f"{text(words)}{part}"
    yield "Compared by", text(basis_words(change.basis).label)
    if change.frame:
        yield "Registered frame", str(change.frame + 1)


def _reach(change: Change) -> str:
    """How it was compared and what that cannot see, behind a click; of no change the limits stand in sight above."""
    meaning = f'<p class="ms-change-note">{text(basis_words(change.basis).meaning)}</p>'
    if not change.regions:
        return details("How it was compared", meaning)
    limits = f'<p class="ms-change-note">{text(change.limits)}</p>'
    return details("How it was compared, and its limits", meaning + limits)


def _original(change: Change, original: Registration | None) -> str:
    if original is None or original.registration_id != change.original:
        return code(change.original, whole=True)
    who = f"registered by <b>{text(original.registrar_name)}</b>, {text(when(original.registered_at))}"
    return f"{code(change.original, whole=True)}<br><small>{who}</small>"


def ordered(regions: Sequence[ChangedRegion]) -> list[ChangedRegion]:
    """The regions as table and picture number them: the largest share first."""
    return sorted(regions, key=lambda region: (-region.area_percent, region.y, region.x))


def _listed(change: Change) -> str:
    """The regions as a table; of very many, the largest, and how many more there are."""
    if not change.regions:
        return ""
    header = ("No.", "x", "y", "Width", "Height", "Share of the picture")
    rows = [
        (number, region.x, region.y, region.w, region.h, percent(region.area_percent))
        for number, region in enumerate(ordered(change.regions)[:_MOST_ROWS], 1)
    ]
    more = len(change.regions) - len(rows)
    note = f" {more} smaller ones stand in the JSON." if more else ""
    return (
        f'<div class="ms-regions">{table(header, rows)}</div><p class="ms-change-note">In pixels from the upper left'
        f" corner of the picture that was verified.{note}</p>"
    )


def search_markup(verification: Verification) -> str:
    """How the search for a registered original (check 8) ended; empty when it was not made or a change map says it."""
    check = next((check for check in verification.checks if check.number == _SEARCH), None)
    outcome = None if check is None or verification.change is not None else search_outcome(check)
    if check is None or outcome is None:
        return ""
    title, symbol, tone = SEARCHES[outcome]
    searched = check.figures.get("searched")
    if outcome == "none" and isinstance(searched, int):
        title += f" among {counted(searched, 'image')}"
    failed = str(check.figures.get("code", "")) if outcome == "outage" else ""
    advice = str(check.figures.get("advice", "")) if failed else _ADVICE.get(outcome, "")
    return notice_markup(Notice(title, f"{check.detail}.", advice, symbol, tone, failed))


def search_outcome(check: CheckResult) -> str | None:
    """The key in SEARCHES for check 8 of a verification without a change map; None when there is nothing to say."""
    if check.status == "passed":
        return "no_map" if "registration" in check.figures else None
    if check.status == "undetermined":
        outcome = check.figures.get("outcome")
        return outcome if isinstance(outcome, str) and outcome in ("unsure", "damaged") else "outage"
    if check.status == "failed":
        return "none"
    code = check.figures.get("code")
    return code if isinstance(code, str) and code in ("none_registered", "incomparable") else None


def counted(number: int, noun: str) -> str:
    """A number with its noun in the right form."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def percent(share: float) -> str:
    """A share in percent with the digits that matter; a small one is never shown as 0."""
    if 0 < share < 0.01:
        return "under 0.01 %"
    return f"{share:.{1 if share >= 10 else 2}f} %"
