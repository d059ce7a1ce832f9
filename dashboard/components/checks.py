"""The numbered checks as rows, with their figures, changed attributes and changed tiles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dashboard.components.icons import icon
from dashboard.components.markup import code, details, facts, figure, table, text
from ledger.schemas import CheckResult, Verification

_ICONS = {"passed": "check", "failed": "cross", "skipped": "dash", "undetermined": "hourglass"}
_TONES = {"passed": "good", "failed": "bad", "skipped": "mute", "undetermined": "open"}
_ATTRIBUTES = 3
_PIXELS = 2
_CHANGES = 9
"""Its regions are the table of the change map."""
Tile = tuple[int, int, int, int, int]


def changed_attributes(figures: Mapping[str, Any]) -> list[list[str]]:
    """Rows (path, name, change) from check 3's figures; entries of another shape are left out."""
    listed = figures.get("attributes") or ()
    return [
        [str(item.get("path", "")), str(item.get("name") or "–"), str(item.get("change", ""))]
        for item in listed
        if isinstance(item, Mapping)
    ]


def changed_tiles(verification: Verification) -> list[Tile]:
    """The boxes (frame, x, y, width, height) that check 2 names; whatever is not five integers is left out."""
    tiles: list[Tile] = []
    for check in verification.checks:
        if check.number == _PIXELS:
            for item in check.figures.get("changed_tiles") or ():
                if isinstance(item, list | tuple) and len(item) == 5 and all(isinstance(n, int) for n in item):
                    tiles.append((item[0], item[1], item[2], item[3], item[4]))
    return tiles


def _figures(check: CheckResult, hidden: Sequence[str]) -> str:
    shown = {name: value for name, value in check.figures.items() if name not in hidden}
    if not shown:
        return ""
    rows = ((name.replace("_", " "), code(figure(value), whole=True)) for name, value in shown.items())
    return details("Figures", facts(rows))


def check_markup(check: CheckResult) -> str:
    """One row: icon, number, name, status word, detail; figures behind a click."""
    attributes = changed_attributes(check.figures) if check.number == _ATTRIBUTES else []
    listed = table(("Attribute", "Name", "Change"), attributes) if attributes else ""
    hidden = ("attributes",) if attributes else ("regions",) if check.number == _CHANGES else ()
    return (
        f'<li class="ms-check ms-{_TONES[check.status]} ms-is-{check.status}">'
        f'<span class="ms-check-icon">{icon(_ICONS[check.status], 18)}</span>'
        f'<span class="ms-check-number">{check.number}</span>'
        f'<div class="ms-check-body"><b>{text(check.name)}</b>'
        f'<span class="ms-check-detail">{text(check.detail)}</span>{listed}{_figures(check, hidden)}</div>'
        f'<span class="ms-check-status">{text(check.status)}</span></li>'
    )


def checks_markup(checks: Sequence[CheckResult]) -> str:
    """All checks in their order, with a count of how they ended above."""
    counts = {status: sum(check.status == status for check in checks) for status in _ICONS}
    total = " · ".join(f"{count} {status}" for status, count in counts.items() if count)
    rows = "".join(check_markup(check) for check in sorted(checks, key=lambda check: check.number))
    return (
        f'<section class="ms-card"><div class="ms-card-head"><h3>Numbered checks</h3><span>{text(total)}</span></div>'
        f'<ol class="ms-checks">{rows}</ol></section>'
    )
