"""A dossier of a stranger is held to limits before a byte of it is unpacked."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import InvalidDossier
from ledger.export.unpacking import MOST_JSON, unpack

WHOLE = {"manifest.json": b"{}", "report.json": b"{}", "verification.json": b"{}", "report.pdf": b"%PDF"}


def packed(parts: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return file.getvalue()


def test_the_parts_come_out_as_they_went_in():
    assert unpack(packed(WHOLE)) == WHOLE


@pytest.mark.parametrize("missing", sorted(WHOLE))
def test_a_part_that_must_be_there_is_named(missing: str):
    with pytest.raises(InvalidDossier, match=f"no {missing}"):
        unpack(packed({name: data for name, data in WHOLE.items() if name != missing}))


@pytest.mark.parametrize("name", ["../evil.json", "/etc/passwd", "a/b.png", "report.json/", "run.exe", "REPORT.PDF"])
def test_any_other_name_is_refused(name: str):
    with pytest.raises(InvalidDossier, match="each once"):
        unpack(packed({**WHOLE, name: b"x"}))


def test_a_name_twice_is_refused():
    file = io.BytesIO(packed(WHOLE))
    with zipfile.ZipFile(file, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("report.json", b"{}")
    with pytest.raises(InvalidDossier, match="each once"):
        unpack(file.getvalue())


def test_a_bomb_is_refused():
    bomb = packed({**WHOLE, "report.pdf": bytes(4 << 20)}, zipfile.ZIP_DEFLATED)
    with pytest.raises(InvalidDossier, match="within the limits"):
        unpack(bomb)


def test_a_part_that_is_too_large_is_refused():
    with pytest.raises(InvalidDossier, match="within the limits"):
        unpack(packed({**WHOLE, "report.json": bytes(MOST_JSON + 1)}))


@pytest.mark.parametrize("claim", [lambda size: size - 1, lambda size: size + 1, lambda size: 5])
def test_a_directory_that_lies_about_a_size_is_refused(claim: Callable[[int], int]):
    content = bytes(range(256)) * 8
    data = bytearray(packed({**WHOLE, "report.pdf": content}, zipfile.ZIP_DEFLATED))
    at = data.rindex(b"PK\x01\x02", 0, data.rindex(b"report.pdf"))
    struct.pack_into("<I", data, at + 24, claim(len(content)))
    with pytest.raises(InvalidDossier):
        unpack(bytes(data))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_compressions_are_refused(method: int):
    with pytest.raises(InvalidDossier, match="stored or deflated"):
        unpack(packed(WHOLE, method))


def test_an_encrypted_part_is_refused():
    data = bytearray(packed(WHOLE))
    at = data.index(b"PK\x01\x02")
    data[at + 8] |= 1
    with pytest.raises(InvalidDossier, match="stored or deflated"):
        unpack(bytes(data))


@given(st.binary(max_size=400))
def test_anything_else_is_no_dossier(data: bytes):
    with pytest.raises(InvalidDossier):
        unpack(data)


@given(st.data())
def test_a_damaged_archive_is_refused_or_read_and_nothing_else(data: st.DataObject):
    archive = bytearray(packed(WHOLE, zipfile.ZIP_DEFLATED))
    at = data.draw(st.integers(0, len(archive) - 1))
    archive[at] ^= data.draw(st.integers(1, 255))
    with suppress(InvalidDossier):
        assert set(unpack(bytes(archive))) <= set(WHOLE)
