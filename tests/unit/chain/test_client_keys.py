"""Key files: private, whole, never printed."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from ledger.chain.keys import SecretBytes, load_or_create_sender_key, load_or_create_signing_key
from ledger.chain.transactions import address_of
from ledger.errors import SettingsError, StorageFull


def raw(key: Any) -> bytes:
    return bytes(key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption()))


def test_a_key_is_made_once_and_read_afterwards(tmp_path: Path) -> None:
    sender, signing = tmp_path / "new" / "sender.key", tmp_path / "signing.key"
    assert load_or_create_sender_key(sender) == load_or_create_sender_key(sender)
    assert raw(load_or_create_signing_key(signing)) == raw(load_or_create_signing_key(signing))
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["sender.key"]


def test_only_the_owner_can_read_a_new_key(tmp_path: Path) -> None:
    load_or_create_sender_key(tmp_path / "key")
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o602, 0o777])
def test_a_key_that_others_can_reach_is_refused_with_the_command_that_mends_it(tmp_path: Path, mode: int) -> None:
    load_or_create_sender_key(tmp_path / "key")
    (tmp_path / "key").chmod(mode)
    with pytest.raises(SettingsError, match=f"found {mode:04o}") as caught:
        load_or_create_sender_key(tmp_path / "key")
    assert f"chmod 600 {tmp_path / 'key'}" in caught.value.advice


@pytest.mark.parametrize("content", ["", "zz" * 32, "ab" * 31, "ab" * 33, "0x" + "ab" * 31])
def test_a_damaged_key_file_is_refused_and_left_alone(tmp_path: Path, content: str) -> None:
    path = tmp_path / "key"
    path.touch(0o600)
    path.write_text(content)
    for load in (load_or_create_sender_key, load_or_create_signing_key):
        with pytest.raises(SettingsError, match="expected 64 hex digits"):
            load(path)
    assert path.read_text() == content


@pytest.mark.parametrize("content", ["00" * 32, "ff" * 32])
def test_numbers_that_are_no_secp256k1_keys_are_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "key"
    path.touch(0o600)
    path.write_text(content)
    with pytest.raises(SettingsError, match="no secp256k1 key"):
        load_or_create_sender_key(path)


def test_a_key_never_prints(tmp_path: Path) -> None:
    key = load_or_create_sender_key(tmp_path / "key")
    shown = f"{key} {key!r} {key:>40} {[key]} %s" % key
    assert bytes(key).hex() not in shown and repr(bytes(key)) not in shown
    assert shown.count("<secret of 32 bytes>") == 5


def test_a_key_still_works_as_bytes() -> None:
    key = SecretBytes(bytes.fromhex("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"))
    assert address_of(key) == "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"


def test_a_folder_in_the_place_of_a_key_is_a_settings_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="can't be used"):
        load_or_create_sender_key(tmp_path)


def test_a_full_disk_leaves_no_key_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StorageFull):
        load_or_create_sender_key(tmp_path / "key")
    assert not list(tmp_path.iterdir())
