"""What rules on the file's structure found: a short list in words, and every rule that was asked."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.components.markup import chip, counted, details, table, text
from ledger.schemas import Structure, StructureFinding, Verification

_TONES = {"strong": "bad", "notable": "warn", "information": "mute"}
_MEANINGS = {
    "strong": "Two statements of this file exclude each other.",
    "notable": "This does not belong there; an innocent explanation exists and is said.",
    "information": "How the file was made; as common in files that nobody tampered with.",
}
_STATES = {
    "found": "found something",
    "passed": "nothing found",
    "not-applicable": "does not apply",
    "failed": "could not be asked",
}
_NO_VOTE = "Rules on how the file is made, not on its picture. They never change the verdict."


def structure_markup(verification: Verification) -> str:
    """The card; nothing where no rule was asked."""
    found = verification.structure
    if found is None or not found.rules:
        return ""
    asked = sum(rule.state in ("found", "passed") for rule in found.rules)
    title = f"{counted(len(found.findings), 'finding')} of {counted(asked, 'rule')} that apply"
    loud = [one for one in found.findings if one.strength != "information"]
    quiet = [one for one in found.findings if one.strength == "information"]
    return (
        f'<section class="ms-card"><div class="ms-card-head"><h3>File structure</h3><span>{text(title)}</span></div>'
        f'<p class="ms-check-note">{_NO_VOTE}</p>{_list(loud)}'
        + (details(counted(len(quiet), "piece of information", "pieces of information"), _list(quiet)) if quiet else "")
        + f"{details('All rules', _rules(found))}</section>"
    )


def _list(findings: Sequence[StructureFinding]) -> str:
    items = "".join(_item(one) for one in findings)
    return f'<ul class="ms-statements">{items}</ul>' if items else ""


def _item(one: StructureFinding) -> str:
    return (
        f"<li><div>{chip(one.strength, _TONES[one.strength], _MEANINGS[one.strength])} <b>{text(one.text)}</b>"
        f"<p>{text(one.meaning)}</p><p><small>Innocent explanation: {text(one.innocent)}"
        f" Limits: {text(one.limits)}</small></p></div></li>"
    )


def _rules(found: Structure) -> str:
    rows = [(rule.title, _STATES[rule.state] + (f": {rule.reason}" if rule.reason else "")) for rule in found.rules]
    return table(("Rule", "On this file"), rows)
