"""The key of fingerprints, and what it seals."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.bootstrap import trace_key
from ledger.errors import SettingsError, TraceUnreadable
from ledger.settings import Settings
from ledger.store.sealing import SEAL_BYTES, TraceSeal, load_trace_key

KEY = bytes(range(32))
ID = "ab" * 16


def key_file(folder: Path, content: bytes, mode: int = 0o600) -> Path:
    path = folder / "trace.key"
    path.write_bytes(content)
    path.chmod(mode)
    return path


@given(st.binary(max_size=200))
def test_what_is_sealed_opens_to_itself_and_never_looks_alike_twice(value: bytes) -> None:
    seal = TraceSeal(KEY)
    first, second = (seal.seal(ID, "blob", value) for _ in range(2))
    assert seal.open(ID, "blob", first) == seal.open(ID, "blob", second) == value
    assert first != second
    assert len(first) == len(value) + SEAL_BYTES


@given(at=st.integers(0, 40), bit=st.integers(0, 7))
def test_a_sealed_value_with_any_bit_changed_is_refused(at: int, bit: int) -> None:
    sealed = bytearray(TraceSeal(KEY).seal(ID, "blob", b"value"))
    sealed[at] ^= 1 << bit
    with pytest.raises(TraceUnreadable):
        TraceSeal(KEY).open(ID, "blob", bytes(sealed))


@pytest.mark.parametrize("length", [0, 7, 8, 19, 20, 35])
def test_a_sealed_value_that_is_cut_short_is_refused(length: int) -> None:
    with pytest.raises(TraceUnreadable):
        TraceSeal(KEY).open(ID, "blob", TraceSeal(KEY).seal(ID, "blob", b"")[:length])


@pytest.mark.parametrize(("registration", "column"), [("cd" * 16, "blob"), (ID, "codes")])
def test_a_sealed_value_is_bound_to_its_row_and_column(registration: str, column: str) -> None:
    sealed = TraceSeal(KEY).seal(ID, "blob", b"value")
    with pytest.raises(TraceUnreadable) as caught:
        TraceSeal(KEY).open(registration, column, sealed)
    assert caught.value.code == "trace_damaged"


@pytest.mark.parametrize("key", [None, bytes(32)], ids=["none", "another"])
def test_a_missing_or_another_key_is_told_from_damage(key: bytes | None) -> None:
    with pytest.raises(TraceUnreadable) as caught:
        TraceSeal(key).open(ID, "blob", TraceSeal(KEY).seal(ID, "blob", b"value"))
    assert caught.value.code == "trace_unreadable"
    assert "MEDSEAL_TRACE_KEY_FILE" in caught.value.advice


@pytest.mark.parametrize("content", [KEY, b" " * 32, KEY.hex().encode() + b"\n", b"0x" + KEY.hex().upper().encode()])
def test_a_key_is_32_bytes_or_64_hex_digits(tmp_path: Path, content: bytes) -> None:
    expected = content if len(content) == 32 else KEY
    assert load_trace_key(key_file(tmp_path, content)) == expected


@pytest.mark.parametrize("content", [b"", KEY[:31], KEY + b"\n", KEY.hex().encode()[:-1], KEY * 2])
def test_another_content_is_no_key_and_is_not_shown(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(SettingsError, match="expected 32 bytes or 64 hex digits") as caught:
        load_trace_key(key_file(tmp_path, content))
    assert KEY.hex()[:10] not in str(caught.value)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
def test_a_key_that_others_can_reach_is_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(SettingsError, match=f"0600, found {mode:04o}"):
        load_trace_key(key_file(tmp_path, KEY, mode))


def test_a_key_file_that_is_not_there_is_a_setting_to_mend(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"trace\.key"):
        load_trace_key(tmp_path / "trace.key")


def test_the_key_is_read_where_the_setting_names_a_file_and_does_not_print(tmp_path: Path) -> None:
    assert trace_key(Settings(trace_key_file=None)) is None
    key = trace_key(Settings(trace_key_file=key_file(tmp_path, KEY)))
    assert key == KEY
    assert f"{key}{key!r}" == "<secret of 32 bytes>" * 2
