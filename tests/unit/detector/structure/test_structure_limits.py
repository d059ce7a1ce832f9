"""Files that are made to take long are done soon; what is past a limit is said to be, and is not called missing."""

from __future__ import annotations

import struct
import time
from collections.abc import Callable
from itertools import count

import pytest
from structured import chunk, codes, dicom, dicom_jpeg, jpeg, png, scene, segment

from detector.structure import State, inspect, inspecting
from detector.structure.jpeg_reading import MOST_SEGMENTS, MOST_TABLES, read_jpeg

JPEG = jpeg(scene())
TABLE = b"\x00" + bytes(range(1, 65))
ITEM = b"\xfe\xff\x00\xe0\0\0\0\0"
ITEMS_END = b"\xfe\xff\xdd\xe0\0\0\0\0"
_SOON = 1.5  # seconds of this thread's own time; most take a tenth, and without the limits took four to nine


def with_head(*parts: bytes) -> bytes:
    return JPEG[:2] + b"".join(parts) + JPEG[2:]


def tables(segments: int) -> bytes:
    return with_head(segment(0xDB, TABLE * 1000) * segments)


def fragments(many: int) -> bytes:
    file = dicom_jpeg()
    at = file.rindex(ITEMS_END)
    return file[:at] + ITEM * many + file[at:]


def pixels_again_and_again() -> bytes:
    file = dicom()
    at = file.index(b"\xe0\x7f\x10\0")
    return file[:at] + (b"\xe0\x7f\x10\0OB\0\0\xff\xff\xff\xff" + ITEM * 150_000 + ITEMS_END) * 25 + file[at:]


def long_texts() -> bytes:
    """Twenty directories that name the same four megabytes of zeros as texts."""
    file, each = b"II*\0\x08\0\0\0", 2 + 4 * 12 + 4
    for number in range(20):
        file += struct.pack("<HHHII", 4, 256, 4, 1, 9)
        for tag in (305, 306, 316):
            file += struct.pack("<HHII", tag, 2, 4 << 20, 4096)
        file += struct.pack("<I", 8 + each * (number + 1))
    return file + bytes(5 << 20)


@pytest.mark.parametrize(
    "make",
    [
        lambda: tables(480),
        lambda: tables(900),
        lambda: with_head(b"\xff" * (20 << 20)),
        lambda: with_head(segment(0xED, b"Photoshop 3.0\0" + b"8BIM" * 16_000) * 450),
        lambda: with_head(segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + b'CreatorTool="a' * 4_000) * 500),
        lambda: JPEG + bytes(40 << 20),
        lambda: fragments(3_900_000),
        pixels_again_and_again,
        long_texts,
    ],
    ids=["tables", "more-tables", "fill", "photoshop", "xmp", "padding", "fragments", "pixels", "texts"],
)
def test_a_file_that_is_made_to_take_long_is_done_soon(make: Callable[[], bytes]) -> None:
    file = make()
    began = time.thread_time()
    inspect(file)
    assert time.thread_time() - began < _SOON


def test_of_many_tables_the_first_ones_are_kept() -> None:
    parts = [bytes([number]) + bytes([number + 1]) * 64 for number in (*range(16), 0, 1)]
    read = read_jpeg(JPEG[:2] + segment(0xDB, b"".join(parts)) + JPEG[2:])
    assert len(parts) > MOST_TABLES
    assert [read.tables[number][0] for number in range(16)] == list(range(1, 17))


@pytest.mark.parametrize("fill", [0, 1, 2, 1000])
def test_fill_bytes_before_a_marker_change_nothing(fill: int) -> None:
    read, plain = read_jpeg(with_head(b"\xff" * fill)), read_jpeg(JPEG)
    assert [each.payload for each in read.segments] == [each.payload for each in plain.segments]
    assert read.end == (plain.end or 0) + fill


@pytest.mark.parametrize("rest", [b"", b"\xff", b"\xff" * 9])
def test_a_file_that_ends_in_fill_bytes_has_no_end(rest: bytes) -> None:
    assert read_jpeg(b"\xff\xd8" + rest).end is None


@pytest.mark.parametrize("many", [segment(0xFE, b"") * MOST_SEGMENTS, b"\xff\xd0" * MOST_SEGMENTS])
def test_a_jpeg_past_the_limit_is_not_called_cut_short(many: bytes) -> None:
    states = {rule.state for rule in inspect(with_head(many)).rules if rule.code.startswith("jpeg-")}
    assert states == {State.FAILED}


def test_dicom_past_the_limit_is_not_said_to_have_something_appended() -> None:
    assert codes(fragments(100_000)) == codes(fragments(200_001)) - {"dicom-appended"} == set()
    assert State.FAILED in {rule.state for rule in inspect(fragments(200_001)).rules}


def test_a_jpeg_in_dicom_past_the_limit_fails_its_rules_and_no_others() -> None:
    seen = inspect(dicom_jpeg(codestream=with_head(segment(0xFE, b"") * MOST_SEGMENTS)))
    states = {rule.code: rule.state for rule in seen.rules}
    assert states["dicom-codestream-size"] is states["dicom-frame-metadata"] is State.FAILED
    assert states["dicom-date-order"] is State.PASSED


def test_without_time_every_rule_says_that_it_was_not_asked() -> None:
    seen = inspect(png(scene()) + chunk("tEXt", b"x"), "a.jpg", seconds=0)
    assert seen.findings == ()
    assert [rule.code for rule in seen.rules] == [rule.code for rule in inspect(png(scene())).rules]
    assert {(rule.state, rule.reason) for rule in seen.rules} == {(State.FAILED, inspecting.NOT_ASKED)}


def test_when_the_time_is_over_what_was_found_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = count()
    monkeypatch.setattr(inspecting, "monotonic", lambda: float(next(ticks)))
    file = png(scene()) + b"appended"
    rules = inspect(file, "a.jpg", seconds=5).rules
    late = [rule.reason == inspecting.NOT_ASKED for rule in rules]
    assert not late[0]
    assert late == sorted(late)
    assert late[-1]
