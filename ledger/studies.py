"""Closing a study, and asking whether a copy of it is whole.

Which registrations belong to a study the store knows by digests of UIDs; how many there were, and which, the log says
once the study was closed. Instances that come later are closed in by another entry; the newest counts.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal

from ledger.core.capture import StudyMember, StudyRecord
from ledger.core.entry import SALT_BYTES, STUDY_CLOSE, decode_entry
from ledger.core.model import LogEntry, State
from ledger.core.states import state_of
from ledger.core.study import closing, fits, one_an_instance, packed, unpacked
from ledger.errors import InvalidEntry, NotFound
from ledger.ports import Clock
from ledger.ports_capture import PlaceStore
from ledger.registration import draft_entry

Result = Literal["complete", "differs", "open", "unsound"]
LOOKED_BACK = timedelta(days=7)
"""A study that has been quiet for longer than this is closed by command only."""


@dataclass(frozen=True)
class Closed:
    """A study-close entry, how many instances it counts, and whether this call made it."""

    entry: LogEntry
    count: int
    root: str
    state: State
    created: bool = False


@dataclass(frozen=True)
class Missing:
    """A registration that the study has and the copy lacks; index None when its row is gone."""

    id: str
    member: StudyMember | None


@dataclass(frozen=True)
class StudyFinding:
    """What a copy of a study is: complete, or what it lacks and what does not belong to it.

    ``extra``: digests of instances that were never registered in this study; ``late``: registered after it was closed.
    ``open`` compares with what is registered so far, ``unsound`` says that the records do not fit the closing entry.
    """

    result: Result
    closed: Closed | None
    missing: tuple[Missing, ...]
    extra: tuple[str, ...]
    late: tuple[str, ...]


class Studies:
    """The studies of one registrar's log."""

    def __init__(self, store: PlaceStore, registrar: str, clock: Clock) -> None:
        self._store = store
        self._registrar = registrar
        self._clock = clock

    def close(self, study: str) -> Closed:
        """The study (its digest) is closed over all its instances as of now; an entry that says so already is
        answered as it is. NotFound when no registered object is of this study."""
        members = one_an_instance(self._store.study_members(self._registrar, study))
        if not members:
            raise _unknown()
        ids = packed([member.id for member in members])
        last = self._last(study)
        if last is not None and last[1].members == ids:
            return self._closed(*last)
        record = StudyRecord("", study, os.urandom(SALT_BYTES), ids)
        draft = draft_entry(self._registrar, STUDY_CLOSE, closing(record), self._clock)
        record = StudyRecord(draft.id, study, record.salt, ids)
        made = self._store.append(self._registrar, [replace(draft, study=record)])[0]
        if not made.created:  # somebody else closed it in the meantime
            record = self._store.study_records([made.entry.id])[0]
        return self._closed(made.entry, record, created=made.created)

    def close_quiet(self, seconds: int) -> list[Closed]:
        """Every study whose newest instance is older than ``seconds`` is closed; those that were closed just now."""
        now = self._clock()
        until = now - timedelta(seconds=seconds)
        quiet = self._store.quiet_studies(self._registrar, until - LOOKED_BACK, until)
        return [closed for closed in map(self.close, quiet) if closed.created]

    def verify(self, study: str, instances: Collection[str]) -> StudyFinding:
        """How a copy with these SOP instances (their digests) compares with the study as it was closed."""
        registered = self._store.study_members(self._registrar, study)
        if not registered:
            raise _unknown()
        last = self._last(study)
        by_id = {member.id: member for member in registered}
        ids = unpacked(last[1].members) if last else [member.id for member in one_an_instance(registered)]
        counted = {by_id[one].instance for one in ids if one in by_id}
        here = set(instances)
        missing = tuple(Missing(i, by_id.get(i)) for i in ids if i not in by_id or by_id[i].instance not in here)
        late = {member.instance for member in registered} - counted
        others = here - counted
        found = (missing, tuple(sorted(others - late)), tuple(sorted(others & late)))
        closed = self._closed(*last) if last else None
        return StudyFinding(self._result(last, found), closed, *found)

    def _result(self, last: tuple[LogEntry, StudyRecord] | None, found: tuple[Collection[object], ...]) -> Result:
        if last is None:
            return "open"
        try:
            sound = fits(decode_entry(last[0].body), last[1])
        except InvalidEntry:
            sound = False
        return "unsound" if not sound else "differs" if any(found) else "complete"

    def _last(self, study: str) -> tuple[LogEntry, StudyRecord] | None:
        closes = self._store.study_closes(self._registrar, study)
        return closes[-1] if closes else None

    def _closed(self, entry: LogEntry, record: StudyRecord, *, created: bool = False) -> Closed:
        fields = closing(record)
        state = state_of(self._store.batch_of(entry.registrar, entry.index))
        return Closed(entry, fields["count"], fields["root"], state, created)


def _unknown() -> NotFound:
    return NotFound(
        "expected a study with registered instances, found none of this Study Instance UID",
        advice="Register its instances first, by the listener or medseal register; then ask again.",
    )
