"""The part of the client that speaks of sources: :class:`ledger.gateway_sources.SourcesGateway`."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import TypeAdapter

from ledger.client_operations import Ask
from ledger.schemas.sources import Source, SourceCount, SourceCounts, SourcesDone

_SOURCES = TypeAdapter(list[Source])
_DONE = TypeAdapter(SourcesDone)
_JSON = {"Content-Type": "application/json"}


class SourcesClient:
    """``client.sources``."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def all(self) -> list[Source]:
        """Every source as of now, by name."""
        return self._ask(_SOURCES, "GET", "/v1/sources")

    def add(self, counts: Sequence[SourceCount]) -> None:
        """The counts are kept; nothing is sent when there are none."""
        if counts:
            body = SourceCounts.model_construct(counts=list(counts)).model_dump_json()
            self._ask(_DONE, "POST", "/v1/sources/counts", content=body, headers=_JSON)

    def forget(self, source: str) -> None:
        """The source is gone with its counts and its alarm."""
        self._ask(_DONE, "DELETE", "/v1/sources", params={"name": source})
