"""The derive entry: its fields, its words, its golden bytes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ledger.core import entry
from ledger.core.merkle import leaf_hash
from ledger.errors import InvalidEntry

VECTOR = json.loads((Path(__file__).parents[2] / "vectors" / "entries" / "derive.json").read_text())


def golden(**changes: Any) -> dict[str, Any]:
    return entry.decode_entry(VECTOR["entry"].encode()) | changes


def test_the_golden_entry_has_its_bytes_its_leaf_and_its_commitments() -> None:
    value = golden()
    assert entry.encode_entry(value).decode() == VECTOR["entry"]
    assert leaf_hash(VECTOR["entry"].encode()).hex() == VECTOR["leaf"]
    assert entry.commitments(bytes.fromhex(VECTOR["salt"]), VECTOR["digests"]) == value["commitments"]
    assert (value["operation"], value["checked"]) == ("cropped", "proven")


@pytest.mark.parametrize("operation", entry.OPERATIONS)
@pytest.mark.parametrize("checked", entry.CHECKED)
def test_each_operation_can_be_checked_to_each_degree(operation: str, checked: str) -> None:
    value = golden(operation=operation, checked=checked)
    assert entry.decode_entry(entry.encode_entry(value)) == value


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"operation": "retouched"}, "expected operation as one of"),
        ({"operation": None}, "expected operation as one of"),
        ({"checked": "maybe"}, "expected checked as one of"),
        ({"target": "2" * 31}, "expected target"),
        ({"reason": ""}, "expected reason"),
        ({"author": "x" * 2001}, "expected author"),
        ({"commitments": {}}, "file/1 among them"),
        ({"nonce": "3" * 32}, "exactly the fields"),
        ({"kind": "register"}, "exactly the fields"),
    ],
)
def test_a_broken_derive_entry_is_refused_with_the_rule(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidEntry, match=said):
        entry.encode_entry(golden(**changes))


@pytest.mark.parametrize("field", ["target", "operation", "checked", "reason", "author", "commitments"])
def test_no_field_of_a_derive_entry_may_be_left_out(field: str) -> None:
    value = golden()
    del value[field]
    with pytest.raises(InvalidEntry, match="exactly the fields"):
        entry.encode_entry(value)


def test_both_kinds_that_register_an_image_hold_commitments() -> None:
    assert all("commitments" in entry.KINDS[kind] for kind in entry.REGISTERING)
    assert [kind for kind, fields in entry.KINDS.items() if "commitments" in fields] == list(entry.REGISTERING)
