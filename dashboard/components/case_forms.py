"""The forms of a case: add files, note, bookmark, finding, close, reopen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from dashboard.case_words import EVIDENCE, FINDINGS
from dashboard.components.case_adding import add_files
from dashboard.components.case_writing import ask_author, event_id, key, send
from ledger.schemas import Bookmark, Case, CaseClosing, CaseNote, CaseReopening, ItemJudgement

_WHOLE = 0
_ADD, _NOTE, _BOOKMARK, _FINDING, _CLOSE = "Files", "Note", "Bookmark", "Finding", "Close"


def show_forms(case: Case) -> None:
    """The form that the reader chose; a closed case has but one."""
    if case.status == "closed":
        reopen_form(case)
        return
    forms: Mapping[str, Callable[[Case], None]] = {
        _ADD: add_files,
        _NOTE: note_form,
        _BOOKMARK: bookmark_form,
        _FINDING: finding_form,
        _CLOSE: close_form,
    }
    chosen = st.segmented_control("Write into the case", list(forms), default=_ADD, required=True, key="case.form")
    if chosen in (_BOOKMARK, _FINDING) and not case.items:
        st.info("The case has no items yet. Add a file first; notes can be written about the whole case.")
        return
    forms[chosen](case)


def note_form(case: Case) -> None:
    """A note on an item, or on the whole case."""
    with st.form("note", border=False):
        item = _ask_item(case, whole=True)
        note = st.text_area("Note", key=key("note"), max_chars=10_000, height=120).strip()
        author = ask_author("note")
        sent = st.form_submit_button("Write this note", type="primary")
    if sent:
        about = None if item == _WHOLE else item
        who = _who(author)
        send(case, author, lambda: CaseNote(text=_needed("a note", note), item=about, **who), "The note is in the log.")


def bookmark_form(case: Case) -> None:
    """Evidence with how it was found, so that somebody else can see it again."""
    with st.form("bookmark", border=False):
        item = _ask_item(case)
        evidence = st.selectbox("Evidence", list(EVIDENCE), format_func=EVIDENCE.__getitem__, key=key("evidence"))
        method = st.text_input("Method", key=key("method"), max_chars=200, placeholder="check 9, trace/1").strip()
        comment = st.text_area("What it shows", key=key("comment"), max_chars=2000, height=90).strip()
        left, right = st.columns(2)
        region = left.text_input("Region in pixels", key=key("region"), placeholder="x, y, width, height").strip()
        frame = right.number_input("Frame", min_value=1, value=None, step=1, key=key("frame"), placeholder="first is 1")
        given = st.text_area("Parameters", key=key("parameters"), height=90, placeholder="one a line, as name = value")
        author = ask_author("bookmark")
        sent = st.form_submit_button("Keep this bookmark", type="primary")

    def make() -> Bookmark:
        return Bookmark(
            item=item,
            evidence=evidence,  # type: ignore[arg-type]
            method=_needed("a method", method),
            comment=_needed("what it shows", comment),
            region=region_of(region),
            frame=None if frame is None else int(frame) - 1,
            parameters=parameters_of(given),
            **_who(author),
        )

    if sent:
        send(case, author, make, "The bookmark is in the log.")


def finding_form(case: Case) -> None:
    """What the reviewer finds of an item."""
    item = _ask_item(case)
    status = st.segmented_control(
        "Finding",
        list(FINDINGS),
        format_func=lambda one: FINDINGS[one].label,
        default="cannot-tell",
        required=True,
        key=key("status"),
    )
    st.caption(FINDINGS[status].meaning)
    with st.form("finding", border=False):
        reason = st.text_area("Why", key=key("reason"), max_chars=2000, height=90).strip()
        author = ask_author("finding")
        sent = st.form_submit_button("Write this finding", type="primary")
    if sent:
        who = _who(author)
        send(
            case,
            author,
            lambda: ItemJudgement(item=item, status=status, reason=reason or None, **who),  # type: ignore[arg-type]
            f"Item {item} is {FINDINGS[status].label} now.",
        )


def close_form(case: Case) -> None:
    """The conclusion, with a confirmation: a closed case takes nothing until it is reopened."""
    waiting = [item.number for item in case.items if item.status == "open"]
    if waiting:
        numbers = ", ".join(map(str, waiting))
        st.info(f"Without a finding yet: item{'s' if len(waiting) > 1 else ''} {numbers}. The case can be closed so.")
    conclusion = st.text_area("Conclusion", key=key("conclusion"), max_chars=10_000, height=120).strip()
    author = ask_author("close")
    sure = st.checkbox("Close the case: nothing more can be written until it is reopened", key=key("sure"))
    if st.button("Close the case", type="primary", disabled=not sure, icon=":material/lock:"):
        who = _who(author)
        send(
            case,
            author,
            lambda: CaseClosing(conclusion=_needed("a conclusion", conclusion), **who),
            "The case is closed.",
        )


def reopen_form(case: Case) -> None:
    """Why a closed case goes on."""
    st.info("This case is closed. To write into it, reopen it; that it was closed stays in the log.")
    with st.form("reopen", border=False):
        reason = st.text_input("Why it is reopened", key=key("reopen"), max_chars=2000).strip()
        author = ask_author("reopen")
        sent = st.form_submit_button("Reopen the case", icon=":material/lock_open:")
    if sent:
        who = _who(author)
        send(case, author, lambda: CaseReopening(reason=_needed("a reason", reason), **who), "The case is open again.")


def region_of(given: str) -> tuple[int, int, int, int] | None:
    """``x, y, width, height`` as numbers, None for nothing; ValueError in words for anything else."""
    if not given:
        return None
    try:
        x, y, width, height = (int(part) for part in given.replace(",", " ").split())
    except ValueError:
        raise ValueError(f"Expected a region as x, y, width, height in whole pixels, found {given[:40]!r}.") from None
    if min(x, y) < 0 or min(width, height) < 1:
        raise ValueError(f"Expected a region inside the picture with an area, found {given[:40]!r}.")
    return x, y, width, height


def parameters_of(given: str) -> dict[str, bool | int | float | str]:
    """Lines of ``name = value``; what looks like a number is one. ValueError in words for another line."""
    found: dict[str, bool | int | float | str] = {}
    for line in filter(None, map(str.strip, given.splitlines())):
        name, equals, value = (part.strip() for part in line.partition("="))
        if not (equals and name and value):
            raise ValueError(f"Expected each parameter as name = value, found {line[:40]!r}.")
        found[name] = _value(value)
    return found


def _value(text: str) -> bool | int | float | str:
    if text in ("true", "false"):
        return text == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _ask_item(case: Case, *, whole: bool = False) -> int:
    names = {item.number: f"{item.number} · {item.name or 'content lost'}" for item in case.items}
    choices = ([_WHOLE] if whole else []) + list(names)
    return st.selectbox("About", choices, format_func=lambda one: names.get(one, "the whole case"), key=key("item"))


def _who(author: str) -> dict[str, Any]:
    return {"author": author or None, "event_id": event_id()}


def _needed(what: str, given: str) -> str:
    if not given:
        raise ValueError(f"Expected {what}, found an empty field.")
    return given
