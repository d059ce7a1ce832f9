"""What a study-close entry commits to, and that it keeps its form."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.core.capture import StudyMember, StudyRecord
from ledger.core.entry import decode_entry, encode_entry
from ledger.core.merkle import leaf_hash
from ledger.core.study import closing, fits, one_an_instance, packed, unpacked
from ledger.errors import InvalidEntry

VECTOR = json.loads((Path(__file__).parents[2] / "vectors" / "entries" / "study-close.json").read_text())
IDS = st.lists(st.binary(min_size=16, max_size=16).map(bytes.hex), min_size=1, max_size=20, unique=True)


def test_the_vector_is_what_the_record_commits_to() -> None:
    record = StudyRecord("", VECTOR["study"], bytes.fromhex(VECTOR["salt"]), packed(VECTOR["members"]))
    body = VECTOR["entry"].encode()
    entry = decode_entry(body)
    assert fits(entry, record)
    assert leaf_hash(body).hex() == VECTOR["leaf"]
    assert encode_entry({**entry, **closing(record)}) == body


@given(ids=IDS)
def test_members_come_back_as_they_were_packed(ids: list[str]) -> None:
    assert unpacked(packed(ids)) == ids


@given(ids=IDS, change=st.integers(0, 1000))
def test_another_member_another_order_or_another_study_does_not_fit(ids: list[str], change: int) -> None:
    record = StudyRecord("", "ab" * 32, bytes(32), packed(ids))
    entry = {"kind": "study-close", **closing(record)}
    at = change % len(ids)
    other = bytes(byte ^ 1 for byte in bytes.fromhex(ids[at])).hex()
    changed = [packed([*ids[:at], other, *ids[at + 1 :]]), packed([*ids, other]), packed(ids[:-1])]
    assert fits(entry, record)
    assert not any(fits(entry, StudyRecord("", record.study, record.salt, members)) for members in changed)
    assert not fits(entry, StudyRecord("", "cd" * 32, record.salt, record.members))


def test_of_an_instance_the_oldest_registration_counts() -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    members = [StudyMember(f"{n:032x}", instance, n, now) for n, instance in enumerate(["a", "b", "a", "c"])]
    assert [one.index for one in one_an_instance(members)] == [0, 1, 3]


@pytest.mark.parametrize(("field", "value"), [("count", 0), ("count", "3"), ("root", "x"), ("commitment", "ab" * 31)])
def test_a_malformed_entry_is_refused(field: str, value: object) -> None:
    with pytest.raises(InvalidEntry):
        encode_entry({**json.loads(VECTOR["entry"]), field: value})
