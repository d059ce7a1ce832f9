"""``python -m ledger.api``: serve the API until SIGINT or SIGTERM."""

from __future__ import annotations

import signal
import sys
from types import FrameType

import structlog
import uvicorn

from ledger import logs
from ledger.api.app import create_app
from ledger.errors import LedgerError
from ledger.service import Service
from ledger.settings import Settings

GRACE_SECONDS = 20
# py-evm raises the limit so far that nested JSON would overrun the C stack and end the process.
RECURSION_LIMIT = 2_000


def main() -> int:
    """Opens the ledger, serves it on ``settings.api_host`` and ``api_port``, answers what is under way, closes it.

    0 after a signal; 1 when the ledger cannot be opened, with one line in the log that says why."""
    settings = Settings()
    logs.configure(json_lines=not sys.stderr.isatty())
    # uvicorn raises the signal again once it has stopped; the default would end the process with the ledger open
    signal.signal(signal.SIGTERM, _leave)
    try:
        with Service.open(settings) as service:
            sys.setrecursionlimit(RECURSION_LIMIT)
            service.warm()
            _serve(service, settings)
    except LedgerError as error:
        structlog.get_logger("ledger.api").error("not started", code=error.code, detail=str(error), advice=error.advice)
        return 1
    return 0


def _serve(service: Service, settings: Settings) -> None:
    uvicorn.run(
        create_app(service, settings),
        host=settings.api_host,
        port=settings.api_port,
        log_config=None,
        access_log=False,  # uvicorn's would write query strings; the envelope has its own line
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


def _leave(_number: int, _frame: FrameType | None) -> None:
    sys.exit(0)


if __name__ == "__main__":
    sys.exit(main())
