"""A folder of a test's own that is watched, and waiting for what happens."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ledger.ingest.feed import images
from ledger.ingest.folder import FolderPlan, FolderWatch
from ledger.ingest.memory import Memory
from ledger.ingest.quarantine import Quarantine
from ledger.ingest.tally import Tally
from ledger.service import Service

SETTLE, PATIENCE = 0.3, 0.6


class Drop:
    """A folder of a test's own, and what watches it."""

    def __init__(self, ledger: Service, home: Path, told: Any) -> None:
        self.ledger, self.home, self.told = ledger, home, told
        self.folder, self.quarantine = home / "in", home / "in" / "quarantine"
        self.folder.mkdir()
        self.feed: Any = images(ledger)
        self.stop = threading.Event()
        self.tally = Tally(ledger.sources, home.name)
        self.leave = False

    def watching(self, attempts: int | None = 1, **plan: Any) -> tuple[FolderWatch, Memory]:
        memory = Memory(self.home / "memory.sqlite")
        given = {"settle": SETTLE, "patience": PATIENCE, **plan}
        aside = Quarantine(self.folder, self.quarantine, leave=self.leave)
        made = FolderPlan(self.folder, self.quarantine, **given)
        return FolderWatch(made, self.feed, memory, self.tally, aside, self.told, self.stop, attempts), memory

    def once(self, **plan: Any) -> None:
        watch, memory = self.watching(**plan)
        with memory:
            watch.once()

    def run(self, **plan: Any) -> threading.Thread:
        """Watches in a thread until ``stop`` is set; returns when the first scan is done."""
        scanned = threading.Event()
        watch, memory = self.watching(attempts=None, **plan)

        def work() -> None:
            with memory:
                scan = watch.scan
                watch.scan = lambda *given: (scan(*given), scanned.set())[0]  # type: ignore[method-assign]
                watch.run()

        thread = threading.Thread(target=work)
        thread.start()
        assert scanned.wait(20)
        return thread


def until(what: Callable[[], bool], seconds: float = 20) -> None:
    """``what()`` holds when this returns."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.02)
