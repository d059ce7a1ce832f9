"""What can be asked of and told about sources: the same in process (``service.sources``) and over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ledger.schemas.sources import Source, SourceCount


class SourcesGateway(Protocol):
    """Who sends images here, what became of them, and whether somebody has gone quiet."""

    def all(self) -> list[Source]:
        """Every source as of now, by name."""

    def add(self, counts: Sequence[SourceCount]) -> None:
        """The counts (at most 1,000) are kept within a second. They are a gauge: a crash loses that second's."""

    def forget(self, source: str) -> None:
        """The source is gone with its counts and its alarm; it comes back with its next count. NotFound."""
