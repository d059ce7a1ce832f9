"""Files that commands read."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from ledger.errors import InputError, LimitExceeded
from ledger.files import from_os_error


def expand(paths: Iterable[Path], recursive: bool) -> Iterator[Path]:
    """The files to work on, in order: directories stand for the files below them if ``recursive``, else as they are."""
    for path in paths:
        if recursive and path.is_dir():
            for folder, folders, names in os.walk(path):
                folders.sort()
                yield from (Path(folder, name) for name in sorted(names))
        else:
            yield path


def read(path: Path, limit_mb: int) -> bytes:
    """The bytes of a regular file of at most ``limit_mb`` megabytes; an InputError says what is wrong otherwise."""
    try:
        if path.is_dir():
            raise InputError(
                f"{path} is a directory", code="is_directory", advice="Use --recursive to take every file below it."
            )
        if path.exists() and not path.is_file():
            raise InputError(f"expected a regular file, found something else at {path}", code="unusable_file")
        if path.stat().st_size > limit_mb << 20:
            raise LimitExceeded(
                f"expected at most {limit_mb} MB, found {path.stat().st_size >> 20} MB in {path}",
                advice="Register the digest only, or raise MEDSEAL_MAX_UPLOAD_MB.",
            )
        return path.read_bytes()
    except OSError as error:
        raise from_os_error(error, str(path)) from error
