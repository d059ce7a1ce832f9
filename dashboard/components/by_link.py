"""A link to a verification: the file's digest in the address, and the ledger's answer of now about it."""

from __future__ import annotations

import re

import streamlit as st

from dashboard.components.banner import banner_markup
from dashboard.components.checks import checks_markup
from dashboard.components.facts import registration_markup, statements_markup
from dashboard.components.markup import short
from dashboard.components.notice import Notice, show_notice
from dashboard.session import client, told

PARAMETER = "file"
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


def show_by_link(digest: str, policy: str) -> None:
    """What the ledger says now of the file with this digest; never an earlier answer. Nothing was kept of the file."""
    if not _DIGEST.fullmatch(digest):
        show_notice(_WRONG)
        return
    with told():
        with st.spinner("Asking the ledger and the chain about this digest …"):
            found = client().verify_digests({"file/1": digest}, policy=policy)
        if found.registration is None and found.verdict == "unregistered":
            show_notice(_unknown(digest))
            return
        st.html(banner_markup(found, f"file {short(digest)}"))
        st.caption(_NOT_HERE)
        left, right = st.columns([5, 7], gap="medium")
        if found.registration is not None:
            left.html(registration_markup(found.registration))
        said = statements_markup(found.registration.statements if found.registration else [])
        right.html(said + checks_markup(found.checks))


def _unknown(digest: str) -> Notice:
    return Notice(
        "Drop this file again",
        f"No registration has exactly this file ({short(digest)}). It may still be a copy of one, saved anew or"
        " changed: a digest cannot tell, and neither files nor verdicts are kept.",
        "Drop the same file above; then its pixels are compared as well.",
        "file",
    )
