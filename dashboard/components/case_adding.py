"""Adding files to a case: each is verified, and the verdict's summary is kept with the item."""

from __future__ import annotations

import hashlib

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from dashboard.components.case_writing import ask_author, key, remember, written
from dashboard.components.markup import plain, text
from dashboard.components.notice import Notice, notice_markup
from dashboard.session import client, explain
from dashboard.words import POLICIES
from ledger.errors import InputError, LedgerError
from ledger.schemas import Case, ItemAddition, VerificationSummary

_REFUSED = "case.refused"
_NO_IMAGE = ("unreadable_image", "unsupported_image", "empty_file")


def add_files(case: Case) -> None:
    """Ask for files, verify and add them one by one with a progress bar; what failed is said under the form."""
    uploads = st.file_uploader("DICOM, PNG, JPEG or TIFF; one or several", accept_multiple_files=True, key=key("files"))
    st.caption("Each file is verified, and the item keeps its digest, its name and the verdict. The file is not kept.")
    policy = st.segmented_control("Policy", list(POLICIES), default="clinical", required=True, key="case.policy")
    author = ask_author("add")
    label = f"Verify and add {len(uploads)} files" if len(uploads) > 1 else "Verify and add"
    if st.button(label, type="primary", disabled=not uploads, icon=":material/add:"):
        remember(author)
        refused = _add_all(case, uploads, policy, author)
        st.session_state[_REFUSED] = refused
        added = len(uploads) - len(refused)
        written(f"{added} item{'' if added == 1 else 's'} added." if added else "")
        st.rerun()
    for name, notice in st.session_state.pop(_REFUSED, []):
        st.html(f'<h3 class="ms-file">{text(name)}</h3>{notice_markup(notice)}')


def _add_all(case: Case, uploads: list[UploadedFile], policy: str, author: str) -> list[tuple[str, Notice]]:
    bar = st.progress(0.0, text="Starting …")
    refused: list[tuple[str, Notice]] = []
    for done, upload in enumerate(uploads):
        bar.progress(done / len(uploads), text=f"Verifying {plain(upload.name)} ({done + 1} of {len(uploads)}) …")
        try:
            add_file(case.id, upload.name, upload.getvalue(), policy, author)
        except LedgerError as error:
            refused.append((upload.name, explain(error)))
    bar.empty()
    return refused


def add_file(case_id: str, name: str, data: bytes, policy: str, author: str) -> None:
    """The file is an item of the case, with its verification unless it is no image that can be read."""
    digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
    try:
        summary = VerificationSummary.of(client().verify(data, policy=policy))
    except InputError as error:
        if error.code not in _NO_IMAGE:
            raise
        summary = None
    addition = ItemAddition(name=name[:300], file=digest, verification=summary, author=author or None)
    client().cases.append(case_id, addition)
