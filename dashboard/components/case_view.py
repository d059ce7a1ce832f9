"""A case as markup: its head and seal, its items with what was written about them, and its timeline."""

from __future__ import annotations

from typing import Any

from dashboard.case_words import CASE_STATUSES, EVIDENCE, SEALS, TROUBLES, event_words, finding_words
from dashboard.components.facts import state_chip
from dashboard.components.icons import icon
from dashboard.components.markup import chip, code, details, facts, text, when
from dashboard.words import verdict_words
from ledger.schemas import Case, CaseEvent, CaseItem, CaseLine, VerificationSummary

LOST = "(content lost)"
_MARKS = {
    "open": "inbox",
    "add": "file",
    "note": "bubble",
    "bookmark": "flag",
    "status": "scale",
    "close": "check",
    "reopen": "clock",
}


def status_chip(status: str) -> str:
    """Whether the case is open, as a chip."""
    words = CASE_STATUSES[status]
    return chip(words.label, words.tone, words.meaning)


def finding_chip(status: str) -> str:
    """What the reviewer finds of an item, as a chip."""
    words = finding_words(status)
    return chip(words.label, words.tone, words.meaning)


def verdict_chip(summary: VerificationSummary | None) -> str:
    """What the verification said when the item was added, as a chip."""
    if summary is None:
        return chip("not verified", "mute", "No verification was kept with this item.")
    words = verdict_words(summary.verdict)
    return chip(words.title, words.tone, f"{words.meaning} Policy: {summary.policy}.")


def line_markup(line: CaseLine) -> str:
    """A case in the list."""
    counted = f"{_count(line.items, 'item')} · {_count(line.events, 'event')} · changed {when(line.changed_at)}"
    by = f" · opened by {line.author}" if line.author else ""
    return (
        f'<div class="ms-case-line"><h3>{text(line.title or LOST)} {status_chip(line.status)}</h3>'
        f"<p>{text(counted + by)}</p>{code(line.id)}</div>"
    )


def head_markup(case: Case) -> str:
    """What the case is called and asks, since when, and how it stands."""
    rows = [
        ("Case id", code(case.id, whole=True)),
        ("Opened", text(when(case.opened_at))),
        ("Last changed", text(when(case.changed_at))),
        ("Holds", text(f"{_count(len(case.items), 'item')}, {_count(len(case.events), 'event')}")),
    ]
    question = f'<p class="ms-case-question">{text(case.question)}</p>' if case.question else ""
    return (
        f'<section class="ms-card ms-case-head"><div class="ms-card-head"><h2>{text(case.title or LOST)}</h2>'
        f"<span>{status_chip(case.status)}</span></div>{question}{facts(rows)}</section>"
    )


def seal_markup(case: Case) -> str:
    """Whether everything holds, in words; each trouble and what the chain said about the log."""
    title, sentence, symbol, tone = SEALS[case.intact]
    troubled = [event for event in case.events if event.trouble]
    lines = [f"Event {event.sequence} ({event_words(event.event)}): {_trouble(event)}" for event in troubled]
    lines += [line[:1].upper() + line[1:] + "." for line in (case.log_trouble, case.log_open) if line]
    waits = sum(event.state not in ("anchored", "final") for event in case.events)
    if case.intact and waits:
        verb = "waits" if waits == 1 else "wait"
        lines.append(
            f"{_count(waits, 'event')} still {verb} for a block; until then only this ledger vouches for that."
        )
    listed = "".join(f"<li>{text(line)}</li>" for line in lines)
    return (
        f'<section class="ms-seal ms-{tone}" role="status" aria-label="Seal: {text(title)}">{icon(symbol, 34)}'
        f"<div><h3>{text(title)}</h3><p>{text(sentence)}</p>{f'<ul>{listed}</ul>' if listed else ''}</div></section>"
    )


def item_markup(case: Case, item: CaseItem) -> str:
    """An item with its finding, its verification, and the notes and bookmarks about it."""
    events = [event for event in case.events if _is_about(event, item)]
    rows = [("Finding", text(item.reason))] if item.reason else []
    if item.file:
        rows.append(("File digest", code(item.file)))
    if item.verification is not None:
        rows += _verification(item.verification)
    said = "".join(f"<li>{icon(_MARKS[event.event], 18)}<div>{_said(event)}</div></li>" for event in events)
    verdict = verdict_chip(item.verification) if item.file else chip("content lost", "bad", TROUBLES["content_missing"])
    listed = f'<ul class="ms-case-said">{said}</ul>' if said else ""
    return (
        f'<section class="ms-card ms-item"><div class="ms-card-head"><h3><i>{item.number}</i>'
        f"{text(item.name or LOST)}</h3><span>{verdict}{finding_chip(item.status)}</span></div>"
        f"{facts(rows)}{listed}</section>"
    )


