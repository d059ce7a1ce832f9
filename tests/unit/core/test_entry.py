"""Entries and commitments."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from ledger.core import entry
from ledger.errors import InvalidEntry

SALT = bytes(range(32))
DIGESTS = {"file/1": "sha256:" + "ab" * 32, "pixel/1": "sha256:" + "cd" * 32}


def register(**changes: Any) -> dict[str, Any]:
    value: dict[str, Any] = {
        "version": entry.VERSION,
        "kind": "register",
        "id": "0" * 32,
        "registrar": "1" * 64,
        "time": "2026-11-22T12:00:00.000Z",
        "commitments": entry.commitments(SALT, DIGESTS),
    }
    return value | changes


def revoke(**changes: Any) -> dict[str, Any]:
    value = register(kind="revoke", target="2" * 32, reason="wrong patient", author="QA", nonce="3" * 32)
    del value["commitments"]
    return value | changes


def test_an_entry_is_read_back_as_it_was_written() -> None:
    for value in (register(), revoke()):
        assert entry.decode_entry(entry.encode_entry(value)) == value


def test_the_bytes_of_an_entry_do_not_depend_on_the_order_of_its_fields() -> None:
    assert entry.encode_entry(register()) == entry.encode_entry(dict(reversed(register().items())))


def test_a_register_entry_holds_no_digest_in_plain() -> None:
    text = entry.encode_entry(register()).decode()
    assert "ab" * 32 not in text
    assert "cd" * 32 not in text
    assert SALT.hex() not in text


def test_the_commitment_key_is_hkdf_of_the_salt() -> None:
    expected = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"pixel/1").derive(SALT)
    assert entry.commitment_key(SALT, "pixel/1") == expected


def test_a_commitment_opens_with_its_own_key_name_and_digest_alone() -> None:
    value = register()
    key = entry.commitment_key(SALT, "file/1")
    assert entry.opens(value, "file/1", key, DIGESTS["file/1"])
    assert not entry.opens(value, "pixel/1", key, DIGESTS["pixel/1"])
    assert not entry.opens(value, "file/1", key, DIGESTS["pixel/1"])
    assert not entry.opens(value, "file/1", bytes(32), DIGESTS["file/1"])
    assert not entry.opens(value, "tile/1", key, DIGESTS["file/1"])


def test_the_same_image_under_another_salt_has_other_commitments() -> None:
    other = entry.commitments(bytes(32), DIGESTS)
    assert not set(other.values()) & set(entry.commitments(SALT, DIGESTS).values())


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"kind": "delete"}, "expected a kind"),
        ({"version": "medseal/entry/2"}, "expected version"),
        ({"id": "0" * 31}, "expected id"),
        ({"id": "A" * 32}, "expected id"),
        ({"registrar": "1" * 63}, "expected registrar"),
        ({"time": "2026-11-22 12:00:00"}, "UTC time"),
        ({"time": "2026-13-22T12:00:00Z"}, "UTC time"),
        ({"time": 5}, "time as text"),
        ({"commitments": {}}, "file/1 among them"),
        ({"commitments": {"file/1": "x"}}, "commitment file/1"),
        ({"commitments": {"file/1": "a" * 64, "File/1": "a" * 64}}, "digest name"),
        ({"patient": "Doe"}, "exactly the fields"),
    ],
)
def test_a_broken_register_entry_is_refused_with_the_rule(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidEntry, match=said):
        entry.encode_entry(register(**changes))


@pytest.mark.parametrize(
    "changes", [{"reason": ""}, {"reason": "x" * 2001}, {"author": 7}, {"target": "x"}, {"nonce": ""}]
)
def test_a_broken_statement_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidEntry):
        entry.encode_entry(revoke(**changes))


def test_an_entry_that_is_not_canonical_is_refused() -> None:
    loose = json.dumps(register(), indent=1).encode()
    with pytest.raises(InvalidEntry, match="canonical JSON"):
        entry.decode_entry(loose)


def test_an_entry_over_64_kilobytes_is_refused() -> None:
    many = {f"d/{number}": "a" * 64 for number in range(1, 100)} | {"file/1": "a" * 64}
    entry.encode_entry(register(commitments=many))
    with pytest.raises(InvalidEntry, match="at most 65536 bytes"):
        entry.decode_entry(b" " * 65537)


@given(st.binary(max_size=200))
def test_no_bytes_make_the_reader_fail_in_another_way(data: bytes) -> None:
    with pytest.raises(InvalidEntry):
        entry.decode_entry(data)


def test_a_deeply_nested_entry_is_refused() -> None:
    with pytest.raises(InvalidEntry):
        entry.decode_entry(b"[" * 30_000 + b"]" * 30_000)


def test_a_time_is_written_in_utc_with_milliseconds() -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, 678_900, tzinfo=timezone(timedelta(hours=2)))
    assert entry.timestamp(moment) == "2026-01-02T01:04:05.678Z"
    assert entry.parse_timestamp("2026-01-02T01:04:05.678Z") == datetime(2026, 1, 2, 1, 4, 5, 678_000, tzinfo=UTC)


def test_not_a_number_cannot_be_written() -> None:
    with pytest.raises(InvalidEntry, match="canonical JSON"):
        entry.canonical({"a": float("nan")})
