"""Which registrations are of one SOP instance or one study, and the studies that were closed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, or_, select

from ledger.core.capture import StudyMember, StudyRecord
from ledger.core.model import Appended, Draft, LogEntry
from ledger.store.engine import Database
from ledger.store.models import ENTRY
from ledger.store.models_capture import PLACE, STUDY
from ledger.store.rows import ENTRY_COLUMNS, chunks, entry_of, insert_rows

_PLACED = select(PLACE.c.id).where(PLACE.c.id.in_(bindparam("some", expanding=True)))


def insert_places(connection: Connection, drafts: Sequence[Draft], answers: Sequence[Appended]) -> None:
    """Every registration that ``drafts`` made or repeated has its place, if the draft says one."""
    said = {
        answer.entry.id: draft.image.place
        for draft, answer in zip(drafts, answers, strict=True)
        if draft.image is not None and draft.image.place is not None
    }
    known: set[str] = set()
    for some in chunks([answer.entry.id for answer in answers if not answer.created and answer.entry.id in said]):
        known |= set(connection.execute(_PLACED, {"some": some}).scalars())
    rows = [{"id": key, **vars(place)} for key, place in said.items() if key not in known]
    insert_rows(connection, PLACE, rows)


_LAST_CLOSE = (
    select(*ENTRY_COLUMNS, STUDY.c.members)
    .join(STUDY, STUDY.c.id == ENTRY.c.id)
    .where(ENTRY.c.registrar == bindparam("registrar"), STUDY.c.study == bindparam("of"))
    .order_by(ENTRY.c.position.desc())
    .limit(1)
)


def already_closed(connection: Connection, registrar: str, drafts: Sequence[Draft]) -> dict[str, Appended]:
    """By the draft's id, the last close of its study where that says the same: of two who close at once, one does."""
    found = {}
    for draft in drafts:
        if draft.study is not None:
            row = connection.execute(_LAST_CLOSE, {"registrar": registrar, "of": draft.study.study}).one_or_none()
            if row is not None and row.members == draft.study.members:
                found[draft.id] = Appended(entry_of(row), None, created=False)
    return found


def insert_closes(connection: Connection, drafts: Sequence[Draft]) -> None:
    """What stands behind each study-close entry of ``drafts`` is kept."""
    insert_rows(connection, STUDY, [vars(draft.study) for draft in drafts if draft.study is not None])


class Places(Database):
    """:class:`ledger.ports_capture.PlaceStore` on a database."""

    def placed(self, instance: str) -> list[LogEntry]:
        """The entries that registered this SOP instance (its digest), oldest first."""
        query = select(*ENTRY_COLUMNS).join(PLACE, PLACE.c.id == ENTRY.c.id).where(PLACE.c.instance == instance)
        with self.read() as connection:
            return [entry_of(row) for row in connection.execute(query.order_by(ENTRY.c.time, ENTRY.c.position))]

    def study_members(self, registrar: str, study: str) -> list[StudyMember]:
        """The registrations of a study (its digest) in one log, in order of index."""
        columns = (ENTRY.c.id, PLACE.c.instance, ENTRY.c.position, ENTRY.c.time)
        query = select(*columns).join(PLACE, PLACE.c.id == ENTRY.c.id)
        query = query.where(ENTRY.c.registrar == registrar, PLACE.c.study == study).order_by(ENTRY.c.position)
        with self.read() as connection:
            return [StudyMember(*row) for row in connection.execute(query)]

    def study_closes(self, registrar: str, study: str) -> list[tuple[LogEntry, StudyRecord]]:
        """The study-close entries about a study (its digest) in one log, oldest first."""
        query = select(*ENTRY_COLUMNS, *STUDY.columns).join(STUDY, STUDY.c.id == ENTRY.c.id)
        query = query.where(ENTRY.c.registrar == registrar, STUDY.c.study == study).order_by(ENTRY.c.position)
        with self.read() as connection:
            rows = connection.execute(query).all()
        return [(entry_of(row), StudyRecord(*row[len(ENTRY_COLUMNS) :])) for row in rows]

    def study_records(self, ids: Sequence[str]) -> list[StudyRecord]:
        """What stands behind those of the entries ``ids`` that close a study."""
        with self.read() as connection:
            found = [connection.execute(select(STUDY).where(STUDY.c.id.in_(some))).all() for some in chunks(ids)]
        return [StudyRecord(*row) for rows in found for row in rows]

    def quiet_studies(self, registrar: str, since: datetime, until: datetime) -> list[str]:
        """The digests of studies whose newest registration is at least as new as ``since`` and older than ``until``,
        and which no entry has closed after it."""
        closed = (
            select(STUDY.c.study, func.max(ENTRY.c.position).label("at"))
            .join(ENTRY, ENTRY.c.id == STUDY.c.id)
            .where(ENTRY.c.registrar == registrar)
            .group_by(STUDY.c.study)
            .subquery()
        )
        newest = func.max(ENTRY.c.position)
        query = (
            select(PLACE.c.study)
            .join(ENTRY, ENTRY.c.id == PLACE.c.id)
            .outerjoin(closed, closed.c.study == PLACE.c.study)
            .where(ENTRY.c.registrar == registrar, PLACE.c.study.is_not(None), ENTRY.c.time >= since)
            .group_by(PLACE.c.study, closed.c.at)
            .having(func.max(ENTRY.c.time) < until, or_(closed.c.at.is_(None), closed.c.at < newest))
        )
        with self.read() as connection:
            return [study for study in connection.execute(query).scalars() if study]