def _verification(summary: VerificationSummary) -> list[tuple[str, str]]:
    rows = [
        (
            "When added",
            f"{text(summary.reason[:1].upper() + summary.reason[1:])} <small>{text(when(summary.checked_at))}</small>",
        )
    ]
    if summary.detector:
        rows.append(("Detector", text(summary.detector)))
    if summary.registration_id:
        rows.append(("Registration", code(summary.registration_id, whole=True)))
    return rows


def _is_about(event: CaseEvent, item: CaseItem) -> bool:
    content = event.content or {}
    return event.event in ("note", "bookmark") and content.get("item") == item.number


def timeline_markup(case: Case) -> str:
    """All events, oldest first, each with its place in the log and its state on the chain."""
    rows = "".join(_event(event) for event in case.events)
    return (
        '<section class="ms-card"><div class="ms-card-head"><h3>Everything that happened</h3>'
        f"<span>{text(_count(len(case.events), 'log entry', 'log entries'))}</span></div>"
        f'<ol class="ms-trail">{rows}</ol></section>'
    )


def _event(event: CaseEvent) -> str:
    about = (event.content or {}).get("item")
    title = event_words(event.event) + (f" on item {about}" if about else "")
    chips = state_chip(event.state) if event.state else chip("row not found", "bad", "The log's table misses this row.")
    place = f"log index {event.index}" + (f", block {event.block_number}" if event.block_number is not None else "")
    trouble = "" if event.trouble is None else f'<p class="ms-trail-trouble">{text(_trouble(event))}</p>'
    asker = [("Recognised as", text(f"{event.by}, ") + code(event.by_id, whole=True))] if event.by_id else []
    proof = facts([("Entry id", code(event.id, whole=True)), *asker, ("Log entry", code(event.entry, whole=True))])
    kind = " ms-bad" if event.trouble else ""
    return (
        f'<li class="ms-trail-event{kind}"><span class="ms-dot">{icon(_MARKS.get(event.event, "dash"), 16)}</span><div>'
        f'<div class="ms-trail-head"><b>{text(title)}</b>{chips}<small>{text(place)}</small></div>'
        f"{_said(event)}{trouble}{details('Entry in the log', proof)}</div></li>"
    )


def _said(event: CaseEvent) -> str:
    """What was written, by whom and when."""
    body = "" if event.content is None else _body(event.event, event.content)
    who = " · ".join([*_who(event), when(event.time)])
    return f"{body}<small>{text(who)}</small>"


def _who(event: CaseEvent) -> list[str]:
    """The author's own words and whom the server recognised, whose id is cut short here: two may have one name."""
    kind, _, digits = (event.by_id or "").partition(":")
    by = f"{event.by}, {kind} {digits[:8]}" if digits else event.by
    if event.author and by and event.author != by:
        return [f"{event.author} (recognised as {by})"]
    return [name for name in (event.author or by,) if name]


def _body(event: str, content: dict[str, Any]) -> str:
    if event == "bookmark":
        return _bookmark(content)
    if event == "status":
        return f"<p>{finding_chip(content['status'])} {text(content.get('reason', ''))}</p>"
    if event == "add":
        return f"<p>{text(content['name'])} {code(content['file'])}</p>"
    words = [content.get(name) for name in ("title", "question", "text", "conclusion", "reason")]
    return "".join(f'<p class="ms-written">{text(said)}</p>' for said in words if said)


def _bookmark(content: dict[str, Any]) -> str:
    region = content.get("region")
    where = [f"x {region[0]}, y {region[1]}, w {region[2]}, h {region[3]}"] if region else []
    where += [f"frame {content['frame'] + 1}"] if "frame" in content else []
    given = [f"{name} = {value}" for name, value in content.get("parameters", {}).items()]
    kind = EVIDENCE.get(content["evidence"], content["evidence"])
    said = " · ".join([f"{kind[:1].upper()}{kind[1:]}", content["method"], *where, *given])
    return f'<p class="ms-written">{text(content["comment"])}</p><p class="ms-evidence">{text(said)}</p>'


def _trouble(event: CaseEvent) -> str:
    if event.trouble is None:
        return ""
    return TROUBLES.get(event.trouble.code, event.trouble.detail)


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"
