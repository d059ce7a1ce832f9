"""The part of the audit about closed studies: what stands behind each study-close entry is what it commits to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ledger.core.entry import STUDY_CLOSE, decode_entry
from ledger.core.model import Difference, LogEntry
from ledger.core.study import fits, unpacked
from ledger.errors import InvalidEntry
from ledger.ports_studies import StudyRecords

# As in a canonical entry; no text in it can look so, since a quote inside a string is escaped.
_CLOSES = b'"kind":"' + STUDY_CLOSE.encode() + b'"'


def audit_studies(store: StudyRecords, entries: Sequence[LogEntry]) -> Iterator[Difference]:
    """``study_missing``: a study-close entry among ``entries`` has no record. ``study_differs``: it has another one, or
    what it counts is no longer known to be of the study."""
    mine = [entry for entry in entries if _CLOSES in entry.body]
    records = {record.id: record for record in store.study_records([entry.id for entry in mine])}
    for entry in mine:
        record = records.get(entry.id)
        if record is None:
            yield Difference("study_missing", entry.registrar, "the study's record", "none", index=entry.index)
            continue
        try:
            sound = fits(decode_entry(entry.body), record)
        except InvalidEntry:
            continue  # named by the audit of the entry itself
        known = {member.id for member in store.study_members(entry.registrar, record.study)}
        if not sound or not known >= set(unpacked(record.members)):
            expected, found = "the study and the instances that the entry commits to", "others"
            yield Difference("study_differs", entry.registrar, expected, found, index=entry.index)
