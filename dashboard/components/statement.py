"""What an entry says of a registration, and the form that revokes, supersedes or disputes one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, get_args

import streamlit as st

from dashboard.components.markup import code, text
from dashboard.components.notice import Notice, show_notice
from dashboard.session import client, may, told
from dashboard.words import STATEMENTS
from ledger.schemas import HistoryEntry, StatementRequest

Kind = Literal["revoke", "supersede", "dispute"]
CHECKED: Mapping[str, str] = {
    "proven": "proven by digests or samples when it was registered",
    "consistent": "a comparison found nothing against it when it was registered",
    "declared": "its author's word, not checked",
}
_DONE = "say.done"
_IDENTIFIER = re.compile(r"[0-9a-f]{32}")


def subject_of(entry: HistoryEntry) -> str | None:
    """The registration that an entry makes or speaks of; a derive entry makes one, and names another as its origin.

    None of a case entry, whose target is a case."""
    if entry.kind == "case":
        return None
    return entry.id if entry.kind in ("register", "derive") else entry.target


def said_rows(entry: HistoryEntry) -> list[tuple[str, str]]:
    """What the entry says of another registration, by whom and why; nothing for entries that say nothing."""
    about = {"derive": "Derived from registration", "case": "Of case"}.get(entry.kind, "About registration")
    rows = [
        (about, code(entry.target, whole=True) if entry.target else ""),
        ("Event", text(entry.event or "")),
        ("Operation", text(f"{entry.operation} ({CHECKED.get(entry.checked or '', '')})") if entry.operation else ""),
        ("Said", text(f"{entry.reason} ({entry.author})") if entry.reason else ""),
    ]
    return [row for row in rows if row[1]]


def complaint(target: str, kind: str, reason: str, author: str, replacement: str) -> str:
    """What is missing or malformed in the form, in one sentence; empty when it can be sent."""
    if not _IDENTIFIER.fullmatch(target):
        return f"Expected a registration id of 32 hex digits, found {target[:40]!r}."
    if not reason or not author:
        return "Expected a reason and an author, found an empty one: both stay in the log for good."
    if kind == "supersede" and not _IDENTIFIER.fullmatch(replacement):
        return f"Expected the id of the registration that replaces this one, found {replacement[:40]!r}."
    if kind == "supersede" and replacement == target:
        return "Expected another registration as the replacement, found the same one."
    return ""


def show_statement_form(target: str) -> None:
    """An expander with the form, filled in with ``target``; a sent statement is a new entry and cannot be unsaid.

    Nothing for those who may not make statements.
    """
    if not may("register"):
        return
    with st.expander("Revoke, supersede or dispute a registration", icon=":material/gavel:"):
        kind = st.segmented_control("Statement", list(get_args(Kind)), default="revoke", required=True, key="say.kind")
        st.caption(STATEMENTS[kind])
        with st.form("say", border=False):
            about = st.text_input("Registration id", value=target, key=f"say.target.{target}").strip()
            replacement = ""
            if kind == "supersede":
                replacement = st.text_input("Replaced by registration id", key="say.replacement").strip()
            reason = st.text_area("Reason", key="say.reason", max_chars=2000, height=80).strip()
            author = st.text_input("Author", key="say.author", max_chars=200, placeholder="Radiology QA").strip()
            sent = st.form_submit_button(f"Append this {kind} entry", type="primary")
        done = st.session_state.pop(_DONE, "")
        if done:
            st.success(done)
        if sent:
            _send(about, kind, reason, author, replacement)


def _send(target: str, kind: Kind, reason: str, author: str, replacement: str) -> None:
    wrong = complaint(target, kind, reason, author, replacement)
    if wrong:
        show_notice(Notice("The statement was not sent", wrong, "Correct the form and send it again.", "file", "warn"))
        return
    with told(), st.spinner("Appending the statement …"):
        request = StatementRequest(kind=kind, reason=reason, author=author, replacement=replacement or None)
        statement = client().state_request(target, request)
        st.session_state[_DONE] = f"Appended: {statement.kind} entry {statement.id} at log index {statement.index}."
        st.rerun()
