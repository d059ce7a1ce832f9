"""What people give as text: registrars by name or id, digests, states."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ledger.core.model import Registrar, State
from ledger.errors import Conflict, InputError, InvalidDigest, NotFound

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


def digest_named(text: str) -> str:
    """``text`` itself when it has the form of a digest; InvalidDigest otherwise."""
    if not re.fullmatch(r"(sha256|pdq):[0-9a-f]{64}", text):
        raise InvalidDigest(f"expected a digest such as sha256:<64 hex digits>, found {text[:80]!r}")
    return text


def state_named(text: str) -> State:
    """The state of that name; InputError lists the names there are."""
    try:
        return State(text)
    except ValueError:
        expected = ", ".join(state.value for state in State)
        raise InputError(f"expected a state of {expected}, found {text[:40]!r}", code="invalid_state") from None
