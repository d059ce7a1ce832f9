"""History: every entry of the logs with its block and transaction, newest first, and the life of each."""

from __future__ import annotations

import re
from dataclasses import asdict, astuple, dataclass, replace
from datetime import UTC, date, datetime, time

import streamlit as st

from dashboard.components.by_file import Dropped, asked_file
from dashboard.components.chain import chain_buttons, show_asked
from dashboard.components.exports import show_exports
from dashboard.components.facts import anchor_rows, known_of, registration_markup, state_chip, timeline_markup
from dashboard.components.life import life_list, moments
from dashboard.components.markup import code, facts, heading, text, when
from dashboard.components.notice import Notice, show_notice
from dashboard.components.statement import said_rows, show_statement_form, subject_of
from dashboard.components.styles import operations_styles
from dashboard.components.table import entries_markup
from dashboard.components.whole import show_whole
from dashboard.session import client, told
from dashboard.words import KINDS, STATES
from ledger.errors import LedgerError, NotFound
from ledger.schemas import History, HistoryEntry, Registration
from ledger.schemas.operations import VerificationNote

_PAGE = 25
_ANY = "any"
_MOST_SAID = 200
_NOTES = '<p class="ms-note">Verifications are this server\'s own notes, by key or person; they stand in no log.</p>'
_CHOOSE = "A row's kind leads to the life of its image; block and transaction are asked of the chain."
_ELSEWHERE = "The entry that the address names is not among those shown: turn to older ones, or clear the filters."
_DIGEST = re.compile(r"(sha256|pdq):[0-9a-f]{64}")
_IDENTIFIER = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Filters:
    """What the reader asks for; None means no restriction."""

    digest: str | None
    registration: str | None
    kind: str | None
    state: str | None
    registrar: str | None
    since: datetime | None
    until: datetime | None

    @property
    def empty(self) -> bool:
        return all(value is None for value in astuple(self))


def malformed(filters: Filters) -> Notice | None:
    """What is wrong with a digest or an identifier, before the ledger is asked."""
    advice = "Copy it whole: the digests of an image stand on its registration's card."
    if filters.digest and not _DIGEST.fullmatch(filters.digest):
        found = f"Expected sha256: (or pdq:) and 64 hex digits, found {filters.digest[:80]!r}."
        return Notice("That is not a digest", found, advice, "file", "warn")
    if filters.registration and not _IDENTIFIER.fullmatch(filters.registration):
        found = f"Expected 32 hex digits, found {filters.registration[:80]!r}."
        return Notice("That is not a registration id", found, advice, "file", "warn")
    return None


def keep_filters() -> None:
    """What was asked for is there again when the reader comes back from a block: fields that are not drawn lose it."""
    keys = (f"history.{name}" for name in ("digest", "id", "kind", "state", "registrar", "days"))
    found = {key: st.session_state[key] for key in keys if key in st.session_state}
    if found:
        st.session_state["history.kept"] = found


def day_edge(day: date | None, edge: time) -> datetime | None:
    """The first or last moment of a day in UTC."""
    return datetime.combine(day, edge, UTC) if day else None


def ask_filters(names: dict[str, str]) -> tuple[Filters, Dropped]:
    """The filters. ``?registration=`` in the address fills in one, so that a link leads to its history; a dropped file
    takes the place of digest and id."""
    for key, value in st.session_state.pop("history.kept", {}).items():
        st.session_state[key] = value
    _follow_link()
    with st.container(border=True, key="filters"):
        first, second = st.columns(2), st.columns(4)
        digest = first[0].text_input("Digest", placeholder="sha256:…", key="history.digest").strip()
        registration = first[1].text_input("Registration id", placeholder="32 hex digits", key="history.id")
        kind = second[0].selectbox("Kind", [_ANY, *KINDS], key="history.kind")
        state = second[1].selectbox("State", [_ANY, *STATES], key="history.state")
        registrar = second[2].selectbox(
            "Registrar", [_ANY, *names], format_func=lambda one: names.get(one, one), key="history.registrar"
        )
        days = second[3].date_input("Days (UTC)", value=[], key="history.days", format="YYYY-MM-DD")
        dropped = asked_file()
    since, until = (*days, None, None)[:2] if isinstance(days, tuple) else (days, None)
    asked = Filters(
        digest.lower() or None,
        registration.strip().lower() or None,
        None if kind == _ANY else kind,
        None if state == _ANY else state,
        None if registrar == _ANY else registrar,
        day_edge(since, time.min),
        day_edge(until, time.max),
    )
    return _of_the_file(asked, dropped), dropped


def _follow_link() -> None:
    """The id in the address fills in the filter when the page is opened, and again when a link names another."""
    linked = st.query_params.get("registration", "")
    if "history.id" not in st.session_state or st.session_state.get("history.linked") != linked:
        st.session_state["history.id"] = st.session_state["history.linked"] = linked


def _of_the_file(asked: Filters, dropped: Dropped) -> Filters:
    """A dropped file that the log knows stands for digest and id."""
    if dropped.digest is None:
        return asked
    digest = None if dropped.registration else dropped.digest
    return replace(asked, digest=digest, registration=dropped.registration)


def ask_history(filters: Filters, offset: int) -> History:
    """One page of what the ledger has under these filters."""
    return client().history(**asdict(filters), limit=_PAGE, offset=offset)


def turn_pages(page: History) -> None:
    """Newer and older, and where the reader stands."""
    first, last = page.offset + 1, page.offset + len(page.entries)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="right", key="paging"):
        st.caption(f"Entries {first} to {last}, newest first" + ("" if page.more else ", no older ones"))
        if st.button("Newer", icon=":material/chevron_left:", disabled=page.offset == 0):
            st.session_state["history.offset"] = max(0, page.offset - _PAGE)
            st.rerun()
        if st.button("Older", icon=":material/chevron_right:", icon_position="right", disabled=not page.more):
            st.session_state["history.offset"] = page.offset + _PAGE
            st.rerun()


