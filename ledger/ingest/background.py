"""What goes on beside a path of capture: anchoring, unless a worker has the folder, and closing quiet studies."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from ledger.quieting import close_quiet_studies
from ledger.working import Worker, worker_lock

if TYPE_CHECKING:
    from ledger.service import Service
    from ledger.settings import Settings

_PAUSE = 0.5


class Background:
    """Two threads between ``start`` and ``stop``."""

    def __init__(self, service: Service, settings: Settings) -> None:
        self._service = service
        self._quiet = settings.study_quiet_seconds
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """What is registered goes to the chain, by this process or by the worker that has the folder."""
        self._threads = [threading.Thread(target=self._anchor, name="anchoring", daemon=True)]
        if self._quiet:
            quiet = (self._service, self._quiet, self._stop)
            self._threads.append(threading.Thread(target=close_quiet_studies, args=quiet, name="studies", daemon=True))
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Both threads have ended."""
        self._stop.set()
        for thread in self._threads:
            thread.join(30)

    def _anchor(self) -> None:
        while not self._stop.is_set():
            with worker_lock(self._service.parts.folder.worker_lock) as mine:
                if mine:
                    Worker(self._service).run(self._stop)
            self._stop.wait(_PAUSE)
