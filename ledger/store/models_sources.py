"""The tables of the sources, beside those of :mod:`ledger.store.models`."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from sqlalchemy import BigInteger, Table
from sqlmodel import Field

from ledger.store.models import Base, Moment


class SourceRow(Base, table=True):
    """What a source sent, and what became of it; the name is the operator's."""

    __tablename__ = "source"
    name: str = Field(primary_key=True)
    received: int = Field(sa_type=BigInteger)
    registered: int = Field(sa_type=BigInteger)
    failed: int = Field(sa_type=BigInteger)
    waiting: int = Field(sa_type=BigInteger)
    waiting_since: datetime | None = Field(sa_type=Moment)
    first_seen: datetime = Field(sa_type=Moment)
    last_seen: datetime | None = Field(sa_type=Moment)
    reason: str | None
    reason_at: datetime | None = Field(sa_type=Moment)


class SourceHourRow(Base, table=True):
    """How much of a source arrived in an hour; hours without anything have no row."""

    __tablename__ = "source_hour"
    source: str = Field(primary_key=True)
    hour: datetime = Field(primary_key=True, sa_type=Moment, sa_column_kwargs={"autoincrement": False})
    received: int = Field(sa_type=BigInteger)


class SourceEntryRow(Base, table=True):
    """From which source an entry came, until a block holds it."""

    __tablename__ = "source_entry"
    id: str = Field(primary_key=True)
    source: str


SOURCE = cast(Table, SourceRow.__table__)  # type: ignore[attr-defined]
SOURCE_HOUR = cast(Table, SourceHourRow.__table__)  # type: ignore[attr-defined]
SOURCE_ENTRY = cast(Table, SourceEntryRow.__table__)  # type: ignore[attr-defined]
