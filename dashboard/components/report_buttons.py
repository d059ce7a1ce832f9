"""The report on a verified image: made on request, then there to be taken along as PDF and as dossier."""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import streamlit as st

from dashboard.components.markup import plain
from dashboard.components.notice import show_notice
from dashboard.session import client, explain
from ledger.errors import LedgerError
from ledger.schemas import DEFAULT_QUESTION, ReportFile

_STATE, _WANTED = "report.made", "report.wanted"
_PDF = "report.pdf"
_Asked = tuple[str | None, str, str, bool, str | None, datetime]
"""Digest of the image, its name, the policy, whether the detector shall look, digest of an original beside, and when
the verification that stands on the page was made."""
_WORKING = "Verifying once more, collecting receipt and proofs, and writing the report …"


@dataclass(frozen=True)
class _Made:
    """A dossier and what it answers: the image, its name, the policy and what else was asked."""

    asked: _Asked
    file: ReportFile


def show_report_buttons(
    data: bytes,
    name: str,
    policy: str,
    checked_at: datetime,
    *,
    examine: bool = False,
    original: bytes | None = None,
) -> None:
    """A button that makes the report on ``data``; once it is made, buttons for the PDF and for the whole dossier.

    Nothing is made before the click. Both files come from one verification, so they say the same. A verification of
    another time than ``checked_at`` is offered no report that was made before it.
    """
    asked = (_digest(data), name, policy, examine, _digest(original), checked_at)
    known = st.session_state.get(_STATE)
    if known is None or known.asked != asked:
        # The click is remembered first: then the spinner stands where the button was, and nobody clicks twice.
        if st.session_state.get(_WANTED) != asked:
            _offer(asked)
            return
        known = _made(asked, data, original)
    if known is not None:
        _show(known.file, _short(asked))


def pdf_of(dossier: bytes) -> bytes:
    """The PDF inside a dossier."""
    with zipfile.ZipFile(io.BytesIO(dossier)) as parts:
        return parts.read(_PDF)


def _offer(asked: _Asked) -> None:
    st.button(
        "Make a report",
        icon=":material/assignment:",
        key=f"report.make.{_short(asked)}",
        help="A PDF for people and a dossier with all evidence, which can be checked without this server.",
        on_click=lambda: st.session_state.update({_WANTED: asked}),
    )


def _made(asked: _Asked, data: bytes, original: bytes | None) -> _Made | None:
    """The report, kept for the session; None when there is none, and the page says why."""
    _, name, policy, examine, _, _ = asked
    del st.session_state[_WANTED]
    options: dict[str, Any] = {"name": name, "policy": policy, "examine": examine, "original": original}
    try:
        with st.spinner(_WORKING):
            file = client().reports.make(data, format="dossier", question=DEFAULT_QUESTION, **options)
    except LedgerError as error:
        show_notice(explain(error))
        return None
    st.session_state[_STATE] = _Made(asked, file)
    return st.session_state[_STATE]  # type: ignore[no-any-return]


def _show(made: ReportFile, place: str) -> None:
    stem = f"medseal-report-{made.report[:12]}"
    said = f"Report {made.report[:16]}…, verdict {plain(made.verdict)}. Both files come from one verification."
    with st.container(horizontal=True, width="content", key=f"report.downloads.{place}"):
        st.download_button(
            "Report (PDF)",
            pdf_of(made.content),
            f"{stem}.pdf",
            "application/pdf",
            key=f"report.pdf.{place}",
            on_click="ignore",
            icon=":material/picture_as_pdf:",
            help=said,
        )
        st.download_button(
            "Dossier (ZIP)",
            made.content,
            f"{stem}.dossier.zip",
            "application/zip",
            key=f"report.zip.{place}",
            on_click="ignore",
            icon=":material/folder_zip:",
            help="The report with receipt, proofs and pictures: medseal report verify checks it offline.",
        )


def _short(asked: _Asked) -> str:
    """What tells the buttons of one question from those of another on the same page."""
    return hashlib.sha256(repr(asked).encode()).hexdigest()[:12]


def _digest(data: bytes | None) -> str | None:
    return None if data is None else hashlib.sha256(data).hexdigest()
