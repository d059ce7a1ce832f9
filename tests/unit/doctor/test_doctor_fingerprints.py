"""What the doctor says of stored fingerprints and of their key."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ledger.core.model import Draft, ImageRecord, Registrar, TraceRecord
from ledger.doctor.data import database, keys
from ledger.doctor.finding import Finding
from ledger.errors import SettingsError
from ledger.settings import Settings
from ledger.store import SqlStore

KEY = bytes(range(32))


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "trace.key"
    path.write_bytes(KEY)
    path.chmod(0o600)
    return path


def fill(folder: Path, key: bytes | None) -> None:
    """A database with one fingerprint, written under ``key``."""
    now, entry_id = datetime.now(UTC), "ab" * 16
    image = ImageRecord(entry_id, {"file/1": "sha256:" + "0" * 64}, b"", {}, b"", None, None, TraceRecord(b"t", b""))
    with SqlStore.open(f"sqlite:///{folder}/medseal.db", trace_key=key) as store:
        store.add_registrar(Registrar("a", "A", "b", now), Draft("genesis", "genesis", b"", b"", None, now))
        store.append("a", [Draft(entry_id, "register", b"", b"", None, now, image)])


def found(settings: Settings) -> Finding:
    (finding,) = [finding for finding in database(settings) if finding.name == "fingerprints"]
    return finding


def test_fingerprints_in_clear_are_named_as_such(tmp_path: Path) -> None:
    fill(tmp_path, None)
    finding = found(Settings(data=tmp_path))
    assert finding.ok
    assert "0 encrypted, 1 in clear; MEDSEAL_TRACE_KEY_FILE names no key" in finding.detail


def test_encrypted_fingerprints_with_their_key_are_sound(tmp_path: Path, key_file: Path) -> None:
    fill(tmp_path, KEY)
    settings = Settings(data=tmp_path, trace_key_file=key_file)
    assert found(settings) == Finding("fingerprints", True, "1 encrypted, 0 in clear")
    assert all(finding.ok for finding in keys(settings))


def test_encrypted_fingerprints_without_their_key_are_a_fault_with_advice(tmp_path: Path) -> None:
    fill(tmp_path, KEY)
    finding = found(Settings(data=tmp_path))
    assert not finding.ok
    assert "trace_unreadable" in finding.detail
    assert "MEDSEAL_TRACE_KEY_FILE" in (finding.advice or "")


def test_a_key_file_that_others_can_read_is_named(tmp_path: Path, key_file: Path) -> None:
    key_file.chmod(0o644)
    (finding,) = keys(Settings(data=tmp_path, trace_key_file=key_file))
    assert not finding.ok
    assert str(key_file) in finding.detail


def test_a_key_file_that_is_not_there_is_named_with_the_keys_and_the_database_is_sound(tmp_path: Path) -> None:
    fill(tmp_path, None)
    settings = Settings(data=tmp_path, trace_key_file=tmp_path / "lost.key")
    with pytest.raises(SettingsError, match=r"lost\.key"):
        list(keys(settings))
    assert all(finding.ok for finding in database(settings) if finding.name != "anchoring")
