"""The life of one image, from its capture to today: each thing that happened, when, by whom, and where it stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from dashboard.components.chain import block_link, transaction_link
from dashboard.components.facts import both_chips, known_of
from dashboard.components.icons import icon
from dashboard.components.markup import chip, text, when
from dashboard.words import UNCONFIRMED, standing_words, state_words, verdict_words
from ledger.schemas import Anchor, HistoryEntry, Registration
from ledger.schemas.operations import VerificationNote

_SAID = {
    "revoke": ("Revoked", "ban", "void"),
    "supersede": ("Superseded", "ban", "void"),
    "dispute": ("Disputed", "question", "warn"),
}
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Moment:
    """One thing that happened: ``body`` is ready markup, ``who`` plain text."""

    time: datetime | None
    title: str
    body: str
    mark: str
    tone: str
    who: str = ""


def moments(
    registration: Registration, entries: Sequence[HistoryEntry], notes: Sequence[VerificationNote]
) -> list[Moment]:
    """What happened to a registration, oldest first, and how it stands today at the end."""
    found = [*_own(registration), *_said(registration, entries), *_verified(notes)]
    found.sort(key=lambda one: one.time or _LONG_AGO)
    return [*found, _today(registration)]


def _own(registration: Registration) -> Iterator[Moment]:
    origin = registration.derived
    made = f", made from registration {text(origin.original)} ({text(origin.operation)})" if origin else ""
    yield Moment(
        registration.registered_at,
        "Registered",
        f"Entry {registration.index} of the log{made}.",
        "inbox",
        "near",
        registration.registrar_name,
    )
    if registration.anchor and registration.anchor.block_number is not None:
        yield _anchored(registration.anchor, "Anchored on the chain")


def _anchored(anchor: Anchor, title: str) -> Moment:
    place = f"{block_link(anchor.block_number)}, transaction {transaction_link(anchor.transaction)}"
    return Moment(anchor.block_time, title, f"Head {anchor.sequence}, {place}.", "chain", "good")


def _said(registration: Registration, entries: Sequence[HistoryEntry]) -> Iterator[Moment]:
    for entry in entries:
        if entry.id == registration.registration_id:
            continue
        place = _place(entry)
        if entry.kind in _SAID:
            title, mark, tone = _SAID[entry.kind]
            instead = f" by {_history_link(entry.replacement)}" if entry.replacement else ""
            yield Moment(
                entry.time, title, f"“{text(entry.reason)}”{instead}<br>{place}", mark, tone, entry.author or ""
            )
        elif entry.kind == "derive":
            body = f"{text(entry.operation)} copy {_history_link(entry.id)}, {text(entry.checked)}. {place}"
            yield Moment(entry.time, "A derived image was registered", body, "file", "near", entry.author or "")
        else:
            yield Moment(entry.time, entry.kind.capitalize(), place, "file", "mute", entry.author or "")


def _place(entry: HistoryEntry) -> str:
    anchor = entry.anchor
    if anchor is None or anchor.block_number is None:
        return f"<small>Entry {entry.index}, {text(state_words(entry.state).label)}.</small>"
    place = f"{block_link(anchor.block_number)}, {transaction_link(anchor.transaction)}"
    return f"<small>Entry {entry.index}, {place}.</small>"


def _history_link(identifier: str | None) -> str:
    return f'<a href="history?registration={text(identifier)}">{text((identifier or "")[:12])}…</a>'


def _verified(notes: Sequence[VerificationNote]) -> Iterator[Moment]:
    for note in notes:
        words = verdict_words(note.verdict)
        accepted = "accepted" if note.accepted else "not accepted"
        body = f"{chip(words.title, words.tone, words.meaning)} {accepted} under the {text(note.policy)} policy."
        yield Moment(note.time, "Verified", body, "magnifier", words.tone, note.label)


def _today(registration: Registration) -> Moment:
    standing = standing_words(registration.standing)
    deep = registration.anchor.confirmations if registration.anchor else None
    depth = f" {deep} confirmations." if deep else ""
    sure = known_of(registration.state, registration.anchor)
    meaning, tone = (standing.meaning, standing.tone) if sure else (UNCONFIRMED, "open")
    return Moment(None, "Today", f"{both_chips(registration)} {text(meaning)}{depth}", "clock", tone)


def life_list(found: Sequence[Moment]) -> str:
    """The moments as a vertical list."""
    return f'<ol class="ms-life">{"".join(_item(one) for one in found)}</ol>'


def _item(one: Moment) -> str:
    who = f" <span>{text(one.who)}</span>" if one.who else ""
    time = f"<time>{text(when(one.time))}</time>" if one.time else ""
    return (
        f'<li class="ms-{one.tone}"><i>{icon(one.mark, 16)}</i><div><b>{text(one.title)}</b>{who}{time}'
        f"<p>{one.body}</p></div></li>"
    )
