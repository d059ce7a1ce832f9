"""Which files of a folder are to be taken, and when one is whole."""

from __future__ import annotations

import fcntl
import os
import signal
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_UNFINISHED = (".part", ".partial", ".filepart", ".tmp", ".temp", ".crdownload", ".swp", "~")


@dataclass(frozen=True)
class Look:
    """A file as it was at one look: equal looks mean that nobody has written to it in between."""

    size: int
    mtime_ns: int
    ctime_ns: int

    @property
    def state(self) -> str:
        """What is remembered of a file that is done; renaming does not change it."""
        return f"{self.size}:{self.mtime_ns}"


def look(path: Path) -> Look | None:
    """The file as it is now, None if it is none or gone."""
    try:
        found = path.stat()
    except OSError:
        return None
    if not stat.S_ISREG(found.st_mode):
        return None
    return Look(found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def is_wanted(path: Path, folder: Path, quarantine: Path) -> bool:
    """Whether a file of this name is to be taken: not hidden (nor in a hidden folder), not by name unfinished, not in
    the quarantine."""
    if path.is_relative_to(quarantine):
        return False
    inside = path.relative_to(folder).parts
    return not any(part.startswith(".") for part in inside) and not path.name.lower().endswith(_UNFINISHED)


def wanted_files(folder: Path, root: Path, quarantine: Path) -> Iterator[Path]:
    """The files to take below ``folder``, which lies in the watched ``root``, in order; links to folders are not
    followed."""
    for place, folders, names in os.walk(folder):
        here = Path(place)
        folders[:] = sorted(n for n in folders if not n.startswith(".") and here / n != quarantine)
        yield from (here / n for n in sorted(names) if is_wanted(here / n, root, quarantine))


def is_being_written(path: Path) -> bool:
    """Whether some process of this machine has the file open for writing, as far as the system tells.

    A read lease is granted only where nobody writes (fcntl(2), F_SETLEASE). On network shares and for other people's
    files it is not granted at all; then the answer is False, and size and time alone decide.
    """
    if not hasattr(fcntl, "F_SETLEASE"):  # Linux has it
        return False
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        # Who opens the file in this very moment makes the system signal us: with one that nobody minds, not SIGIO.
        fcntl.fcntl(handle, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(handle)
    return False
