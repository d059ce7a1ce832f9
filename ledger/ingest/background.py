"""What goes on beside a path of capture: anchoring, unless a worker has the folder, and closing quiet studies."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import structlog

from ledger.errors import LedgerError
from ledger.working import Worker, worker_lock

if TYPE_CHECKING:
    from ledger.service import Service
    from ledger.settings import Settings

_log = structlog.get_logger("ledger.capture")
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
        work = [self._anchor] + ([self._close_studies] if self._quiet else [])
        self._threads = [threading.Thread(target=one, name=one.__name__, daemon=True) for one in work]
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

    def _close_studies(self) -> None:
        while not self._stop.wait(min(10.0, max(1.0, self._quiet / 4))):
            try:
                for closed in self._service.studies.close_quiet(self._quiet):
                    _log.info("study closed", entry=closed.id, instances=closed.count)
            except LedgerError as error:
                _log.warning("studies wait", code=error.code)
