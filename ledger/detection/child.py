"""``python -m ledger.detection.child FD MEMORY SECONDS``: the worker's process.

It reads over the socket ``FD`` what to call, and then question after question until the other side is gone. It never
holds more than ``MEMORY`` bytes of address space, and a question that takes ``SECONDS`` ends it, parent or no parent.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from ledger.detection.answers import message
from ledger.errors import DetectorUnavailable, LedgerError

_POLITENESS = 5
"""Niceness, so that what people wait for goes first."""


def main() -> None:
    """Returns when the other side has closed the connection."""
    descriptor, memory, seconds = (int(word) for word in sys.argv[1:])
    # an interrupt of the terminal is its parent's to handle
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(_POLITENESS)
    with suppress(ValueError, OSError):  # not every system can limit address space
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    with Connection(descriptor) as connection, suppress(EOFError, ConnectionError):
        target, arguments = connection.recv()
        module, _, name = target.partition(":")
        serve(connection, lambda: getattr(import_module(module), name)(*arguments), seconds)


def serve(connection: Connection, make: Callable[[], Callable[..., Any]], seconds: int) -> None:
    """Question after question is answered, by plain data or by the LedgerError that stands for what went wrong."""
    work: Callable[..., Any] | None = None
    while True:
        options, payload = connection.recv(), connection.recv_bytes()
        signal.alarm(seconds)
        try:
            work = work or make()
            answer = message(work(payload, **options))
        except LedgerError as error:
            answer = message(error)
        except MemoryError:
            said = "the forgery detector needs more memory for this image than it may have"
            advice = "Examine a smaller part of the image."
            answer = message(DetectorUnavailable(said, code="detector_memory", advice=advice))
        except Exception as error:  # noqa: BLE001  the other side must hear of anything, and this process goes on
            said = f"the forgery detector failed: {_place(error)}"
            answer = message(DetectorUnavailable(said, code="detector_failed"))
        finally:
            signal.alarm(0)
        connection.send_bytes(answer)


def _place(error: Exception) -> str:
    """Type and place of an error. Not its text, which may quote a file that holds a patient's name."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {Path(last.filename).name}:{last.lineno}"


if __name__ == "__main__":
    main()
