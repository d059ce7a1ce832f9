"""Structured logs, set up by the edges and never at import. No patient data, no secrets."""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import MutableMapping
from typing import Any, TextIO, cast

import structlog

_SECRET_NAMES = ("key", "secret", "password", "token", "authorization", "salt")
_QUIET = ("web3", "urllib3", "httpx", "httpcore", "httpx2", "httpcore2", "asyncio", "pydicom", "alembic", "watchfiles")
_SILENT = ("pydicom", "pynetdicom")
"""What they have to say quotes values of the data set; what is refused, and why, is said by us."""


class _StandardError:
    """Standard error as it is at each write: it may be replaced, and the one of now be closed, later."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()

    def isatty(self) -> bool:
        return sys.stderr.isatty()


def configure(*, json_lines: bool, verbose: bool = False, stream: TextIO | None = None) -> None:
    """Send ``structlog`` and the standard library's logs to ``stream`` (if None: what standard error is by then).

    After the call each event is one line: JSON in the children of ``medseal up``, words on a terminal. Fields whose
    name says that they are a secret are replaced by ``***``; ``verbose`` shows the debug level too.
    """
    target = stream or cast(TextIO, _StandardError())
    level = logging.DEBUG if verbose else logging.INFO if json_lines else logging.WARNING
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _hide_secrets,
    ]
    final: list[structlog.typing.Processor] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        if json_lines
        else [structlog.dev.ConsoleRenderer(colors=target.isatty())]
    )
    structlog.configure(
        processors=[*shared, *final],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(target),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(target)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *final], foreign_pre_chain=shared
        )
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in _SILENT:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        warnings.filterwarnings("ignore", module=rf"{name}(\..*)?$")


def _hide_secrets(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for name in event:
        if any(word in name.lower() for word in _SECRET_NAMES):
            event[name] = "***"
    return event
