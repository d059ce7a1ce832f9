"""Which entries a file is about: the server computes its digests, and the history is asked for them, one by one.

It is a look-up and no verification: it takes the right to read the history and no other, and nobody notes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import streamlit as st

from dashboard.components.notice import Notice, show_notice
from dashboard.session import client, may, told
from ledger.errors import NotFound

_STATE = "history.file.found"
_LOOKING = "Sending the file, computing its digests and looking them up …"
_ORDER: Mapping[str, str] = {
    "file/1": "has exactly these bytes",
    "codestream/1": "has the same compressed picture in another wrapping",
    "pixel/1": "has the same samples in another file",
}
"""By which digests a file is looked up, and what it means when the first of them is found."""


@dataclass(frozen=True)
class Dropped:
    """Whether a file was dropped, and by which of its digests it was found; None when by none, which is said then.

    ``registration``: the only one that has this digest, so that what was said about it is shown as well.
    """

    asked: bool
    digest: str | None = None
    registration: str | None = None


@dataclass(frozen=True)
class _Looked:
    upload: str
    name: str = ""
    digest: str | None = None
    entries: list[str] = field(default_factory=list)
    tried: list[str] = field(default_factory=list)
    unreadable: str = ""


def asked_file() -> Dropped:
    """The digest by which the log knows the dropped file; looked up once for each upload."""
    upload = st.file_uploader(
        "Or drop a file: its digests are looked up, its name is not",
        key="history.file",
        help="The file is sent to your MedSeal server, which computes its digests and does not keep it. This is no"
        " verification, and none is noted.",
    )
    if upload is None:
        return Dropped(asked=False)
    known: _Looked | None = st.session_state.get(_STATE)
    if known is None or known.upload != upload.file_id:
        st.session_state.pop(_STATE, None)
        with told(), st.spinner(_LOOKING, show_time=True):
            st.session_state[_STATE] = _looked_up(upload.file_id, upload.getvalue())
        known = st.session_state.get(_STATE)
    if known is None:
        return Dropped(asked=True)
    show_notice(_notice(known))
    only = known.entries[0] if len(known.entries) == 1 else None
    return Dropped(asked=True, digest=known.digest, registration=only)


def _looked_up(upload: str, data: bytes) -> _Looked:
    found = client().examinations.digests(data)
    tried = [name for name in _ORDER if name in found.digests]
    for name in tried:
        entries = _in_the_log(found.digests[name])
        if entries:
            return _Looked(upload, name, found.digests[name], entries, tried, found.unreadable)
    return _Looked(upload, tried=tried, unreadable=found.unreadable)


def _in_the_log(digest: str) -> list[str]:
    """The newest entries that register an image with this digest, by id."""
    try:
        return [entry.id for entry in client().history(digest=digest, limit=2).entries]
    except NotFound:
        return []


def _notice(looked: _Looked) -> Notice:
    """What the file is to the log, and what that does not say."""
    if looked.digest is not None:
        many = " Several registrations do." if len(looked.entries) > 1 else ""
        return Notice(
            "The log has an entry about this file",
            f"A registered image {_ORDER[looked.name]} ({looked.name}).{many} Whether it still holds was not asked.",
            f"See its history below. {_verdict_words()} Remove the file to see the whole history again.",
            "check",
            "good",
        )
    read = f" It is no image that can be read ({looked.unreadable}), so its bytes alone." if looked.unreadable else ""
    return Notice(
        "No entry of the log is about this file",
        f"Looked up by {', '.join(looked.tried)}: none is in the log.{read}",
        "It may still be a copy of a registered image, saved anew or changed: a digest cannot tell."
        f" {_verdict_words()}",
        "magnifier",
    )


def _verdict_words() -> str:
    """Where a verdict comes from: a look-up is none."""
    if may("verify"):
        return "For a verdict, drop it on the page Verify."
    return "For a verdict it has to be verified, by somebody with the role reviewer or auditor."
