"""Sources: what each sent, what became of it, and whether it has gone quiet. A source's name is the operator's."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, Self

from pydantic import Field, model_validator

from ledger.schemas.base import Identifier, Wire


class Source(Wire):
    """A source as of now. Counts are since it was first seen; `waiting` is how many are to be tried again."""

    name: str
    received: int
    registered: int
    waiting: int
    failed: int
    last_day: int = Field(description="Received in the last 24 hours")
    first_seen: datetime
    last_seen: datetime | None = None
    waiting_since: datetime | None = None
    waiting_seconds: float | None = Field(default=None, description="For how long the oldest has waited")
    unanchored: int = Field(default=0, description="Registered entries that no block holds yet")
    unanchored_since: datetime | None = Field(default=None, description="When the oldest of them was registered")
    unanchored_seconds: float | None = None
    reason: str | None = Field(default=None, description="The code of the last object that failed or had to wait")
    reason_at: datetime | None = None
    quiet: str | None = Field(default=None, description="In words, when a source that used to send has gone quiet")


class SourceCount(Wire):
    """What happened to `number` objects of a source. With `exact`, so many wait in all."""

    source: str = Field(min_length=1, max_length=64, examples=["CT-ROOM-2"])
    outcome: Literal["received", "registered", "waiting", "failed"]
    number: int = Field(default=1, ge=0, le=1_000_000_000)
    exact: bool = Field(default=False, description="With waiting alone")
    reason: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_.-]{1,60}$", description="A code, no text")
    entries: list[Identifier] = Field(
        default_factory=list, max_length=1000, description="With registered alone: the ids of the registrations"
    )

    @model_validator(mode="after")
    def _exact_waiting(self) -> Self:
        if self.entries and self.outcome != "registered":
            raise ValueError("expected entries with the outcome registered alone")
        if self.exact and self.outcome != "waiting":
            raise ValueError("expected exact with the outcome waiting alone")
        return self


class SourcesDone(Wire):
    """How many counts were taken, or sources forgotten."""

    done: int


class SourceCounts(Wire):
    """Up to 1,000 counts, in the order in which they happened."""

    counts: list[SourceCount] = Field(min_length=1, max_length=1000)
