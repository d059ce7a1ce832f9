"""How the report looks: the fonts that come with reportlab, few colours, and text that no character falls out of."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import reportlab
from reportlab.lib.colors import HexColor
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Paragraph

from ledger.export.model import INCONCLUSIVE, NO_TRACE, SUPPORT

INK, SOFT, LINE, PALE = HexColor("#1c2733"), HexColor("#5b6875"), HexColor("#cfd6dd"), HexColor("#f3f5f7")
TONES = {SUPPORT: HexColor("#8f2d3a"), INCONCLUSIVE: HexColor("#7d6216"), NO_TRACE: HexColor("#23614f")}
STATUSES = {
    "passed": HexColor("#23614f"),
    "failed": HexColor("#8f2d3a"),
    "undetermined": HexColor("#7d6216"),
    "skipped": SOFT,
}
PLAIN, BOLD, ITALIC = "Vera", "VeraBd", "VeraIt"
_FONTS = Path(reportlab.__file__).parent / "fonts"
_LONGEST = 6000
"""Characters of one text that are drawn; the rest stands in report.json, and the text says so."""


@cache
def _glyphs() -> frozenset[int]:
    """The characters that the fonts can draw. Registers them with reportlab."""
    fonts = [TTFont(name, str(_FONTS / f"{name}.ttf")) for name in (PLAIN, BOLD, ITALIC)]
    for font in fonts:
        pdfmetrics.registerFont(font)
    pdfmetrics.registerFontFamily(PLAIN, PLAIN, BOLD, ITALIC, BOLD)
    return frozenset(set.intersection(*(set(font.face.charToGlyph) for font in fonts)))


def drawable(text: object) -> str:
    """``text`` with what the fonts lack, and what is nothing to look at, as ``[U+0416]``: no character vanishes."""
    glyphs, said = _glyphs(), str(text)
    if len(said) > _LONGEST:
        said = f"{said[:_LONGEST]} … (shortened here; whole in report.json)"
    return "".join(c if c == "\n" or (c.isprintable() and ord(c) in glyphs) else f"[U+{ord(c):04X}]" for c in said)


def marked_up(text: object) -> str:
    """``text`` for a Paragraph: markup in it is text."""
    return escape(drawable(text)).replace("\n", "<br/>")


@cache
def style(kind: str) -> ParagraphStyle:
    """The style of that name: title, section, part, body, bullet, small, cell, label, head, or verdict."""
    _glyphs()
    sizes: dict[str, dict[str, Any]] = {
        "title": {"fontName": BOLD, "fontSize": 19, "leading": 24, "spaceAfter": 2},
        "section": {"fontName": BOLD, "fontSize": 11.5, "leading": 15, "spaceBefore": 13, "spaceAfter": 5},
        "part": {"fontName": BOLD, "fontSize": 8.5, "leading": 11.5, "spaceBefore": 7, "spaceAfter": 3},
        "body": {"fontSize": 8.5, "leading": 12.5, "spaceAfter": 4},
        "bullet": {"fontSize": 8.5, "leading": 12.5, "spaceAfter": 3, "leftIndent": 10, "bulletFontName": PLAIN},
        "small": {"fontSize": 7, "leading": 9.5, "textColor": SOFT, "spaceBefore": 3, "spaceAfter": 3},
        "cell": {"fontSize": 7.5, "leading": 10.5},
        "label": {"fontSize": 7.5, "leading": 10.5, "textColor": SOFT},
        "head": {"fontName": BOLD, "fontSize": 7, "leading": 9.5, "textColor": SOFT},
        "verdict": {"fontName": BOLD, "fontSize": 14, "leading": 18},
    }
    given = {"fontName": PLAIN, "textColor": INK, "splitLongWords": 1, **sizes[kind]}
    return ParagraphStyle(kind, **given)


def words(text: object, kind: str = "body") -> Paragraph:
    """A paragraph of plain text."""
    return Paragraph(marked_up(text), style(kind))


def tinted(text: object, colour: HexColor, kind: str = "cell", *, after: str = "") -> Paragraph:
    """A paragraph of plain text in bold and in ``colour``, and plain text ``after`` it."""
    said = f'<font color="#{colour.hexval()[2:]}"><b>{marked_up(text)}</b></font>'
    return Paragraph(said + marked_up(after), style(kind))
