"""Registrars by the name or the id that people give."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ledger.core.model import Registrar
from ledger.errors import Conflict, NotFound

REGISTRAR_ID = re.compile(r"[0-9a-f]{64}")


def registrar_named(known: Sequence[Registrar], wanted: str) -> str:
    """The id of the one registrar that is called ``wanted`` or has it as its id; NotFound, or Conflict for several."""
    found = [one.id for one in known if wanted in (one.id, one.name)]
    if not found:
        raise NotFound(
            f"expected the name or the id of a registrar of this ledger, found {wanted[:80]!r}",
            advice="medseal registrars lists them.",
        )
    if len(found) > 1:
        raise Conflict(f"{len(found)} registrars are called {wanted[:80]!r}", advice="Give the id instead of the name.")
    return found[0]
