"""The tables of capture."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from sqlalchemy import JSON, Index, Table
from sqlmodel import Field

from ledger.store.models import Base, Moment


class PlaceRow(Base, table=True):
    """Which SOP instance and which study a registration belongs to, by their digests."""

    __tablename__ = "object_place"
    __table_args__ = (Index("object_place_instance", "instance"), Index("object_place_study", "study"))
    id: str = Field(primary_key=True, foreign_key="image.id")
    instance: str
    study: str | None


class StudyRow(Base, table=True):
    """What stands behind a study-close entry: the study's digest, the salt, and the registrations it counts."""

    __tablename__ = "study_close"
    __table_args__ = (Index("study_close_study", "study"),)
    id: str = Field(primary_key=True, foreign_key="log_entry.id")
    study: str
    salt: bytes
    members: bytes


class CommitmentRow(Base, table=True):
    """A request for storage commitment that was not answered yet; gone once its report was taken."""

    __tablename__ = "commitment_request"
    id: str = Field(primary_key=True)
    peer: str
    address: str
    transaction: str
    items: list[list[str]] = Field(sa_type=JSON)
    asked_at: datetime = Field(sa_type=Moment)
    due_at: datetime = Field(sa_type=Moment)
    attempts: int


PLACE = cast(Table, PlaceRow.__table__)  # type: ignore[attr-defined]
STUDY = cast(Table, StudyRow.__table__)  # type: ignore[attr-defined]
COMMITMENT = cast(Table, CommitmentRow.__table__)  # type: ignore[attr-defined]
