"""Tables of the report: they break across pages, within a row too, and repeat their heads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Paragraph, Table, TableStyle

from ledger.export.pdf_style import LINE, PALE, words

WIDTH = 170 * mm
"""Between the margins of an A4 page."""
_LABEL = 38 * mm
_MOST_LISTED = 6
_LONGEST = 400
"""Characters of one figure that are drawn."""

_RULES = [
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("LINEBELOW", (0, 0), (-1, -1), 0.4, LINE),
    ("LEFTPADDING", (0, 0), (-1, -1), 4),
    ("RIGHTPADDING", (0, 0), (-1, -1), 4),
    ("TOPPADDING", (0, 0), (-1, -1), 3),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 3.5),
]
Cell: TypeAlias = "Paragraph | str"


def facts(rows: Iterable[tuple[str, Cell]], label: float = _LABEL) -> Flowable:
    """Names and values, one a row."""
    cells = [[words(name, "label"), _cell(value)] for name, value in rows]
    return Table(cells, colWidths=[label, WIDTH - label], style=TableStyle(_RULES), splitInRow=1, hAlign="LEFT")


def grid(head: Sequence[str], rows: Iterable[Sequence[Cell]], widths: Sequence[float]) -> Flowable:
    """A table with a head, which stands on each of its pages; ``widths`` are shares of the page's."""
    cells = [[words(name, "head") for name in head], *([_cell(value) for value in row] for row in rows)]
    drawn = TableStyle([*_RULES, ("BACKGROUND", (0, 0), (-1, 0), PALE)])
    across = [share * WIDTH for share in widths]
    return Table(cells, colWidths=across, style=drawn, repeatRows=1, splitInRow=1, hAlign="LEFT")


def figures(values: Mapping[str, Any]) -> str:
    """Figures in one text, name by name; what is long is cut, and says so."""
    return "\n".join(f"{name.replace('_', ' ')}: {figure(value)}" for name, value in values.items())


def figure(value: Any) -> str:
    """One figure for people; numbers with five significant digits, lists with their first few."""
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "none"}[value]
    if isinstance(value, float):
        return f"{value:.5g}"
    if isinstance(value, Mapping):
        return _short(", ".join(f"{name} {figure(each)}" for name, each in value.items()))
    if isinstance(value, list | tuple):
        more = f"; and {len(value) - _MOST_LISTED} more in report.json" if len(value) > _MOST_LISTED else ""
        return _short("; ".join(figure(each) for each in value[:_MOST_LISTED])) + more
    return _short(str(value))


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} … (whole in report.json)"


def _cell(value: Cell) -> Paragraph:
    return words(value, "cell") if isinstance(value, str) else value
