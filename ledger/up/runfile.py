"""What a running ``medseal up`` leaves in the data folder: a lock, and ``run.json`` with its URLs and processes."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ledger.errors import Conflict, SettingsError


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Inside, this is the folder's one ``medseal up``; Conflict when there is another. A crash frees it."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(folder / "up.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise SettingsError(f"the data folder {folder} can't be used: {error.strerror}") from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _already(folder) from None
        yield
    finally:
        os.close(handle)


def _already(folder: Path) -> Conflict:
    running = read(folder)
    where = f": {running['dashboard_url']} (process {running['pid']})" if "dashboard_url" in running else ""
    return Conflict(
        f"medseal up runs on {folder} already{where}",
        code="already_running",
        advice="Use that one, stop it with Ctrl-C or SIGTERM, or give another folder with --data.",
    )


def read(folder: Path) -> dict[str, Any]:
    """What ``run.json`` says; empty when there is none or it is not readable."""
    try:
        value = json.loads((folder / "run.json").read_text())
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def write(folder: Path, value: Mapping[str, Any]) -> None:
    """``run.json`` says ``value``, to its owner alone: a chain's URL may hold a secret."""
    temporary = folder / ".run.json.new"
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(value, file, indent=2)
    temporary.replace(folder / "run.json")


def remove(folder: Path) -> None:
    """There is no ``run.json``."""
    (folder / "run.json").unlink(missing_ok=True)
