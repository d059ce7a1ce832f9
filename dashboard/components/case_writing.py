"""Sending an event into a case: once, however often the button is pressed, and what was said afterwards."""

from __future__ import annotations

import secrets
from collections.abc import Callable

import streamlit as st
from pydantic import ValidationError

from dashboard.components.notice import Notice, show_notice
from dashboard.session import client, told
from ledger.errors import Conflict
from ledger.schemas import Case, CaseAction

_AUTHOR = "case.author"
_DONE = "case.done"
_EVENT = "case.event"
_TURN = "case.turn"


def key(name: str) -> str:
    """A widget's key that changes once something was written, so that the form is empty again."""
    return f"case.{name}.{st.session_state.get(_TURN, 0)}"


def ask_author(place: str) -> str:
    """Who writes; asked once in a session and then filled in."""
    author: str = st.text_input(
        "Your name",
        value=st.session_state.get(_AUTHOR, ""),
        key=key(f"author.{place}"),
        max_chars=200,
        placeholder="Dr. Example",
        help="Kept with what you write. The server adds whom it recognised by the key or the sign-in.",
    )
    return author.strip()


def remember(author: str) -> None:
    """Fill this name in from now on."""
    if author:
        st.session_state[_AUTHOR] = author


def event_id() -> str:
    """The id of the event being written: the same until it is written, so that a second press repeats the first."""
    return str(st.session_state.setdefault(_EVENT, secrets.token_hex(16)))


def written(done: str) -> None:
    """The next run says ``done`` over empty forms."""
    st.session_state.pop(_EVENT, None)
    st.session_state[_TURN] = st.session_state.get(_TURN, 0) + 1
    st.session_state[_DONE] = done


def show_done() -> None:
    """What was written in the run before, once."""
    done = st.session_state.pop(_DONE, "")
    if done:
        st.success(done, icon=":material/check_circle:")


def send(case: Case, author: str, make: Callable[[], CaseAction], done: str) -> None:
    """Write the event that ``make`` builds and show the case anew; what is wrong is said where the form stands."""
    remember(author)
    try:
        action = make()
    except ValidationError as error:
        show_incomplete("; ".join(f"{item['loc'][-1]}: {item['msg']}" for item in error.errors(include_input=False)))
        return
    except ValueError as error:
        show_incomplete(str(error))
        return
    with told(), st.spinner("Writing it into the log …"):
        try:
            client().cases.append(case.id, action)
        except Conflict:
            st.session_state.pop(_EVENT, None)
            raise
        written(done)
        st.rerun()


def show_incomplete(wrong: str) -> None:
    """What is missing or malformed in a form."""
    show_notice(Notice("Nothing was written", wrong, "Correct the form and send it again.", "file", "warn"))
