"""What cannot be registered is set aside, unchanged, with the reason beside it."""

from __future__ import annotations

import errno
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

from ledger.errors import LedgerError
from ledger.files import from_os_error, write_atomically


class Quarantine:
    """A folder beside or below the watched one. With ``leave`` only the reason goes there, and the file stays."""

    def __init__(self, root: Path, folder: Path, *, leave: bool = False) -> None:
        self._root = root
        self._folder = folder
        self._leave = leave

    def take(self, path: Path, error: LedgerError) -> Path:
        """The file lies in the quarantine under the same path, with the reason in ``NAME.txt``; returns its place.

        The reason is written first: a file without one would not say why it is there. The watched file is never
        changed, and gone from its place only once it is whole in the other.
        """
        place = _free(self._folder / path.relative_to(self._root))
        write_atomically(place.with_name(place.name + ".txt"), _reason(error, self._leave))
        if not self._leave:
            try:
                _move(path, place)
            except OSError as failure:
                raise from_os_error(failure, f"cannot move {path} into the quarantine") from failure
        return place


def _free(place: Path) -> Path:
    """``place``, or with a number before its suffix if that is taken."""
    number, found = 0, place
    while found.exists() or found.with_name(found.name + ".txt").exists():
        number += 1
        found = place.with_name(f"{place.stem}.{number}{place.suffix}")
    return found


def _reason(error: LedgerError, left: bool) -> str:
    to_do = "change the file" if left else "move the file back into the watched folder"
    return (
        f"Not registered: {error}\n"
        f"Code:           {error.code}\n"
        f"What to do:     {error.advice}\n"
        f"At:             {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC\n"
        f"To try again, {to_do}.\n"
    )


def _move(path: Path, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    try:
        path.rename(place)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        half = place.with_name(f".{place.name}.part")
        shutil.copy2(path, half)
        with half.open("rb") as written:
            os.fsync(written.fileno())
        half.rename(place)
        path.unlink()
