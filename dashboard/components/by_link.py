"""A link to a verification: the file's digest in the address, and the ledger's answer of now about it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

import streamlit as st

from dashboard.components.banner import banner_markup
from dashboard.components.checks import checks_markup
from dashboard.components.facts import registration_markup, statements_markup
from dashboard.components.markup import short, when
from dashboard.components.notice import Notice, show_notice
from dashboard.session import client, told
from ledger.schemas import Verification

PARAMETER = "file"
_STATE = "verify.by_link"
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_WRONG = Notice(
    "This link names no file",
    "Expected ?file=sha256: and 64 hex digits at its end, found something else.",
    "Ask for the link again, or drop the file above.",
    "file",
    "warn",
)
_NOT_HERE = (
    "Answered from the digest in the link. The picture is not here: drop the file above to look at it, and to have the"
    " forgery detector examine it."
)


@dataclass(frozen=True)
class _Told:
    """The last answer to a link in this session; another digest or policy is asked about anew."""

    digest: str
    policy: str
    found: Verification


def show_by_link(digest: str, policy: str) -> None:
    """What the ledger says of the file with this digest; nothing was kept of the file.

    A link is asked about when it is opened, and again by the button: each question is noted as somebody's, so runs of
    the page in between ask none. Below the answer stands when it was given.
    """
    if not _DIGEST.fullmatch(digest):
        show_notice(_WRONG)
        return
    with told():
        found = _answer(digest, policy)
        if found.registration is None and found.verdict == "unregistered":
            show_notice(_unknown(digest))
            _offer_anew(found)
            return
        st.html(banner_markup(found, f"file {short(digest)}"))
        st.caption(_NOT_HERE)
        _offer_anew(found)
        left, right = st.columns([5, 7], gap="medium")
        if found.registration is not None:
            left.html(registration_markup(found.registration))
        said = statements_markup(found.registration.statements if found.registration else [])
        right.html(said + checks_markup(found.checks))


def forget_link() -> None:
    """The next link is asked about anew, be it the same."""
    st.session_state.pop(_STATE, None)


def _answer(digest: str, policy: str) -> Verification:
    last: _Told | None = st.session_state.get(_STATE)
    if last is not None and (last.digest, last.policy) == (digest, policy):
        return last.found
    forget_link()
    with st.spinner("Asking the ledger and the chain about this digest …"):
        found = client().verify_digests({"file/1": digest}, policy=policy)
    st.session_state[_STATE] = _Told(digest, policy, found)
    return found


def _offer_anew(found: Verification) -> None:
    asked = found.checked_at.astimezone(UTC)
    seconds = max(0, int((datetime.now(UTC) - asked).total_seconds()))
    ago = f", {seconds // 60} min ago" if seconds >= 60 else ""
    st.caption(f"Asked at {when(asked)}{ago}.")
    st.button("Ask again", key="verify.link.anew", icon=":material/refresh:", on_click=forget_link)


def _unknown(digest: str) -> Notice:
    return Notice(
        "Drop this file again",
        f"No registration has exactly this file ({short(digest)}). It may still be a copy of one, saved anew or"
        " changed: a digest cannot tell, and neither files nor verdicts are kept.",
        "Drop the same file above; then its pixels are compared as well.",
        "file",
    )
