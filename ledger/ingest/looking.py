"""Looking at images in a process of its own, so that a receiver uses a second processor for each of its images."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from multiprocessing.connection import Connection

import numpy as np
import structlog

from ledger.core.digests.looks import Looks, Planes, looks_of

_LONGEST = 30.0
_log = structlog.get_logger("ledger.capture")


class Looking:
    """A :data:`ledger.core.digests.looks.Look` with one helper, which starts now. Safe to share between threads.

    While the helper is busy with another image, or when it has gone, the caller looks for itself: nothing waits, and
    nothing is lost with it. Close it at the end.
    """

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._helper: _Helper | None = _Helper()

    def __call__(self, planes: Planes) -> Callable[[], Looks]:
        """Begins; the answer is to be called once."""
        if not self._turn.acquire(blocking=False):
            return partial(looks_of, planes)
        try:
            helper = self._helper
            if helper is not None:
                helper.begin(planes)
                return partial(self._end, helper, planes)
        except OSError:
            self._gone()
        self._turn.release()
        return partial(looks_of, planes)

    def close(self) -> None:
        """The helper has ended."""
        with self._turn:
            helper, self._helper = self._helper, None
        if helper is not None:
            helper.end()

    def _end(self, helper: _Helper, planes: Planes) -> Looks:
        try:
            return helper.answer()
        except (EOFError, OSError):
            self._gone()
            return looks_of(planes)
        finally:
            self._turn.release()

    def _gone(self) -> None:
        _log.warning("helper has gone", helper="looking")
        if self._helper is not None:
            self._helper.end()
        self._helper = None


class _Helper:
    """The process and this side of its connection."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        self._connection = Connection(ours.detach())
        command = [sys.executable, "-P", "-m", "ledger.ingest.looking", str(theirs.fileno())]
        with theirs:
            self._process = subprocess.Popen(
                command, pass_fds=(theirs.fileno(),), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
            )

    def begin(self, planes: Planes) -> None:
        """OSError when it has gone."""
        shapes = [(number, plane.shape, plane.dtype.str) for number, plane in planes.planes]
        self._connection.send((planes.frames, planes.inverted, shapes))
        for _, plane in planes.planes:
            self._connection.send_bytes(np.ascontiguousarray(plane).data.cast("B"))

    def answer(self) -> Looks:
        """EOFError or OSError when it has gone, or takes too long."""
        if not self._connection.poll(_LONGEST):
            raise TimeoutError
        found = self._connection.recv()
        if isinstance(found, Looks):
            return found
        raise OSError("the helper failed")

    def end(self) -> None:
        self._connection.close()
        self._process.kill()
        self._process.wait()


def serve(connection: Connection) -> None:
    """Image after image is looked at, until the other side has gone; None for one that fails here."""
    with suppress(EOFError, OSError):
        while True:
            frames, inverted, shapes = connection.recv()
            planes = tuple(
                (number, np.frombuffer(connection.recv_bytes(), kind).reshape(shape)) for number, shape, kind in shapes
            )
            try:
                found = looks_of(Planes(frames, inverted, planes))
            except Exception:  # noqa: BLE001  the other side looks for itself and meets it there
                found = None
            connection.send(found)


if __name__ == "__main__":
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt of the terminal is its parent's to handle
    serve(Connection(int(sys.argv[1])))
