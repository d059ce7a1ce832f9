"""Which registration a file is about: the server computes its digests and looks; its name says nothing."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import streamlit as st

from dashboard.components.notice import Notice, show_notice
from dashboard.session import client, told
from dashboard.words import verdict_words
from ledger.schemas import Verification

_STATE = "history.file.found"
_LOOKING = "Sending the file, computing its digests and looking for its registration …"


@dataclass(frozen=True)
class _Found:
    upload: str
    sha256: str
    verification: Verification


def found_notice(found: Verification) -> Notice:
    """What the file is to the ledger: whose registration the history below shows, or that there is none."""
    words = verdict_words(found.verdict)
    if found.registration is None:
        if found.verdict == "undetermined":
            body = f"This could not be decided now: {found.reason}"
            return Notice("Not known whether the log has this file", body, "Try again later.", "hourglass", "open")
        return Notice(
            "No entry of the log is about this file",
            f"The server looked for its digests, its samples and its look-alikes. Verdict: {words.title.lower()}.",
            "Verify it to see why. A file that is not registered may be genuine all the same.",
            "magnifier",
        )
    same = "is about the registered original of this file" if found.change else "is about this file"
    return Notice(
        f"The history below {same}",
        f"Verdict: {words.title.lower()}. Registered as {found.registration.registration_id}.",
        "Remove the file to see the whole history again.",
        words.icon,
        words.tone,
    )


@dataclass(frozen=True)
class Dropped:
    """Whether a file was dropped, and what the server said of it; None when it gave no answer, which is said then."""

    asked: bool
    verification: Verification | None = None


def asked_file() -> Dropped:
    """The dropped file's verification, asked once for each upload."""
    upload = st.file_uploader(
        "Or drop a file: its digests are looked up, its name is not",
        key="history.file",
        help="The file is sent to your MedSeal server, which computes its digests and does not keep it.",
    )
    if upload is None:
        return Dropped(asked=False)
    data = upload.getvalue()
    known, digest = st.session_state.get(_STATE), hashlib.sha256(data).hexdigest()
    if known is None or (known.upload, known.sha256) != (upload.file_id, digest):
        known = None
        with told(), st.spinner(_LOOKING):
            known = _Found(upload.file_id, digest, client().verify(data))
            st.session_state[_STATE] = known
    if known is None:
        return Dropped(asked=True)
    show_notice(found_notice(known.verification))
    return Dropped(asked=True, verification=known.verification)
