"""What reviewers wrote into cases: stored with the log entry that commits to it, read back by that entry's id."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, Row, select

from ledger.core.model import CaseRecord, Draft
from ledger.errors import Conflict
from ledger.store.engine import Database
from ledger.store.models import CASE
from ledger.store.rows import chunks, insert_rows

MOVED = "case_moved"


def must_be_next(connection: Connection, drafts: Sequence[Draft]) -> None:
    """Return if no draft says what another writer has said at the same place of its case; Conflict ``case_moved``."""
    for said in (draft.said for draft in drafts if draft.said is not None):
        taken = select(CASE.c.id).where(CASE.c.case_id == said.case, CASE.c.sequence == said.sequence)
        if connection.execute(taken).first() is not None:
            raise Conflict(
                f"expected event {said.sequence} of case {said.case} to be the next one, found it taken",
                code=MOVED,
                advice="Somebody else wrote into the case meanwhile: read it again, then repeat the step.",
            )


def insert_said(connection: Connection, drafts: Sequence[Draft]) -> None:
    """Keep what is behind the case entries among ``drafts``, whose entries are there already."""
    said = [draft.said for draft in drafts if draft.said is not None]
    rows = [{"id": s.id, "case_id": s.case, "sequence": s.sequence, "salt": s.salt, "content": s.content} for s in said]
    insert_rows(connection, CASE, rows)


class CaseFiles(Database):
    """The part of :class:`ledger.ports.RecordStore` about cases."""

    def case_records(self, ids: Sequence[str]) -> list[CaseRecord]:
        """What stands behind those of the entries ``ids`` that have something; in no order."""
        found: list[CaseRecord] = []
        with self.read() as connection:
            for some in chunks(ids):
                found += map(_record, connection.execute(select(CASE).where(CASE.c.id.in_(some))))
        return found


def _record(row: Row[tuple[object, ...]]) -> CaseRecord:
    # SQLite keeps whatever was written into a column; text in the place of bytes is named by whoever reads it.
    return CaseRecord(row.id, row.case_id, row.sequence, _octets(row.salt), _octets(row.content))


def _octets(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()
