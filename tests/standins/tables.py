"""The history's table as rows of plain words."""

from __future__ import annotations

import html
import re

_ROW, _CELL, _TAG = (re.compile(pattern, re.S) for pattern in (r"<tr.*?</tr>", r"<t[hd].*?</t[hd]>", r"<[^>]+>"))


def history_rows(markup: str) -> list[dict[str, str]]:
    """One dictionary an entry, by the head of its column; empty where there is no such table."""
    found = re.search(r'class="ms-scroll ms-entries".*?</table>', markup, re.S)
    if found is None:
        return []
    head, *rows = (_words(row) for row in _ROW.findall(found.group(0)))
    return [dict(zip(head, row, strict=True)) for row in rows]


def _words(row: str) -> list[str]:
    return [html.unescape(_TAG.sub("", cell)) for cell in _CELL.findall(row)]
