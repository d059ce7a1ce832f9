"""What a path of capture tells of each object, for the counts by source."""

from __future__ import annotations

from typing import Literal, Protocol

Outcome = Literal["received", "registered", "waiting", "failed"]


class Counting(Protocol):
    """Counts objects by where they came from. Never raises: a count must not cost an image."""

    def count(self, source: str, outcome: Outcome, reason: str | None = None) -> None:
        """One object of ``source`` got this far; ``reason`` is the code of an error."""


class NotCounted:
    """Counts nothing."""

    def count(self, source: str, outcome: Outcome, reason: str | None = None) -> None:
        """Nothing happens."""
