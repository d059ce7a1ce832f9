"""Trust files: read back as written, and refused when they could mean two things."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ledger.core.trust import dump_trust, load_trust
from ledger.errors import InvalidTrust

VECTORS = Path(__file__).parents[2] / "vectors" / "receipts"
ANCHORED = (VECTORS / "anchored.json").read_bytes()
TRUST = (VECTORS / "trust.json").read_bytes()


def trusting(change: Callable[[dict[str, Any]], None]) -> bytes:
    value = json.loads(TRUST)
    change(value)
    return json.dumps(value).encode()


def test_a_trust_file_is_read_back_as_it_was_written() -> None:
    assert load_trust(dump_trust(load_trust(TRUST)).encode()) == load_trust(TRUST)


@pytest.mark.parametrize("twice", ["registrars", "blocks"])
def test_a_trust_file_that_says_a_thing_twice_is_refused(twice: str) -> None:
    doubled = trusting(lambda t: t[twice].append(t[twice][0]))
    with pytest.raises(InvalidTrust, match="found one twice"):
        load_trust(doubled)


def test_a_trust_file_that_gives_a_key_twice_is_refused() -> None:
    doubled = trusting(lambda t: t["registrars"][0]["keys"].append(t["registrars"][0]["keys"][0]))
    with pytest.raises(InvalidTrust, match="each key once"):
        load_trust(doubled)


@pytest.mark.parametrize("data", [b"", b"{}", b'{"type":"medseal/trust/2"}', ANCHORED])
def test_what_is_no_trust_file_is_refused_with_a_code(data: bytes) -> None:
    with pytest.raises(InvalidTrust) as caught:
        load_trust(data)
    assert caught.value.code == "invalid_trust"
