"""``service.cases``: cases in process, between the wire types and :mod:`ledger.casework`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from ledger import schemas
from ledger.cached import CachedReads
from ledger.casework import CaseLine, Casework, ReadCase, ReadEvent
from ledger.core.case import Item
from ledger.core.casecontent import (
    Added,
    Bookmarked,
    Closed,
    Content,
    Judged,
    Noted,
    Opened,
    Reopened,
    Said,
    Summary,
    content_fields,
)
from ledger.core.entry import timestamp
from ledger.core.model import Batch, Registrar
from ledger.errors import InputError
from ledger.log import LogTrees
from ledger.ports import Clock, RecordStore

MOST_CASES = 500
_KINDS: Mapping[str, type[Said]] = {
    "add": Added,
    "note": Noted,
    "bookmark": Bookmarked,
    "status": Judged,
    "close": Closed,
    "reopen": Reopened,
}


class Cases:
    """A ledger's cases. ``by`` is whom a server recognised, ``by_id`` their id (``key:…`` or ``person:…``); every
    answer is the case as it now stands."""

    def __init__(self, work: Casework, registrar: str) -> None:
        self._work = work
        self._registrar = registrar

    def open(self, opening: schemas.CaseOpening, *, by: str | None = None, by_id: str | None = None) -> schemas.Case:
        """See :meth:`ledger.gateway.CaseGateway.open`."""
        said = Opened(opening.title, opening.question)
        return self.get(self._work.open(Content(said, opening.author, by, by_id), opening.event_id))

    def append(
        self, case_id: str, action: schemas.CaseAction, *, by: str | None = None, by_id: str | None = None
    ) -> schemas.Case:
        """See :meth:`ledger.gateway.CaseGateway.append`."""
        self._work.append(case_id, Content(_said(action), action.author, by, by_id), action.event_id)
        return self.get(case_id)

    def get(self, case_id: str) -> schemas.Case:
        """See :meth:`ledger.gateway.CaseGateway.get`."""
        return _case(self._work.read(case_id), self._registrar)

    def find(self, *, status: str | None = None, limit: int = 100, offset: int = 0) -> schemas.CaseList:
        """See :meth:`ledger.gateway.CaseGateway.find`."""
        if not 1 <= limit <= MOST_CASES or offset < 0:
            raise InputError(f"expected a limit of 1 to {MOST_CASES} and an offset of 0 or more", code="invalid_page")
        lines, more = self._work.find(status, limit, offset)
        return schemas.CaseList(cases=[_line(line) for line in lines], limit=limit, offset=offset, more=more)


def cases_of(store: RecordStore, trees: LogTrees, registry: CachedReads, registrar: Registrar, clock: Clock) -> Cases:
    """The cases in the registrar's log."""
    return Cases(Casework(store, trees, registry, registrar, clock), registrar.id)


def _line(line: CaseLine) -> schemas.CaseLine:
    opened = line.opened
    return schemas.CaseLine(
        id=line.id,
        title=opened.said.title if opened and isinstance(opened.said, Opened) else None,
        status="open" if line.status == "open" else "closed",
        items=line.items,
        events=line.events,
        author=(opened.author or opened.by) if opened else None,
        opened_at=line.opened_at,
        changed_at=line.changed_at,
    )


def _said(action: schemas.CaseAction) -> Said:
    kind = _KINDS[action.event]
    values: dict[str, Any] = {one.name: getattr(action, one.name) for one in fields(kind)}
    if isinstance(action, schemas.ItemAddition) and action.verification is not None:
        told = dict(action.verification)
        values["verification"] = Summary(**told | {"checked_at": timestamp(action.verification.checked_at)})
    return kind(**values)


def _case(read: ReadCase, registrar: str) -> schemas.Case:
    case, first, last = read.case, read.events[0].entry, read.events[-1].entry
    return schemas.Case(
        id=case.id,
        registrar=registrar,
        title=case.opened.title if case.opened else None,
        question=case.opened.question if case.opened else None,
        status="open" if case.status == "open" else "closed",
        intact=read.intact,
        log_trouble=read.log_trouble,
        log_open=read.log_open,
        opened_at=first.entry.time,
        changed_at=last.entry.time,
        items=[_item(item) for item in case.items.values()],
        events=[_event(event) for event in read.events],
    )


def _item(item: Item) -> schemas.CaseItem:
    added = item.added
    summary = added.verification if added else None
    return schemas.CaseItem.model_validate(
        {
            "number": item.number,
            "name": added.name if added else None,
            "file": added.file if added else None,
            "status": item.status,
            "reason": item.reason,
            "verification": vars(summary) if summary else None,
        }
    )


def _event(event: ReadEvent) -> schemas.CaseEvent:
    entry, content, row = event.entry.entry, event.content, event.row
    batch: Batch | None = row.batch if row else None
    trouble = event.trouble
    return schemas.CaseEvent(
        id=entry.id,
        sequence=event.entry.sequence,
        event=event.entry.event,
        time=entry.time,
        index=entry.index,
        state=row.state.value if row else None,
        block_number=batch.block_number if batch else None,
        author=content.author if content else None,
        by=content.by if content else None,
        by_id=content.by_id if content else None,
        content=content_fields(content.said) if content else None,
        entry=entry.body.decode(),
        salt=event.salt.hex() if event.salt else None,
        trouble=schemas.CaseTrouble.model_validate(vars(trouble)) if trouble else None,
    )
