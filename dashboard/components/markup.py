"""Small pieces of markup. Every value that comes from outside goes through :func:`text` before it is shown as HTML,
and through :func:`plain` before Streamlit reads it as Markdown."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Any


def text(value: object) -> str:
    """``value`` as HTML text: nothing in it is read as markup."""
    return escape(str(value), quote=True)


_MARKS = re.compile(r"([\\`*_\[\]()!:$~<>#&|])")
_FIRST_MARK = re.compile(r"^(\d*)([-+=.])")
_LATE = re.compile(r"(?<=:)(?=[a-z/])|(?<=@)|(?<=www)(?=\.)|(?<=-)(?=\\?[->])|(?<=<)(?=[-=])|(?<=[>~])(?==)", re.I)
_JOINER = "\u2060"


def plain(value: object) -> str:
    """``value`` for a label, caption, tooltip, progress text or message of Streamlit: nothing in it acts as Markdown.

    Shown is the same text in one line. Marks get a backslash. Addresses, ``:material/…:`` and arrows are looked for in
    what is left after that, so an invisible word joiner (U+2060) stands inside these.
    """
    line = _MARKS.sub(r"\\\1", " ".join(str(value).split()))
    return _LATE.sub(_JOINER, _FIRST_MARK.sub(r"\1\\\2", line))


def when(moment: datetime | None) -> str:
    """A time for people, in UTC and saying so; a dash when there is none."""
    if moment is None:
        return "–"
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def counted(count: int, noun: str, plural: str = "") -> str:
    """A number with its noun: ``1 entry``, ``1,200 entries``."""
    many = plural or (f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s")
    return f"{count:,} {noun if count == 1 else many}"


def short(value: str, *, head: int = 10, tail: int = 6) -> str:
    """The ends of a long identifier or hash, its prefix (``sha256:``) kept; short ones stay whole."""
    prefix, separator, body = value.rpartition(":")
    if len(body) <= head + tail + 1:
        return value
    return f"{prefix}{separator}{body[:head]}…{body[-tail:]}"


def code(value: str, *, whole: bool = False) -> str:
    """An identifier in fixed width, shortened with the whole as its tooltip unless ``whole``."""
    shown = value if whole else short(value)
    kind = "ms-code" if whole else "ms-code ms-short"
    return f'<code class="{kind}" title="{text(value)}">{text(shown)}</code>'


def chip(label: str, tone: str, title: str = "") -> str:
    """A word in a coloured pill; the word carries the meaning, the colour repeats it."""
    return f'<span class="ms-chip ms-{text(tone)}" title="{text(title)}">{text(label)}</span>'


def facts(rows: Iterable[tuple[str, str]]) -> str:
    """A list of label and ready markup pairs."""
    items = "".join(f"<div><dt>{text(label)}</dt><dd>{markup}</dd></div>" for label, markup in rows)
    return f'<dl class="ms-facts">{items}</dl>'


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A plain table that scrolls sideways on a narrow screen."""
    head = "".join(f"<th>{text(cell)}</th>" for cell in header)
    body = "".join("<tr>" + "".join(f"<td>{text(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return (
        f'<div class="ms-scroll"><table class="ms-table"><thead><tr>{head}</tr></thead><tbody>{body}</tbody>'
        "</table></div>"
    )


def figure(value: Any) -> str:
    """A figure of a check as text: times and numbers as they are, structures as compact JSON."""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, default=str)


def details(summary: str, markup: str, *, kind: str = "") -> str:
    """Something that opens on a click, with no script."""
    return f'<details class="ms-details {text(kind)}"><summary>{text(summary)}</summary>{markup}</details>'


def digests(values: Mapping[str, str]) -> str:
    """Digests by name, whole, so that they can be copied."""
    return facts((name, code(value, whole=True)) for name, value in sorted(values.items()))


def heading(title: str, line: str) -> str:
    """The head of a page: what it is for, in one sentence."""
    return f'<header class="ms-head"><h1>{text(title)}</h1><p>{text(line)}</p></header>'
