"""The numbered checks as rows that open: their figures, and what each can and cannot show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dashboard.components.icons import icon
from dashboard.components.markup import chip, code, facts, figure, table, text
from ledger.schemas import CheckResult, Verification
from ledger.schemas.manual import MANUAL

_ICONS = {"passed": "check", "failed": "cross", "skipped": "dash", "undetermined": "hourglass"}
_TONES = {"passed": "good", "failed": "bad", "skipped": "mute", "undetermined": "open"}
_ATTRIBUTES = 3
_PIXELS = 2
_ELSEWHERE: Mapping[int, tuple[str, str]] = {
    3: ("attributes", "The attributes stand in a table of their own."),
    9: ("regions", "The regions stand with the change map."),
}
"""Figures that are a table elsewhere on the page."""
Tile = tuple[int, int, int, int, int]


def changed_attributes(figures: Mapping[str, Any]) -> list[list[str]]:
    """Rows (path, name, change, how it is shown now) from check 3's figures; entries of another shape are left out."""
    rendering = set(map(str, figures.get("rendering") or ()))
    rows = []
    for item in figures.get("attributes") or ():
        if isinstance(item, Mapping):
            path, name = str(item.get("path", "")), str(item.get("name") or "–")
            shown = "differently" if {path, name} & rendering else "as before"
            rows.append([path, name, str(item.get("change", "")), shown])
    return rows


def attributes_markup(verification: Verification) -> str:
    """The header attributes that differ from the registered ones, as a card; empty when none is listed."""
    check = next((check for check in verification.checks if check.number == _ATTRIBUTES), None)
    rows = changed_attributes(check.figures) if check is not None else []
    if not rows:
        return ""
    label = chip(f"{len(rows)} changed", "warn" if any(row[3] == "differently" for row in rows) else "near")
    listed = table(("Attribute", "Name", "Change", "Shown"), rows)
    return (
        f'<section class="ms-card"><div class="ms-card-head"><h3>Changed attributes</h3><span>{label}</span></div>'
        f"{listed}</section>"
    )


def changed_tiles(verification: Verification) -> list[Tile]:
    """The boxes (frame, x, y, width, height) that check 2 names; whatever is not five integers is left out."""
    tiles: list[Tile] = []
    for check in verification.checks:
        if check.number == _PIXELS:
            for item in check.figures.get("changed_tiles") or ():
                if isinstance(item, list | tuple) and len(item) == 5 and all(isinstance(n, int) for n in item):
                    tiles.append((item[0], item[1], item[2], item[3], item[4]))
    return tiles


def _figures(check: CheckResult) -> str:
    name, where = _ELSEWHERE.get(check.number, ("", ""))
    rows = [
        (label.replace("_", " "), code(figure(value), whole=True))
        for label, value in check.figures.items()
        if label != name
    ]
    moved = f'<p class="ms-check-note">{text(where)}</p>' if name in check.figures else ""
    shown = facts(rows) if rows else "" if moved else '<p class="ms-check-note">No figures.</p>'
    return f"<h4>Figures</h4>{shown}{moved}"


def _reach(number: int) -> str:
    page = MANUAL.get(number)
    if page is None:
        return ""
    return (
        "<h4>What this can and cannot show</h4>"
        f'<p class="ms-reach"><b>Can show</b> {text(page.shows)}</p>'
        f'<p class="ms-reach"><b>Cannot show</b> {text(page.cannot_show)}</p>'
    )


def check_markup(check: CheckResult) -> str:
    """One row: icon, number, name, status word, detail; it opens to its figures and its reach."""
    return (
        f'<li class="ms-{_TONES[check.status]} ms-is-{check.status}"><details class="ms-row"><summary class="ms-check">'
        f'<span class="ms-check-icon">{icon(_ICONS[check.status], 18)}</span>'
        f'<span class="ms-check-number">{check.number}</span>'
        f'<span class="ms-check-body"><b>{text(check.name)}</b>'
        f'<span class="ms-check-detail">{text(check.detail)}</span></span>'
        f'<span class="ms-check-status">{text(check.status)}</span></summary>'
        f'<div class="ms-check-open">{_reach(check.number)}{_figures(check)}</div></details></li>'
    )


def checks_markup(checks: Sequence[CheckResult]) -> str:
    """All checks in their order, with a count of how they ended above."""
    counts = {status: sum(check.status == status for check in checks) for status in _ICONS}
    total = " · ".join(f"{count} {status}" for status, count in counts.items() if count)
    rows = "".join(check_markup(check) for check in sorted(checks, key=lambda check: check.number))
    return (
        f'<section class="ms-card"><div class="ms-card-head"><h3>Numbered checks</h3><span>{text(total)}</span></div>'
        f'<p class="ms-check-note">Open a row for its figures and for what it can and cannot show.</p>'
        f'<ol class="ms-checks">{rows}</ol></section>'
    )
