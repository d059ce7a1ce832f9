"""``python -m ledger.worker``: the process that anchors what is registered, follows the chain, closes quiet studies."""

from __future__ import annotations

import signal
import sys
import threading
from types import FrameType

import structlog

from ledger.errors import LedgerError
from ledger.logs import configure
from ledger.quieting import close_quiet_studies
from ledger.service import Service
from ledger.settings import Settings
from ledger.working import Worker, worker_lock


def main() -> int:
    """Work until SIGTERM or Ctrl-C. One worker a folder: a second one waits until the first is gone."""
    configure(json_lines=True)
    stop = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    try:
        with Service.open(Settings()) as service:
            _work(service, stop)
    except LedgerError as error:
        structlog.get_logger("worker").error("stopped", code=error.code, message=str(error), advice=error.advice)
        return 1
    return 0


def _work(service: Service, stop: threading.Event) -> None:
    if seconds := service.parts.settings.study_quiet_seconds:
        threading.Thread(target=close_quiet_studies, args=(service, seconds, stop), name="studies", daemon=True).start()
    while not stop.is_set():
        with worker_lock(service.parts.folder.worker_lock) as mine:
            if mine:
                Worker(service).run(stop)
        stop.wait(0.5)


if __name__ == "__main__":
    sys.exit(main())
