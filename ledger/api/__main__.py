"""``python -m ledger.api``: serve the API until SIGINT or SIGTERM."""

from __future__ import annotations

import sys

import uvicorn

from ledger import logs
from ledger.api.app import make_app
from ledger.service import Service
from ledger.settings import Settings

GRACE_SECONDS = 20


def main() -> None:
    """Opens the ledger, serves it on ``settings.api_host`` and ``api_port``, answers what is under way, closes it."""
    settings = Settings()
    logs.configure(json_lines=not sys.stderr.isatty())
    uvicorn.run(
        make_app(lambda: Service.open(settings), settings),
        host=settings.api_host,
        port=settings.api_port,
        log_config=None,
        access_log=False,  # uvicorn's would write query strings; the envelope has its own line
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


if __name__ == "__main__":
    main()
