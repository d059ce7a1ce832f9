"""The report on a verified image: one click makes it and takes it along, as PDF or as dossier; options fold out."""

from __future__ import annotations

import hashlib
import io
import threading
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import streamlit as st

from dashboard import access
from dashboard.components.markup import plain
from dashboard.components.notice import show_notice
from dashboard.session import client, explain
from ledger.errors import LedgerError
from ledger.schemas import DEFAULT_QUESTION, ReportFile
from ledger.schemas.reports import MOST_NAME, MOST_QUESTION, PROPOSITIONS

_STATE = "report.maker"
_PDF = "report.pdf"
_WORKING = "Verifying once more, collecting receipt and proofs, and writing the report …"


@dataclass(frozen=True)
class Asked:
    """What a report is asked about: digests of the image and of an original beside, and what it shall say.

    ``checked_at`` is when the verification on the page was made; after another one, no older report is given out.
    """

    image: str
    original: str | None
    policy: str
    examine: bool
    checked_at: datetime
    name: str
    author: str = ""
    question: str = DEFAULT_QUESTION
    picture: bool = True


@dataclass
class Maker:
    """Makes one report, once, whoever asks first: the download at the click, or the page that tells of it.

    So the PDF and the dossier come from one verification and say the same. Safe to share between threads.
    """

    asked: Asked
    make: Callable[[], ReportFile]
    made: ReportFile | None = None
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def file(self) -> ReportFile:
        """The dossier; a LedgerError when it cannot be made now, and the next call tries anew."""
        with self._turn:
            if self.made is None:
                self.made = self.make()
            return self.made

    def dossier(self) -> bytes:
        """The zip with all evidence."""
        return self.file().content

    def pdf(self) -> bytes:
        """The PDF out of the same zip."""
        return pdf_of(self.file().content)


def pdf_of(dossier: bytes) -> bytes:
    """The PDF inside a dossier."""
    with zipfile.ZipFile(io.BytesIO(dossier)) as parts:
        return parts.read(_PDF)


@st.fragment
def show_report_buttons(
    data: bytes,
    name: str,
    policy: str,
    checked_at: datetime,
    *,
    examine: bool = False,
    original: bytes | None = None,
) -> None:
    """Two downloads, each one click, and a fold-out with what the report shall say. Nothing is made before a click."""
    place = hashlib.sha256(f"{_digest(data)} {checked_at}".encode()).hexdigest()[:12]
    with st.container(horizontal=True, width="content", key=f"report.{place}"):
        buttons = st.container(horizontal=True, width="content", key=f"report.downloads.{place}")
        asked = _ask(Asked(_digest(data) or "", _digest(original), policy, examine, checked_at, name), place)
    maker = _maker(asked, data, original)
    with buttons:
        clicked = _downloads(maker, place)
    if clicked:
        _tell(maker)


def _ask(asked: Asked, place: str) -> Asked:
    """With what the reader wants it to say."""
    with st.popover("Options", icon=":material/tune:", type="tertiary"):
        question = st.text_area(
            "Question that the report answers",
            DEFAULT_QUESTION,
            max_chars=MOST_QUESTION,
            key=f"report.question.{place}",
        )
        numbered = "\n".join(f"{at}. {plain(said)}" for at, said in enumerate(PROPOSITIONS, 1))
        st.caption(f"The opinion weighs these two propositions, which are the same in every report:\n\n{numbered}")
        name = st.text_input("Name of the item", asked.name, max_chars=MOST_NAME, key=f"report.name.{place}")
        author = st.text_input("Your name, as the one who asked", max_chars=MOST_NAME, key=f"report.author.{place}")
        picture = st.toggle("Enclose pictures of the item", value=True, key=f"report.picture.{place}")
    fields: dict[str, Any] = {**vars(asked), "name": name.strip(), "author": author.strip(), "picture": picture}
    return Asked(**(fields | {"question": question.strip() or DEFAULT_QUESTION}))


def _maker(asked: Asked, data: bytes, original: bytes | None) -> Maker:
    """The one of this very question, kept for the session; of one question at a time."""
    known: Maker | None = st.session_state.get(_STATE)
    if known is None or known.asked != asked:
        ledger = client()
        options: dict[str, Any] = {
            name: getattr(asked, name) for name in ("name", "author", "question", "policy", "examine", "picture")
        }
        known = Maker(asked, lambda: ledger.reports.make(data, format="dossier", original=original, **options))
        st.session_state[_STATE] = known
    return known


def _downloads(maker: Maker, place: str) -> bool:
    """The two buttons; whether one was clicked just now."""
    stem = f"medseal-report-{maker.asked.image[:12]}"
    pdf = st.download_button(
        "Report (PDF)",
        maker.pdf,
        f"{stem}.pdf",
        "application/pdf",
        key=f"report.pdf.{place}",
        icon=":material/picture_as_pdf:",
        help="For people: question, findings, opinion, error rates, limits. Made at the click.",
    )
    dossier = st.download_button(
        "Dossier (ZIP)",
        maker.dossier,
        f"{stem}.dossier.zip",
        "application/zip",
        key=f"report.zip.{place}",
        icon=":material/folder_zip:",
        help="The report with receipt, proofs and pictures: medseal report verify checks it offline.",
    )
    return pdf or dossier


def _tell(maker: Maker) -> None:
    """What happens while the browser waits for its file, and what came of it."""
    try:
        with st.spinner(_WORKING, show_time=True):
            made = maker.file()
    except LedgerError as error:
        access.heed(error)
        show_notice(explain(error))
        return
    said = f"Report {made.report[:16]}…, verdict {plain(made.verdict)}. PDF and dossier come from one verification."
    st.caption(said)


def _digest(data: bytes | None) -> str | None:
    return None if data is None else hashlib.sha256(data).hexdigest()
