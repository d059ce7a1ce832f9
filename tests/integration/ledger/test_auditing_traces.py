"""The audit of encrypted fingerprints: with the key, without it, and with another one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def key_file(tmp_path: Path) -> Callable[[int], Path]:
    """Makes a key file whose key is one byte over and over."""

    def make(octet: int) -> Path:
        path = tmp_path / f"trace-{octet}.key"
        path.write_text(bytes([octet]).hex() * 32)
        path.chmod(0o600)
        return path

    return make


@pytest.fixture
def hospital(open_hospital: Callable[..., Any], key_file: Callable[[int], Path]) -> Any:
    """Two registered images with encrypted fingerprints."""
    made = open_hospital(trace_key_file=key_file(1))
    made.register(made.picture())
    made.anchored(made.capture())
    return made


def reopen(hospital: Any, key_file: Path | None) -> None:
    hospital.settings = hospital.settings.model_copy(update={"trace_key_file": key_file})
    hospital.restart()


def found(report: Any) -> list[tuple[str, int | None]]:
    return [(difference.code, difference.index) for difference in report.differences]


def test_with_their_key_every_fingerprint_is_checked(hospital: Any) -> None:
    report = hospital.service.audit()
    assert (report.consistent, report.complete) == (True, True)


@pytest.mark.parametrize("key", [None, 2], ids=["no key", "another key"])
def test_without_their_key_fingerprints_are_said_to_be_unchecked(
    hospital: Any, key_file: Callable[[int], Path], key: int | None
) -> None:
    reopen(hospital, None if key is None else key_file(key))
    report = hospital.service.audit()
    assert (report.consistent, report.complete) == (True, False)
    assert [line for line in report.not_checked if "2 fingerprints" in line]


def test_an_encrypted_fingerprint_that_was_changed_is_named_with_its_place(hospital: Any) -> None:
    change = "blob = CAST(substr(blob, 1, 8) || zeroblob(length(blob) - 8) AS BLOB)"
    hospital.edit_database(f"UPDATE image_trace SET {change} WHERE rowid = 2")
    assert found(hospital.service.audit()) == [("trace_differs", 2)]


def test_encrypted_codes_that_were_changed_are_named(hospital: Any) -> None:
    change = "codes = CAST(substr(codes, 1, 8) || zeroblob(length(codes) - 8) AS BLOB)"
    hospital.edit_database(f"UPDATE image_trace SET {change} WHERE rowid = 2")
    assert found(hospital.service.audit()) == [("trace_differs", 2)]


def test_a_plain_fingerprint_put_in_the_place_of_an_encrypted_one_is_named(hospital: Any) -> None:
    hospital.edit_database("UPDATE image_trace SET sealed = 0, blob = x'00', codes = x'' WHERE rowid = 1")
    assert found(hospital.service.audit()) == [("trace_differs", 1), ("trace_differs", 1)]  # the blob, and its codes


def test_a_rebuilt_index_leaves_fingerprints_as_they_were(hospital: Any) -> None:
    entries = [entry.id for entry in hospital.service.store.entries(hospital.service.parts.registrar.id, 1)]
    before = [hospital.service.store.trace(entry) for entry in entries]
    hospital.service.rebuild()
    assert [hospital.service.store.trace(entry) for entry in entries] == before
    assert None not in before
