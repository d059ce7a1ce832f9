"""The report as PDF: the same report and pictures give the same bytes, with the same versions of reportlab and zlib."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from threading import Lock
from typing import Any

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import SimpleDocTemplate

from ledger.export import pdf_sections as sections
from ledger.export.model import Report, dump, report_id
from ledger.export.pdf_structure import structure
from ledger.export.pdf_style import LINE, PLAIN, SOFT, drawable

_MARGIN = 20 * mm
_PADDING = 6
"""Points that reportlab leaves free inside a page's frame."""
_ONE_AT_A_TIME = Lock()
"""reportlab keeps fonts and parsers for the whole process."""


def pdf_of(report: Report, pictures: Mapping[str, bytes]) -> bytes:
    """The PDF of a report, A4. Of ``pictures`` (PNG by name) those with a caption are drawn."""
    identity = report_id(dump(report))
    file = BytesIO()
    with _ONE_AT_A_TIME:
        pages = lambda *args, **options: _Pages(identity, *args, **options)  # noqa: E731
        _empty(file, identity).build(_story(report, identity, pictures), canvasmaker=pages)
    return file.getvalue()


def _empty(file: BytesIO, identity: str) -> SimpleDocTemplate:
    return SimpleDocTemplate(
        file,
        pagesize=A4,
        invariant=1,
        leftMargin=_MARGIN - _PADDING,
        rightMargin=_MARGIN - _PADDING,
        topMargin=22 * mm,
        bottomMargin=20 * mm,
        title="MedSeal examination report",
        author="MedSeal",
        subject=identity,
        lang="en",
    )


def _story(report: Report, identity: str, pictures: Mapping[str, bytes]) -> list[Any]:
    return [
        *sections.front(report, identity),
        *sections.item(report, pictures),
        *sections.registration(report),
        *sections.examined(report),
        *structure(report),
        *sections.found(report),
        *sections.error_rates(report),
        *sections.closing(report),
        *sections.annex(report),
    ]


class _Pages(Canvas):  # type: ignore[misc]  # reportlab has no types
    """Draws head and foot of every page at the end, when the number of pages is known."""

    def __init__(self, identity: str, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._identity = identity
        self._kept: list[dict[str, Any]] = []

    def showPage(self) -> None:
        """The page is kept for later."""
        self._kept.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        """All pages are written."""
        for number, page in enumerate(self._kept, 1):
            self.__dict__.update(page)
            self._furniture(number, len(self._kept))
            super().showPage()
        super().save()

    def _furniture(self, number: int, count: int) -> None:
        width, height = A4
        self.setFont(PLAIN, 6.5)
        self.setFillColor(SOFT)
        self.setStrokeColor(LINE)
        self.setLineWidth(0.4)
        self.line(_MARGIN, height - 16 * mm, width - _MARGIN, height - 16 * mm)
        self.line(_MARGIN, 15 * mm, width - _MARGIN, 15 * mm)
        self.drawString(_MARGIN, height - 14 * mm, "MedSeal  ·  Examination report")
        self.drawString(_MARGIN, 11 * mm, drawable(f"Report {self._identity}"))
        self.drawRightString(width - _MARGIN, 11 * mm, f"Page {number} of {count}")
