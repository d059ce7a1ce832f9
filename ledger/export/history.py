"""All entries of a history, page by page, as a file: CSV, JSON lines or a FHIR Bundle."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

from ledger.errors import InputError
from ledger.export.fhir import bundle
from ledger.export.tables import csv_lines, json_lines
from ledger.schemas import History, HistoryEntry
from ledger.schemas.reports import HistoryFormat

PAGE = 1000
_TICK = timedelta(milliseconds=1)
"""The resolution of an entry's time."""


class Pages(Protocol):
    """Who answers one page of history."""

    def history(
        self,
        *,
        digest: str | None = None,
        registration: str | None = None,
        registrar: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        kind: str | None = None,
        state: str | None = None,
        limit: int = 100,
        offset: int = 0,
    ) -> History:
        """See :meth:`ledger.gateway.Gateway.history`."""


Write = Callable[[Iterable[HistoryEntry]], Iterator[bytes]]
FORMATS: Mapping[HistoryFormat, Write] = {
    "csv": csv_lines,
    "jsonl": json_lines,
    "fhir": lambda entries: bundle(entries, "R4"),
    "fhir-r5": lambda entries: bundle(entries, "R5"),
}
MEDIA_TYPES: Mapping[HistoryFormat, str] = {
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/jsonl",
    "fhir": "application/fhir+json; fhirVersion=4.0",
    "fhir-r5": "application/fhir+json; fhirVersion=5.0",
}
SUFFIXES: Mapping[str, HistoryFormat] = {
    ".fhir-r5.json": "fhir-r5",
    ".fhir.json": "fhir",
    ".jsonl": "jsonl",
    ".csv": "csv",
}
"""By the end of a file's name."""


def export(
    ledger: Pages,
    format: HistoryFormat,  # noqa: A002
    filters: Mapping[str, Any],
    seen: Callable[[int], None] = lambda _count: None,
) -> Iterator[bytes]:
    """The file in pieces; the first page is asked for at once, so that a filter that is wrong raises here.

    ``filters`` are the arguments of :meth:`Pages.history` but ``limit`` and ``offset``.
    ``seen`` is told how many entries were written so far. An outage on the way raises: a file that was begun is then
    not a whole one.
    """
    if format not in FORMATS:
        raise InputError(f"expected a format of {', '.join(FORMATS)}, found {format[:20]!r}", code="unknown_format")
    return FORMATS[format](_entries(ledger, ledger.history(**filters, limit=PAGE), filters, seen))


def _entries(
    ledger: Pages,
    page: History,
    filters: Mapping[str, Any],
    seen: Callable[[int], None],
) -> Iterator[HistoryEntry]:
    """Each entry once, newest first. What is added after the first page has no place in it: times are cut off after
    the newest entry, and what a page repeats of the one before is left out."""
    if page.entries:
        newest, until = page.entries[0].time + _TICK, filters.get("until")
        filters = {**filters, "until": newest if until is None else min(until, newest)}
    count, offset, before = 0, 0, set[str]()
    while True:
        for entry in page.entries:
            if entry.id not in before:
                count += 1
                yield entry
        seen(count)
        if not page.more or not page.entries:
            return
        offset, before = offset + len(page.entries), {entry.id for entry in page.entries}
        page = ledger.history(**filters, limit=PAGE, offset=offset)
