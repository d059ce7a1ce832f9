"""Fingerprints of images: written with their registration, read back opened."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import func, select

from ledger.core.model import CodeRow, ImageRecord, TraceRecord
from ledger.errors import TraceUnreadable
from ledger.ports import CODE_RECORD, TRACE_DAMAGED
from ledger.store.engine import Database
from ledger.store.models import ENTRY, TRACE
from ledger.store.sealing import TraceSeal

_PIECE = 4000
"""Rows of codes read at a time: about a megabyte."""


def trace_row(seal: TraceSeal, image: ImageRecord, trace: TraceRecord) -> dict[str, Any]:
    """The columns of the trace's table by name."""
    columns = {name: seal.seal(image.id, name, value) for name, value in (("codes", trace.codes), ("blob", trace.blob))}
    return {"id": image.id, "sealed": seal.active, **columns}


class Traces(Database):
    """The part of :class:`ledger.ports.RecordStore` about fingerprints."""

    def trace(self, registration_id: str) -> bytes | None:
        """The trace/1 blob of a registration, or None if it has none; see :meth:`RecordStore.trace`."""
        with self.read() as connection:
            query = select(TRACE.c.sealed, TRACE.c.blob).where(TRACE.c.id == registration_id)
            row = connection.execute(query).one_or_none()
        return None if row is None else self._opened(registration_id, "blob", row.sealed, row.blob)

    def codes(self, registrar: str, start: int = 0, stop: int | None = None) -> Iterable[CodeRow]:
        """The codes of the registrations in that span, read in pieces as the caller goes on.

        A damaged row comes with its damage in words; TraceUnreadable at the first that wants another key.
        """
        query = select(ENTRY.c.position, ENTRY.c.id, TRACE.c.sealed, TRACE.c.codes).join(
            TRACE, TRACE.c.id == ENTRY.c.id
        )
        query = query.where(ENTRY.c.registrar == registrar).order_by(ENTRY.c.position).limit(_PIECE)
        if stop is not None:
            query = query.where(ENTRY.c.position < stop)
        return self._codes(query, registrar, start)

    def _codes(self, query: Any, registrar: str, start: int) -> Iterator[CodeRow]:
        while True:
            with self.read() as connection:
                rows = connection.execute(query.where(ENTRY.c.position >= start)).all()
            for position, entry_id, sealed, codes in rows:
                yield self._code_row(registrar, position, entry_id, sealed, codes)
            if len(rows) < _PIECE:
                return
            start = rows[-1].position + 1

    def _code_row(self, registrar: str, position: int, entry_id: str, sealed: bool, codes: object) -> CodeRow:
        try:
            opened = self._opened(entry_id, "codes", sealed, codes)
        except TraceUnreadable as error:
            if error.code != TRACE_DAMAGED:
                raise
            return CodeRow(registrar, position, entry_id, b"", str(error))
        torn = not opened or len(opened) % CODE_RECORD  # a fingerprint without codes was never stored
        damage = f"expected codes of {CODE_RECORD} bytes each for {entry_id}, found {len(opened)} bytes" if torn else ""
        return CodeRow(registrar, position, entry_id, b"" if torn else opened, damage)

    def traces_kept(self) -> tuple[int, int]:
        """How many fingerprints are stored sealed, and how many plain."""
        with self.read() as connection:
            rows = connection.execute(select(TRACE.c.sealed, func.count()).group_by(TRACE.c.sealed))
            found: dict[bool, int] = {sealed: count for sealed, count in rows}  # noqa: C416 - rows are no tuples
        return found.get(True, 0), found.get(False, 0)

    def check_trace_key(self) -> None:
        """Return if the key opens a sealed fingerprint, or there is none; TraceUnreadable if it does not."""
        with self.read() as connection:
            row = connection.execute(select(TRACE.c.id, TRACE.c.codes).where(TRACE.c.sealed).limit(1)).one_or_none()
        if row is not None:
            self._opened(row.id, "codes", True, row.codes)

    def _opened(self, registration_id: str, column: str, sealed: bool, stored: object) -> bytes:
        # SQLite keeps whatever was written into a column; other types are named by an audit.
        if not isinstance(stored, bytes):
            kind = type(stored).__name__
            raise TraceUnreadable(
                f"expected bytes as the {column} of {registration_id}, found {kind}", code=TRACE_DAMAGED
            )
        return self.seal.open(registration_id, column, stored) if sealed else stored
