"""The report on a verified image: made on request, then there to be taken along as PDF and as dossier."""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import dataclass

import streamlit as st

from dashboard.components.notice import show_notice
from dashboard.session import client, explain
from ledger.errors import LedgerError
from ledger.schemas import DEFAULT_QUESTION, ReportFile

_STATE = "report.made"
_PDF = "report.pdf"
_WORKING = "Verifying once more, collecting receipt and proofs, and writing the report …"


@dataclass(frozen=True)
class _Made:
    """A dossier and what it answers: the image, its name, the policy and what else was asked."""

    asked: tuple[object, ...]
    file: ReportFile


def show_report_buttons(
    data: bytes, name: str, policy: str, *, examine: bool = False, original: bytes | None = None
) -> None:
    """A button that makes the report on ``data``; once it is made, buttons for the PDF and for the whole dossier.

    Nothing is made before the click. Both files come from one verification, so they say the same.
    """
    asked = (_digest(data), name, policy, examine, _digest(original))
    known = st.session_state.get(_STATE)
    if known is None or known.asked != asked:
        _offer(asked, data, original)
        known = st.session_state.get(_STATE)
    if known is not None and known.asked == asked:
        _show(known.file)


def pdf_of(dossier: bytes) -> bytes:
    """The PDF inside a dossier."""
    with zipfile.ZipFile(io.BytesIO(dossier)) as parts:
        return parts.read(_PDF)


def _offer(asked: tuple[object, ...], data: bytes, original: bytes | None) -> None:
    _, name, policy, examine, _ = asked
    place = st.empty()
    if not place.button(
        "Make a report",
        icon=":material/assignment:",
        key="report.make",
        help="A PDF for people and a dossier with all evidence, which can be checked without this server.",
    ):
        return
    place.empty()
    try:
        with st.spinner(_WORKING):
            made = client().reports.make(
                data,
                format="dossier",
                name=str(name),
                question=DEFAULT_QUESTION,
                policy=str(policy),
                examine=bool(examine),
                original=original,
            )
    except LedgerError as error:
        show_notice(explain(error))
        return
    st.session_state[_STATE] = _Made(asked, made)


def _show(made: ReportFile) -> None:
    stem = f"medseal-report-{made.report[:12]}"
    with st.container(horizontal=True, key="report.downloads"):
        st.download_button(
            "Report (PDF)",
            pdf_of(made.content),
            f"{stem}.pdf",
            "application/pdf",
            key="report.pdf",
            on_click="ignore",
            icon=":material/picture_as_pdf:",
        )
        st.download_button(
            "Dossier (ZIP)",
            made.content,
            f"{stem}.dossier.zip",
            "application/zip",
            key="report.zip",
            on_click="ignore",
            icon=":material/folder_zip:",
        )
    st.caption(f"Report {made.report[:16]}…, verdict {made.verdict}. Both files come from one verification.")


def _digest(data: bytes | None) -> str | None:
    return None if data is None else hashlib.sha256(data).hexdigest()
