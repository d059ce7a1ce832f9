"""The part of the report on the file's structure: what rules found, and how many there were."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from reportlab.lib.units import mm
from reportlab.platypus import CondPageBreak, Flowable

from ledger.export.model import Report
from ledger.export.pdf_style import words
from ledger.export.pdf_tables import grid

_MOST = 20
_NO_VOTE = (
    "These rules look at how the file is made, not at its picture. They have no error rates, change no verdict and are"
    " no ground of the opinion."
)


def structure(report: Report) -> Iterator[Flowable]:
    """Each finding with what it can show and how it arises innocently; nothing where no rule was asked."""
    seen = report.structure
    if seen is None:
        return
    yield CondPageBreak(28 * mm)
    yield words("File structure (asked with examination 10)", "part")
    counts = Counter(rule["state"] for rule in seen["rules"])
    asked = f"{counts['found'] + counts['passed']} rules for files of this kind ({seen['kind'].upper()}) were asked"
    left = f"{counts['not-applicable']} did not apply, {counts['failed']} could not be asked"
    yield words(f"{asked}, {counts['found']} found something; {left}. {_NO_VOTE}", "small")
    if seen["findings"]:
        rows = [
            (f"{one['strength'].capitalize()}. {one['text']}", one["meaning"], f"{one['innocent']} {one['limits']}")
            for one in seen["findings"][:_MOST]
        ]
        yield grid(("Seen", "What this can show", "Innocent explanation, limits"), rows, (0.32, 0.32, 0.36))
    if len(seen["findings"]) > _MOST:
        yield words(f"{len(seen['findings']) - _MOST} more stand in report.json.", "small")
