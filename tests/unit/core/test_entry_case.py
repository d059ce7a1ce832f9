"""The case entry: its fields, its words, its golden bytes and its golden commitment."""

from __future__ import annotations

import hmac
import json
from pathlib import Path
from typing import Any

import pytest

from ledger.core import entry
from ledger.core.casecontent import Bookmarked, Content, commit_content, decode_content, encode_content
from ledger.core.merkle import leaf_hash
from ledger.errors import InvalidEntry

VECTOR = json.loads((Path(__file__).parents[2] / "vectors" / "entries" / "case.json").read_text())


def golden(**changes: Any) -> dict[str, Any]:
    return entry.decode_entry(VECTOR["entry"].encode()) | changes


def test_the_golden_entry_has_its_bytes_its_leaf_and_its_commitment() -> None:
    value = golden()
    content, salt = VECTOR["content"].encode(), bytes.fromhex(VECTOR["salt"])
    assert entry.encode_entry(value).decode() == VECTOR["entry"]
    assert leaf_hash(VECTOR["entry"].encode()).hex() == VECTOR["leaf"]
    assert commit_content(salt, content) == value["commitment"]
    assert hmac.digest(salt, b"medseal/case/1\n" + content, "sha256").hex() == value["commitment"]


def test_the_golden_content_reads_as_it_was_written() -> None:
    content = decode_content(VECTOR["content"].encode())
    assert encode_content(content).decode() == VECTOR["content"]
    assert isinstance(content, Content)
    assert isinstance(content.said, Bookmarked)
    assert (content.said.region, content.said.frame, content.by) == ((96, 128, 64, 48), 17, "reading room 2")


def test_nothing_that_was_written_is_in_the_entry() -> None:
    for word in ("nodule", "Example", "reading room", "trace/1"):
        assert word in VECTOR["content"]
        assert word not in VECTOR["entry"]


@pytest.mark.parametrize("event", entry.CASE_EVENTS[1:])
def test_each_event_has_its_word(event: str) -> None:
    value = golden(event=event)
    assert entry.decode_entry(entry.encode_entry(value)) == value


def test_a_case_is_named_by_the_entry_that_opens_it() -> None:
    value = golden(event="open", sequence=0, case="4" * 32)
    assert entry.subject_of(entry.decode_entry(entry.encode_entry(value))) == "4" * 32


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"event": "delete"}, "expected event as one of"),
        ({"event": "open"}, "expected the open event at sequence 0"),
        ({"event": "open", "sequence": 0}, "expected the open event at sequence 0"),
        ({"sequence": 0}, "expected the open event at sequence 0"),
        ({"case": "4" * 32}, "expected the open event at sequence 0"),
        ({"sequence": -1}, "expected sequence as a number"),
        ({"sequence": True}, "expected sequence as a number"),
        ({"case": "3a" * 15}, "expected case"),
        ({"commitment": "ab"}, "expected commitment"),
        ({"reason": "no text may stand here"}, "exactly the fields"),
        ({"kind": "dispute"}, "exactly the fields"),
    ],
)
def test_a_broken_case_entry_is_refused_with_the_rule(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidEntry, match=said):
        entry.encode_entry(golden(**changes))
