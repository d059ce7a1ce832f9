"""Which key verified what: notes that are added, and end after a while. They are the server's own word, in no log."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, or_, select

from ledger.core.operating import VerificationNote
from ledger.store.engine import Database
from ledger.store.models import VERIFICATION
from ledger.store.rows import insert_rows

MOST_NOTES = 1_000_000
_COLUMNS = [column for column in VERIFICATION.columns if column.name != "id"]


class Verified(Database):
    """:class:`ledger.ports_watch.VerificationNotes` on a database."""

    def note_verifications(self, notes: Sequence[VerificationNote], keep_since: datetime) -> None:
        """The notes are kept; those before ``keep_since`` and all but the newest :data:`MOST_NOTES` are gone."""
        with self.write() as connection:
            insert_rows(connection, VERIFICATION, [vars(note) for note in notes])
            newest = connection.execute(select(func.max(VERIFICATION.c.id))).scalar() or 0
            ended = or_(VERIFICATION.c.time < keep_since, VERIFICATION.c.id <= newest - MOST_NOTES)
            connection.execute(delete(VERIFICATION).where(ended))

    def verification_notes(self, registration: str, limit: int = 100) -> list[VerificationNote]:
        """The newest ``limit`` notes about a registration, newest first."""
        query = select(*_COLUMNS).where(VERIFICATION.c.registration == registration)
        with self.read() as connection:
            rows = connection.execute(query.order_by(VERIFICATION.c.id.desc()).limit(limit))
            return [VerificationNote(**row._mapping) for row in rows]
