"""Files are written whole or not at all."""

from __future__ import annotations

import errno
import stat
from pathlib import Path
from typing import Any

import pytest

from ledger.errors import InputError, StorageFull
from ledger.files import from_os_error, write_atomically


@pytest.mark.parametrize("content", ["text", b"bytes"])
def test_a_file_holds_what_was_written_and_nobody_else_can_read_it(tmp_path: Path, content: str | bytes) -> None:
    path = tmp_path / "new" / "file"
    write_atomically(path, content)
    assert path.read_bytes() == (content.encode() if isinstance(content, str) else content)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_mode_can_be_wider(tmp_path: Path) -> None:
    write_atomically(tmp_path / "trust.json", "{}", mode=0o644)
    assert stat.S_IMODE((tmp_path / "trust.json").stat().st_mode) == 0o644


def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: Any) -> None:
    path = tmp_path / "file"
    write_atomically(path, "old")

    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("ledger.files.os.fsync", full)
    with pytest.raises(StorageFull):
        write_atomically(path, "new")
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_another_fault_is_an_input_error_that_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match="folder") as caught:
        write_atomically(tmp_path / "folder", "x")
    assert caught.value.code == "unusable_file"


def test_a_quota_is_a_full_disk_too() -> None:
    assert isinstance(from_os_error(OSError(errno.EDQUOT, "quota"), "x"), StorageFull)
