"""What is written into a case: its rules, its canonical bytes, and the commitment that hides and binds it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.core.casecontent import (
    EVIDENCE,
    STATUSES,
    Added,
    Bookmarked,
    Closed,
    Content,
    Judged,
    Noted,
    Opened,
    Reopened,
    Summary,
    commit_content,
    decode_content,
    encode_content,
)
from ledger.errors import InvalidCase

DIGEST = "sha256:" + "5f" * 32
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60).filter(str.strip)
ITEM = st.integers(1, 10_000)
MAYBE = st.none() | TEXT
PLAIN = st.booleans() | st.integers(-(1 << 53) + 1, (1 << 53) - 1) | TEXT | st.floats(-1e9, 1e9)
BOX = st.tuples(*[st.integers(0, 5000)] * 2, *[st.integers(1, 5000)] * 2)
SUMMARY = st.builds(
    Summary,
    verdict=st.sampled_from(["altered", "authentic"]),
    accepted=st.booleans(),
    policy=st.just("clinical"),
    reason=TEXT,
    checked_at=st.just("2026-03-02T09:15:04.120Z"),
    registration_id=st.none() | st.just("0d" * 16),
    detector=MAYBE,
)
SAID = st.one_of(
    st.builds(Opened, title=TEXT, question=MAYBE),
    st.builds(Added, name=TEXT, file=st.just(DIGEST), verification=st.none() | SUMMARY),
    st.builds(Noted, text=TEXT, item=st.none() | ITEM),
    st.builds(
        Bookmarked,
        item=ITEM,
        evidence=st.sampled_from(EVIDENCE),
        method=TEXT,
        comment=TEXT,
        parameters=st.dictionaries(TEXT, PLAIN, max_size=4),
        region=st.none() | BOX,
        frame=st.none() | st.integers(0, 500),
    ),
    st.builds(Judged, item=ITEM, status=st.sampled_from(STATUSES), reason=MAYBE),
    st.builds(Closed, conclusion=TEXT),
    st.builds(Reopened, reason=TEXT),
)
ASKER = st.none() | st.from_regex(r"(key|person):[0-9a-f]{8,64}", fullmatch=True)
CONTENT = st.builds(Content, said=SAID, author=TEXT, by=TEXT, by_id=ASKER) | st.builds(
    Content, said=SAID, author=TEXT, by=MAYBE
)


@settings(max_examples=200, deadline=None)
@given(CONTENT)
def test_any_content_reads_back_equal_from_its_bytes(content: Content) -> None:
    assert decode_content(encode_content(content)) == content


@settings(max_examples=100, deadline=None)
@given(CONTENT, st.binary(min_size=32, max_size=32), st.integers(0, 10**6), st.integers(1, 255))
def test_a_changed_byte_of_content_or_salt_opens_nothing(content: Content, salt: bytes, at: int, flip: int) -> None:
    data = encode_content(content)
    made = commit_content(salt, data)

    def changed(value: bytes) -> bytes:
        place = at % len(value)
        return value[:place] + bytes([value[place] ^ flip]) + value[place + 1 :]

    assert commit_content(salt, changed(data)) != made
    assert commit_content(changed(salt), data) != made


@given(st.binary(max_size=200))
def test_bytes_that_are_no_content_are_refused_in_words(data: bytes) -> None:
    with pytest.raises(InvalidCase, match="expected"):
        decode_content(data)


def test_what_is_not_said_is_not_in_the_bytes() -> None:
    data = encode_content(Content(Noted("seen"), "Dr. Example"))
    assert data == b'{"author":"Dr. Example","event":"note","text":"seen"}'


def test_the_id_of_whom_the_server_recognised_is_in_the_bytes() -> None:
    data = encode_content(Content(Noted("seen"), None, "reading room 2", "key:00112233aabbccdd"))
    assert data == b'{"by":"reading room 2","by_id":"key:00112233aabbccdd","event":"note","text":"seen"}'


def test_a_content_from_before_ids_were_kept_still_reads() -> None:
    data = b'{"by":"reading room 2","event":"note","text":"seen"}'
    assert decode_content(data) == Content(Noted("seen"), None, "reading room 2")


@pytest.mark.parametrize("by_id", ["", "00112233", "key:", "key:0011223G", "person:" + "a" * 65, "nurse:00112233"])
def test_an_id_of_another_form_is_refused(by_id: str) -> None:
    with pytest.raises(InvalidCase, match="expected by_id as"):
        Content(Noted("seen"), None, "reading room 2", by_id)


def test_an_id_does_not_stand_without_its_label() -> None:
    with pytest.raises(InvalidCase, match="found the id alone"):
        Content(Noted("seen"), "Dr. Example", None, "key:00112233aabbccdd")


@pytest.mark.parametrize(
    "data",
    [
        b'{"event":"note","author":"A","text":"x"}',
        b'{"author":"A","event":"note","text":"x" }',
        b'{"author":"A","event":"note","item":null,"text":"x"}',
    ],
    ids=["another order", "white space", "null"],
)
def test_another_form_of_the_same_content_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidCase, match="canonical"):
        decode_content(data)


@pytest.mark.parametrize(
    ("event", "fields"),
    [
        ("note", {}),
        ("note", {"text": "x", "colour": "red"}),
        ("wave", {"text": "x"}),
        ("add", {"name": "x", "file": DIGEST, "verification": {"verdict": "altered"}}),
    ],
)
def test_fields_that_the_event_has_not_or_lacks_are_refused(event: str, fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidCase):
        decode_content(json.dumps({"event": event, "author": "A", **fields}).encode())


@pytest.mark.parametrize(
    ("kind", "fields", "named"),
    [
        (Opened, {"title": "  "}, "title"),
        (Opened, {"title": "x" * 201}, "title"),
        (Opened, {"title": "\ud800"}, "title"),
        (Added, {"name": "x", "file": "5f" * 32}, "file"),
        (Added, {"name": "x", "file": DIGEST, "verification": {}}, "verification"),
        (Noted, {"text": "x", "item": 0}, "item"),
        (Noted, {"text": "x", "item": True}, "item"),
        (Bookmarked, {"item": 1, "evidence": "rumour", "method": "m", "comment": "c"}, "evidence"),
        (Judged, {"item": 1, "status": "authentic"}, "status"),
        (Closed, {"conclusion": ""}, "conclusion"),
        (Reopened, {"reason": None}, "reason"),
    ],
)
def test_a_field_that_breaks_its_rule_is_named(kind: Any, fields: dict[str, Any], named: str) -> None:
    with pytest.raises(InvalidCase, match=f"expected {named} as"):
        kind(**fields)


@pytest.mark.parametrize("region", [(0, 0, 0, 4), (-1, 0, 4, 4), (0, 0, 4), (0.0, 0, 4, 4), "0,0,4,4"])
def test_a_region_is_four_whole_numbers_with_an_area(region: Any) -> None:
    with pytest.raises(InvalidCase, match="region"):
        Bookmarked(1, "region", "m", "c", region=region)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1 << 60, None, [1], "", "x" * 1001])
def test_a_parameter_is_a_text_a_number_or_a_truth(value: Any) -> None:
    with pytest.raises(InvalidCase, match="parameters"):
        Bookmarked(1, "region", "m", "c", parameters={"p": value})


def test_a_message_never_repeats_what_was_written() -> None:
    with pytest.raises(InvalidCase) as refused:
        Noted("Jane Doe " * 2000)
    assert "Jane" not in str(refused.value)


def test_somebody_has_to_answer_for_it() -> None:
    with pytest.raises(InvalidCase, match="author"):
        Content(Noted("x"))


def test_an_event_is_bounded_in_bytes() -> None:
    parameters = {f"p{at}": "ÿ" * 1000 for at in range(40)}
    with pytest.raises(InvalidCase, match="65536 bytes"):
        encode_content(Content(Bookmarked(1, "region", "m", "c", parameters=parameters), "A"))


def test_a_salt_of_another_length_is_refused() -> None:
    with pytest.raises(InvalidCase, match="32 bytes"):
        commit_content(b"short", b"{}")
