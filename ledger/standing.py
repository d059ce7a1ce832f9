"""Whether a registration is in force: the fold of the statements made about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ledger.core.entry import decode_entry
from ledger.core.model import LogEntry, Standing

_STANDINGS: Mapping[str, Standing] = {
    "revoke": Standing.REVOKED,
    "supersede": Standing.SUPERSEDED,
    "dispute": Standing.DISPUTED,
}


@dataclass(frozen=True)
class StandingFact:
    """The standing and the statement that decides it (None while in force)."""

    standing: Standing
    statement: LogEntry | None = None
    fields: Mapping[str, Any] | None = None


def standing_of(statements: Sequence[LogEntry]) -> StandingFact:
    """Revoked outweighs superseded, which outweighs disputed; among equals the first statement counts."""
    for kind, standing in _STANDINGS.items():
        for statement in statements:
            if statement.kind == kind:
                return StandingFact(standing, statement, decode_entry(statement.body))
    return StandingFact(Standing.IN_FORCE)
