"""Where things lie in the data folder."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from ledger.errors import SettingsError, StorageFull
from ledger.files import from_os_error


@dataclass(frozen=True)
class Folder:
    """Where things lie in the data folder."""

    root: Path

    @property
    def database(self) -> Path:
        """The SQLite database; unused when the settings name another one."""
        return self.root / "medseal.db"

    @property
    def chain(self) -> Path:
        """The file of the embedded chain."""
        return self.root / "chain" / "chain.sqlite"

    @property
    def keys(self) -> Path:
        """The folder of private keys, readable by its owner alone."""
        return self.root / "keys"

    @property
    def deployment(self) -> Path:
        """Which contract on which chain this ledger anchors in."""
        return self.root / "deployment.json"

    @property
    def trust(self) -> Path:
        """What a verifier of receipts has to pin."""
        return self.root / "trust.json"

    @property
    def receipts(self) -> Path:
        """Where receipts are written unless told otherwise."""
        return self.root / "receipts"

    @property
    def running(self) -> Path:
        """Written by ``medseal up`` while it runs: its URLs."""
        return self.root / "run.json"

    @property
    def worker_lock(self) -> Path:
        """Held by the one worker of this folder."""
        return self.root / "worker.lock"

    def create(self) -> None:
        """The folder and its keys' folder are there, and what this process makes from now on is closed to others.

        A folder that was there before keeps its mode: it may be somebody's home.
        """
        os.umask(0o077)
        try:
            for folder in (self.root, self.keys):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            failure = from_os_error(error, f"cannot use the data folder {self.root}")
            if isinstance(failure, StorageFull):
                raise failure from error
            raise SettingsError(str(failure), advice="Check MEDSEAL_DATA (or --data) and its rights.") from error
