"""Files that are damaged or made to break readers give a finding or nothing, never an exception."""

from __future__ import annotations

import struct
import tracemalloc
import zlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from pydicom.encaps import encapsulate
from pydicom.uid import JPEGLosslessSV1
from structured import chunk, dicom, dicom_jpeg, jpeg, png, saved, scanned, scene, with_exif, written

from detector.structure import RULES, State, inspect
from detector.structure.model import MOST_TEXT

FILES = {
    "dicom": dicom(),
    "dicom-jpeg": dicom_jpeg(),
    "jpeg": with_exif(jpeg(scene()), {0x010F: "Canon", 0x0132: "2024:05:02 09:00:00"}, jpeg(scene(64))),
    "png": png(scene()),
    "tiff": saved(Image.fromarray(scene()), "TIFF", tiffinfo={305: "ACME"}),
}
CALM = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def _sound(file: bytes, name: str = "") -> None:
    seen = inspect(file, name)
    assert all(len(finding.text) <= MOST_TEXT for finding in seen.findings)
    assert len({rule.code for rule in seen.rules}) == len(seen.rules)
    assert {rule.code for rule in seen.rules if rule.state is State.FOUND} == {one.code for one in seen.findings}


@CALM
@given(st.sampled_from(sorted(FILES)), st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=12))
def test_a_file_with_changed_bytes_is_inspected_without_an_exception(
    name: str, changes: list[tuple[float, int]]
) -> None:
    file = bytearray(FILES[name])
    for share, value in changes:
        # headers lie at the beginning: most changes go there
        file[min(len(file) - 1, int(share**4 * len(file)))] = value
    _sound(bytes(file))


@CALM
@given(st.sampled_from(sorted(FILES)), st.floats(0, 1), st.binary(max_size=40))
def test_a_file_that_was_cut_and_continued_is_inspected_without_an_exception(name: str, at: float, rest: bytes) -> None:
    _sound(FILES[name][: int(at * len(FILES[name]))] + rest)


@CALM
@given(
    st.sampled_from((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"II*\0", b"MM\0*", bytes(128) + b"DICM")),
    st.binary(max_size=300),
)
def test_a_head_with_anything_behind_it_is_inspected_without_an_exception(head: bytes, rest: bytes) -> None:
    _sound(head + rest)


def test_no_bytes_and_text_are_of_no_kind() -> None:
    assert inspect(b"").kind == inspect(b"hello world, this is no picture").kind == "other"


def test_sequences_nested_without_end_fail_and_do_not_overrun() -> None:
    deep = (b"\x08\0\x40\x11SQ\0\0\xff\xff\xff\xff" + b"\xfe\xff\x00\xe0\xff\xff\xff\xff") * 50_000
    seen = inspect(dicom()[:132] + deep)
    assert seen.findings == ()
    assert {rule.state for rule in seen.rules if rule.code != "file-ending"} == {State.FAILED}


def test_too_many_elements_fail() -> None:
    many = b"\x09\0\x10\0LO\0\0" * 250_000
    assert State.FAILED in {rule.state for rule in inspect(dicom()[:132] + many).rules}


def test_a_claimed_size_of_terabytes_reserves_no_memory() -> None:
    made = scanned()
    made.Rows = made.Columns = 65535
    file = written(made)
    tracemalloc.start()
    seen = inspect(file)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "dicom-length" in {finding.code for finding in seen.findings}
    assert peak < 32 << 20


@pytest.mark.parametrize("name", ["zTXt", "iTXt"])
def test_a_text_that_unfolds_to_gigabytes_is_read_up_to_its_limit(name: str) -> None:
    packed = zlib.compress(bytes(64 << 20), 9)
    body = b"Software\0\0" + packed if name == "zTXt" else b"Software\0\1\0\0\0" + packed
    file = FILES["png"]
    tracemalloc.start()
    _sound(file[:33] + chunk(name, body) + file[33:])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 32 << 20


def test_a_deflated_data_set_that_unfolds_past_the_limit_fails() -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = b"".join(packer.compress(bytes(1 << 20)) for _ in range(300)) + packer.flush()
    head = written(scanned())
    syntax = b"1.2.840.10008.1.2.1.99"
    at = head.index(b"1.2.840.10008.1.2.1\0")
    file = (
        head[: at - 2]
        + struct.pack("<H", len(syntax))
        + syntax
        + head[at + 20 : head.index(b"\x08\0\x08\0CS")]
        + packed
    )
    assert State.FAILED in {rule.state for rule in inspect(file).rules}


def test_a_loop_of_directories_ends() -> None:
    loop = b"II*\0\x08\0\0\0" + struct.pack("<HHHII", 1, 305, 2, 4, 0x41414141) + struct.pack("<I", 8)
    _sound(loop)


def test_a_frame_that_only_a_decoder_decodes_which_ends_the_process_is_not_decoded() -> None:
    made = scanned(scene())
    made.PixelData = encapsulate([b"\xff\xd8" + bytes(4000)])
    made["PixelData"].is_undefined_length = True
    states = {rule.code: rule.state for rule in inspect(written(made, JPEGLosslessSV1)).rules}
    assert states["dicom-window"] is State.NOT_APPLICABLE
    assert State.FAILED not in states.values()


def test_one_place_named_a_thousand_times_is_not_kept_a_thousand_times() -> None:
    entries = b"".join(struct.pack("<HHII", tag, 7, 4 << 20, 16) for tag in range(1, 1001))
    file = b"II*\0\x08\0\0\0" + struct.pack("<H", 1000) + entries + bytes(4) + bytes(5 << 20)
    tracemalloc.start()
    _sound(file)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 48 << 20


def test_every_kind_of_rule_is_asked_of_the_kind_it_is_for() -> None:
    assert {rule.kind for rule in RULES} == {"file", "dicom", "jpeg", "png", "tiff"}
