"""Signing in: with an API key, or at the organisation's own sign-in."""

from __future__ import annotations

import math
from typing import Literal

import streamlit as st

from dashboard import access, way_back
from dashboard.backoff import Backoff
from dashboard.components.markup import heading
from dashboard.components.notice import Notice, notice_of, show_notice
from dashboard.pages_by_role import places
from dashboard.session import server
from dashboard.way_back import Spot
from ledger.client import Client
from ledger.errors import LedgerError, NotAllowed

ATTEMPTS = Backoff()
"""One count for all sessions of this process."""
_LEFT = Notice("You are signed out", "Nothing of your session is kept here.", "", "key", "mute")
_PREFIX = "ms_"
_SECONDS = 15.0


def show_sign_in(why: Notice | None, page: str, *, onward: Spot | None = None) -> None:
    """The sign-in in the place of ``page``, with the reason why it is needed.

    Who signs in goes on to the page ``onward`` with its query, else to where this stands.
    """
    st.html(heading("Sign in", "What you may see and do here follows from your role."))
    why = _LEFT if access.left() else why
    if why is not None:
        show_notice(why)
    with st.container(key="sign-in", width=560):
        if access.by_issuer():
            _offer_issuer(page)
        _offer_key(onward)
        if access.left() and access.common_key() is not None:
            st.button("Go on without signing in", on_click=access.stay, type="tertiary")


def _to_issuer(page: str) -> None:
    way_back.keep(page)
    st.login()


def _offer_issuer(page: str) -> None:
    st.button(
        "Sign in with your organisation",
        on_click=_to_issuer,
        args=(page,),
        type="primary",
        icon=":material/badge:",
        width="stretch",
        key="sign-in.issuer",
    )
    st.html('<p class="ms-or"><span>or with an API key</span></p>')


def _offer_key(onward: Spot | None) -> None:
    with st.form("sign-in.form", clear_on_submit=True):
        key = st.text_input("API key", type="password", placeholder="ms_…", autocomplete="off").strip()
        kind: Literal["primary", "secondary"] = "secondary" if access.by_issuer() else "primary"
        sent = st.form_submit_button("Sign in", type=kind, icon=":material/login:", width="stretch")
        st.caption("The key stays in this session's memory on the server: reloading the page signs you out.")
    if not sent:
        return
    trouble = tried(key)
    if trouble is not None:
        show_notice(trouble)
        return
    access.sign_in(key)
    place = next((one for one in places() if onward is not None and one.name == onward.page), None)
    if place is not None and onward is not None:
        st.switch_page(place.file, query_params=dict(onward.query))
    st.rerun()


def tried(key: str) -> Notice | None:
    """None when the API knows ``key``, else the words for why it is of no use now."""
    place = whence()
    if not key.startswith(_PREFIX):
        found = "an empty field" if not key else "something else"
        return Notice(
            "That is not an API key", f"Expected ms_ and the rest of the key, found {found}.", _HOW, "key", "warn"
        )
    wait = ATTEMPTS.wait(place)
    if wait > 0:
        body = f"The last tries failed. Your key was not sent; wait {math.ceil(wait)} s."
        return Notice("Too many failed sign-ins", body, "Then paste the key whole.", "hourglass", "warn")
    try:
        with st.spinner("Asking the ledger who this is …"), Client(server(), key, timeout=_SECONDS) as client:
            client.session()
    except NotAllowed as error:
        ATTEMPTS.failed(place)
        return Notice("That key is not accepted", str(error), _HOW, "key", "warn", error.code)
    except LedgerError as error:
        return notice_of(error, has_key=True)
    ATTEMPTS.succeeded(place)
    return None


def whence() -> str:
    """Where the browser is; the same for all of this machine."""
    return st.context.ip_address or "this machine"


_HOW = "Paste the key whole. An administrator makes one with: medseal keys create NAME --role reviewer."