def entry_markup(entry: HistoryEntry) -> str:
    """The facts of the entry itself, whatever its kind."""
    event = "an event for this very entry" if entry.on_chain_event else "the head that covers it, no event of its own"
    rows = [
        ("Entry id", code(entry.id, whole=True)),
        ("Written", text(when(entry.time))),
        ("Log index", text(entry.index)),
        ("Leaf", code(entry.leaf)),
        *said_rows(entry),
        *anchor_rows(entry.anchor),
        ("On chain", event if entry.anchor else "nothing yet"),
    ]
    return (
        f'<section class="ms-card"><div class="ms-card-head"><h3>Entry: {text(entry.kind)}</h3>'
        f"<span>{state_chip(entry.state, known_of(entry.state, entry.anchor))}</span></div>{facts(rows)}</section>"
    )


def life_markup(registration: Registration) -> str:
    """How far a registration has come, as a card."""
    head = '<div class="ms-card-head"><h3>From capture to finality</h3></div>'
    return f'<section class="ms-card">{head}{timeline_markup(registration)}</section>'


def _verifications(identity: str) -> tuple[list[VerificationNote], str]:
    """Who verified it, and ready markup that says why that cannot be had."""
    try:
        return client().operations.verifications(identity), ""
    except LedgerError as error:
        return [], f'<p class="ms-note">Who verified it could not be asked: {text(error)}.</p>'


def show_life(registration: Registration) -> None:
    """Everything that happened to a registration until today, verifications included as far as they can be asked."""
    identity = registration.registration_id
    with st.spinner("Asking what happened to it since …"):
        entries = client().history(registration=identity, limit=_MOST_SAID).entries
        notes, unsaid = _verifications(identity)
    head = '<div class="ms-card-head"><h3>From capture to today</h3></div>'
    body = life_list(moments(registration, entries, notes))
    name = text(identity)
    link = f'<p class="ms-note">Link to this page: <a href="history?registration={name}">{name}</a></p>'
    st.html(f'<section class="ms-card">{head}{body}{unsaid or _NOTES}{link}</section>')


def show_detail(entry: HistoryEntry) -> None:
    """The chosen entry with its block and transaction, and the life of the registration that it makes or speaks of."""
    subject = subject_of(entry)
    if subject is not None:
        with told():
            with st.spinner("Asking how the registration stands now …"):
                registration = client().registration(subject)
            st.html(life_markup(registration))
            left, right = st.columns(2, gap="medium")
            with left:
                show_life(registration)
            with right:
                st.html(entry_markup(entry))
                chain_buttons(entry.anchor, entry.id)
                st.html(registration_markup(registration))
            return
    st.html(entry_markup(entry))
    chain_buttons(entry.anchor, entry.id)
    if entry.kind == "case" and entry.target:
        case = {"case": entry.target}
        st.page_link("screens/cases.py", label="Show the case", icon=":material/cases:", query_params=case)


def chosen_of(page: History, filters: Filters) -> HistoryEntry | None:
    """The entry that the address names, else the one that makes the registration which is asked for."""
    wanted = st.query_params.get("entry") or filters.registration
    return next((entry for entry in page.entries if entry.id == wanted), None)


def show_empty(filters: Filters) -> None:
    """An empty ledger and an empty search are two things."""
    if filters.empty:
        words = Notice(
            "The log is empty", "No entry was written yet.", "Register an image; it appears here at once.", "inbox"
        )
    else:
        advice = "Widen or clear the filters. That nothing is found here says nothing about an image: verify it."
        words = Notice("No entry matches these filters", "The ledger answered, and it has none.", advice, "magnifier")
    show_notice(words)


def registrar_names() -> dict[str, str]:
    """Registrars' names by id; empty when they cannot be had, since the history itself will say why."""
    try:
        with st.container(key="names"), st.spinner("Asking which registrars there are …"):
            return {one.id: one.name for one in client().registrars()}
    except LedgerError:
        return {}


def main() -> None:
    """What the address asks the chain for; else filters, one page of entries, and the detail of the chosen one."""
    st.html(operations_styles())
    if show_asked():
        keep_filters()
        return
    st.html(
        heading(
            "History",
            "Every entry of the log, the block and the transaction that hold it, and what was said about it since.",
        )
    )
    names = registrar_names()
    filters, dropped = ask_filters(names)
    if dropped.asked and dropped.digest is None:
        return  # it was said why; a history of everything would look like an answer
    if st.session_state.get("history.filters") != filters:
        st.session_state["history.filters"], st.session_state["history.offset"] = filters, 0
    wrong = malformed(filters)
    if wrong is not None:
        show_notice(wrong)
        return
    with told():
        try:
            with st.spinner("Asking the ledger for its history …"):
                page = ask_history(filters, st.session_state["history.offset"])
        except NotFound:
            page = History(entries=[], limit=_PAGE, offset=0, more=False)
        show_whole(page, filters.registrar, by_digest=bool(filters.digest))
        if not page.entries:
            show_empty(filters)
            show_statement_form(filters.registration or "")
            return
        chosen = chosen_of(page, filters)
        of = chosen.id if chosen else None
        st.html(entries_markup(page.entries, names, registration=filters.registration, chosen=of))
        turn_pages(page)
        if chosen is None:
            st.caption(_ELSEWHERE if st.query_params.get("entry") else _CHOOSE)
        show_exports(asdict(filters))
        if chosen is not None:
            show_detail(chosen)
        show_statement_form((subject_of(chosen) if chosen else None) or "")


main()
