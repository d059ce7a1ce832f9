"""The part of the audit about cases: each event in its turn, and its content as its entry commits to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ledger.core.case import Case, CaseEntry, follow
from ledger.core.entry import CASE, decode_entry
from ledger.core.model import Difference, LogEntry
from ledger.errors import InvalidEntry
from ledger.ports import RecordStore

# As in a canonical entry; no text in it can look so, since a quote inside a string is escaped.
_OF_A_CASE = b'"kind":"' + CASE.encode() + b'"'


class CaseAudit:
    """The cases of one log, followed from its first entry on."""

    def __init__(self, store: RecordStore) -> None:
        self._store = store
        self._cases: dict[str, Case] = {}

    def check(self, entries: Sequence[LogEntry]) -> Iterator[Difference]:
        """What does not hold of the case entries among the next ``entries`` of the log.

        ``case_missing``: the content is gone, lost or erased; ``case_differs``: another content or salt than the
        entry commits to, or an event that may not follow those before it.
        """
        mine = [one for entry in entries if _OF_A_CASE in entry.body for one in _read(entry)]
        records = {record.id: record for record in self._store.case_records([one.entry.id for one in mine])}
        for one in mine:
            case = self._cases.setdefault(one.case, Case(one.case))
            _, trouble = follow(case, one, records.get(one.entry.id))
            if trouble is not None:
                code = "case_missing" if trouble.code == "content_missing" else "case_differs"
                expected, _, found = trouble.detail.removeprefix("expected ").partition(", found ")
                yield Difference(code, one.entry.registrar, expected, found, index=one.entry.index)


def _read(entry: LogEntry) -> Iterator[CaseEntry]:
    try:
        yield CaseEntry.of(entry, decode_entry(entry.body))
    except InvalidEntry:
        return  # named by the audit of the entry itself
