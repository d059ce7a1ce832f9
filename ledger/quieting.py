"""Closing studies that have gone quiet, beside whatever registers: a path of capture, or the worker of a server."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import structlog

from ledger.errors import LedgerError

if TYPE_CHECKING:
    from ledger.service import Service

_log = structlog.get_logger("ledger.capture")


def close_quiet_studies(service: Service, seconds: int, stop: threading.Event) -> None:
    """Until ``stop`` is set, every study without a new instance for ``seconds`` is closed, once whoever else does so.

    An error is said in the log and tried again.
    """
    while not stop.wait(min(10.0, max(1.0, seconds / 4))):
        try:
            for closed in service.studies.close_quiet(seconds):
                _log.info("study closed", entry=closed.id, instances=closed.count)
        except LedgerError as error:
            _log.warning("studies wait", code=error.code)
        except Exception as error:  # noqa: BLE001  the thread goes on, whatever was met
            _log.error("studies wait", error=type(error).__name__)
