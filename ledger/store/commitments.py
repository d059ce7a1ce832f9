"""Requests for storage commitment, kept from the request to the report."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_, delete, select, update

from ledger.core.capture import CommitmentRequest
from ledger.store.engine import Database
from ledger.store.models_capture import COMMITMENT
from ledger.store.rows import insert_rows


class Commitments(Database):
    """:class:`ledger.ports_capture.CommitmentStore` on a database."""

    def save_commitment(self, request: CommitmentRequest) -> None:
        """The request is kept; it is due at once."""
        row = vars(request) | {"items": [list(item) for item in request.items]}
        with self.write() as connection:
            insert_rows(connection, COMMITMENT, [row])

    def commitments(self, due: datetime | None = None) -> list[CommitmentRequest]:
        """The requests that wait for their report, oldest first; with ``due`` those to be looked at by then."""
        query = select(COMMITMENT).order_by(COMMITMENT.c.asked_at)
        if due is not None:
            query = query.where(COMMITMENT.c.due_at <= due)
        with self.read() as connection:
            rows = [dict(row._mapping) for row in connection.execute(query)]
        return [CommitmentRequest(**row | {"items": tuple((one[0], one[1]) for one in row["items"])}) for row in rows]

    def take_commitment(self, request_id: str, due: datetime, until: datetime) -> bool:
        """Whether the request was due at ``due`` and is now due at ``until``: of several who ask, one is told so."""
        mine = and_(COMMITMENT.c.id == request_id, COMMITMENT.c.due_at == due)
        with self.write() as connection:
            return bool(connection.execute(update(COMMITMENT).where(mine).values(due_at=until)).rowcount)

    def postpone_commitment(self, request_id: str, due: datetime, attempts: int) -> None:
        """The request is to be looked at again at ``due``."""
        values = {"due_at": due, "attempts": attempts}
        with self.write() as connection:
            connection.execute(update(COMMITMENT).where(COMMITMENT.c.id == request_id).values(values))

    def end_commitment(self, request_id: str) -> None:
        """The request and the UIDs in it are gone."""
        with self.write() as connection:
            connection.execute(delete(COMMITMENT).where(COMMITMENT.c.id == request_id))
