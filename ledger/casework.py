"""Cases: a reviewer's files, notes, bookmarks and findings as events of the log, so that the trail cannot be edited.

Each event is one case entry, and its content with a salt of its own, written in one database transaction. Reading
believes the hashed bytes of entries alone: which events there are, in which order, and what each commits to. A content
that is not what its entry commits to is named and not shown; the log itself is held against the contract's head.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ledger.cached import CachedReads
from ledger.core.case import Case, CaseEntry, Trouble, follow
from ledger.core.casecontent import Content, Opened, commit_content, encode_content
from ledger.core.entry import CASE, SALT_BYTES
from ledger.core.model import CaseRecord, Draft, Registrar
from ledger.errors import Conflict, InvalidCase, NotFound, OutageError
from ledger.log import LogTrees
from ledger.ports import Clock, HistoryFilter, HistoryRow, RecordStore
from ledger.proving import not_the_anchored_log
from ledger.registration import draft_entry

_TRIES = 20
_MOVED = "case_moved"


@dataclass(frozen=True)
class ReadEvent:
    """One event: its entry, what was written and its salt if that holds, what does not, where the entry stands."""

    entry: CaseEntry
    content: Content | None
    salt: bytes | None
    trouble: Trouble | None
    row: HistoryRow | None = None


@dataclass(frozen=True)
class ReadCase:
    """A case with all its events. ``log_trouble``: how the records fall short of the contract's log, if they do;
    ``log_open``: why that could not be asked."""

    case: Case
    events: Sequence[ReadEvent]
    log_trouble: str | None
    log_open: str | None

    @property
    def intact(self) -> bool | None:
        """Whether everything holds; None while nothing speaks against it and the chain could not be asked."""
        if self.log_trouble or any(event.trouble for event in self.events):
            return False
        return None if self.log_open else True


@dataclass(frozen=True)
class CaseLine:
    """A case in a list, from its entries alone; ``opened`` is None when that content does not hold."""

    id: str
    status: str
    items: int
    events: int
    opened_at: datetime
    changed_at: datetime
    opened: Content | None


class Casework:
    """The cases in one registrar's log. Safe to use from many threads, and beside other processes on the same store."""

    def __init__(
        self, store: RecordStore, trees: LogTrees, registry: CachedReads, registrar: Registrar, clock: Clock
    ) -> None:
        self._store = store
        self._trees = trees
        self._registry = registry
        self._registrar = registrar
        self._clock = clock
        self._turn = threading.Lock()

    def open(self, content: Content, event_id: str | None = None) -> str:
        """A case with this opening is in the log; its id, which is the ``event_id`` if one is given.

        The same id with the same content again answers the case there is; with another one it is a Conflict.
        """
        if not isinstance(content.said, Opened):
            raise InvalidCase("expected the opening of a case, found another event")
        case_id = event_id or os.urandom(16).hex()
        return self._say(case_id, content, case_id)

    def append(self, case_id: str, content: Content, event_id: str | None = None) -> str:
        """The event is in the log, by this call or by an earlier one with the same ``event_id``; its entry's id.

        NotFound, CaseClosed or Conflict if it may not follow what the case has; nothing is written then.
        """
        if isinstance(content.said, Opened):
            raise Conflict("expected an event that follows an opening, found a second opening")
        return self._say(case_id, content, event_id or os.urandom(16).hex())

    def _say(self, case_id: str, content: Content, entry_id: str) -> str:
        with self._turn:
            for last in [False] * (_TRIES - 1) + [True]:
                if self._was_written(entry_id, case_id, content):
                    break
                try:
                    self._write(Case(case_id) if case_id == entry_id else self._follow(case_id)[0], content, entry_id)
                    break
                except Conflict as error:
                    # Another process was faster: what it wrote may forbid this event, so it is judged anew.
                    if error.code != _MOVED or last:
                        raise
        return entry_id

    def read(self, case_id: str) -> ReadCase:
        """The case with every event checked; NotFound if the log has none of this id."""
        case, read = self._follow(case_id)
        query = HistoryFilter(registration=case_id, kind=CASE, registrar=self._registrar.id, limit=len(read) + 1)
        rows = {row.entry.id: row for row in self._store.history(query)}
        events = [replace(event, row=rows.get(event.entry.entry.id)) for event in read]
        trouble, unasked = self._log()
        return ReadCase(case, events, trouble, unasked)

    def find(self, status: str | None, limit: int, offset: int) -> tuple[list[CaseLine], bool]:
        """A page of cases, the last changed first, and whether there are more; of one ``status`` if given."""
        known = self._trees.cases(self._registrar.id)
        recent = sorted(known.values(), key=lambda case: case[-1].entry.index, reverse=True)
        lines = [line for case in recent if status in (None, (line := _line(case)).status)]
        page = lines[offset : offset + limit]
        records = {record.id: record for record in self._store.case_records([line.id for line in page])}
        titled = [replace(line, opened=_opening(known[line.id][0], records.get(line.id))) for line in page]
        return titled, len(lines) > offset + limit

    def _follow(self, case_id: str) -> tuple[Case, list[ReadEvent]]:
        entries = self._trees.cases(self._registrar.id).get(case_id, ())
        if not entries:
            raise NotFound(
                f"expected a case of this log, found none with the id {case_id[:64]}",
                advice="List the cases (medseal case list) and copy the id from there.",
            )
        records = {record.id: record for record in self._store.case_records([one.entry.id for one in entries])}
        case, read = Case(case_id), []
        for one in entries:
            record = records.get(one.entry.id)
            content, trouble = follow(case, one, record)
            read.append(ReadEvent(one, content, record.salt if record and content else None, trouble))
        return case, read

    def _write(self, case: Case, content: Content, entry_id: str) -> None:
        sequence = case.size
        case.take(content.said.event, content.said)
        self._store.append(self._registrar.id, [self._draft(case.id, sequence, content, entry_id)])

    def _draft(self, case_id: str, sequence: int, content: Content, entry_id: str) -> Draft:
        salt, data = os.urandom(SALT_BYTES), encode_content(content)
        fields = {
            "case": case_id,
            "sequence": sequence,
            "event": content.said.event,
            "commitment": commit_content(salt, data),
        }
        draft = draft_entry(self._registrar.id, CASE, fields, self._clock, target=case_id, entry_id=entry_id)
        return replace(draft, said=CaseRecord(entry_id, case_id, sequence, salt, data))

    def _was_written(self, entry_id: str, case_id: str, content: Content) -> bool:
        """Whether this very event is in the log; Conflict if its id is another one's."""
        entry = self._store.entry(entry_id)
        if entry is None:
            return False
        records = self._store.case_records([entry_id])
        if records and records[0].case == case_id and records[0].content == encode_content(content):
            return True
        raise Conflict(
            "expected a new event id or the event that it stands for, found another one under it",
            advice="Give each event an id of its own, and the same id only to repeat the same event.",
        )

    def _log(self) -> tuple[str | None, str | None]:
        registrar = self._registrar.id
        try:
            return not_the_anchored_log(self._registry, registrar, self._trees.view(registrar)), None
        except OutageError as error:
            return None, str(error)


def _line(entries: Sequence[CaseEntry]) -> CaseLine:
    """A case told by what its entries say of themselves."""
    case = Case(entries[0].case)
    for one in entries:
        follow(case, one, None)
    times = entries[0].entry.time, entries[-1].entry.time
    return CaseLine(case.id, case.status, len(case.items), len(entries), *times, None)


def _opening(first: CaseEntry, record: CaseRecord | None) -> Content | None:
    """What the first entry of a case opened it with, if that holds."""
    return follow(Case(first.case), first, record)[0]
