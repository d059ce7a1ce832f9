"""Writing files whole or not at all, and the file system's errors as the ledger's."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from ledger.errors import InputError, LedgerError, StorageFull


def write_atomically(path: Path, data: bytes | str, mode: int = 0o600) -> None:
    """``path`` holds exactly ``data``, on the disk, under ``mode``; after an error it is as it was."""
    write_pieces(path, (data.encode() if isinstance(data, str) else data,), mode)


def write_pieces(path: Path, pieces: Iterable[bytes], mode: int = 0o600) -> None:
    """The same for what comes in ``pieces``; an error of theirs is raised, and ``path`` is as it was."""
    temporary = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb") as file:
            os.fchmod(handle, mode)
            for piece in pieces:
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException as error:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise from_os_error(error, f"cannot write {path}") from error
        raise


def from_os_error(error: OSError, what: str) -> LedgerError:
    """A failed file operation as an error of the tree; ``what`` begins the message."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageFull(f"{what}: {error.strerror}")
    return InputError(
        f"{what}: {error.strerror or error}", code="unusable_file", advice="Check the path and its rights."
    )
