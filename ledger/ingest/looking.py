"""Looking at images in a process of its own, so that a receiver uses a second processor for each of its images."""

from __future__ import annotations

import itertools
import math
import mmap
import os
import pickle
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import structlog

from ledger.core.digests.looks import Planes, trace_of
from ledger.core.model import TraceRecord

_SECONDS = 3.0
_BYTES_A_SECOND = 5e6
"""How long one image may take the helper, from the first byte of it to the answer: so much, and so much by its size."""
_PAUSE_SECONDS = 30.0
"""A helper that went is started again after this."""
_LENGTH = struct.Struct("!Q")
_ALIGNED = 64
_log = structlog.get_logger("ledger.capture")


class Looking:
    """A :data:`ledger.core.digests.looks.Look` with one helper, which starts now. Safe to share between threads.

    While the helper is busy with another image, or when it has gone, the caller looks for itself. A helper that stands
    still costs one image some seconds; it is killed, and another started after a pause. Close it at the end.
    """

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._closed = False
        self._again = 0.0
        self._helper: _Helper | None = _Helper()

    def __call__(self, planes: Planes) -> Callable[[], TraceRecord | None]:
        """Begins; the answer is to be called once."""
        if not self._turn.acquire(blocking=False):
            return partial(trace_of, planes)
        begun = False
        try:
            helper = self._ready()
            if helper is not None:
                helper.begin(planes)
                begun = True
                return partial(self._end, helper, planes)
        except OSError:
            self._gone()
        except BaseException:
            self._gone()  # what it was told is not whole
            raise
        finally:
            if not begun:
                self._turn.release()
        return partial(trace_of, planes)

    def close(self) -> None:
        """The helper has ended, whatever it was doing; who waits for it looks for itself."""
        self._closed = True
        if (helper := self._helper) is not None:
            helper.kill()
        turn = self._turn.acquire(timeout=_SECONDS)
        helper, self._helper = self._helper, None
        if helper is not None:
            helper.end()
        if turn:
            self._turn.release()

    def _ready(self) -> _Helper | None:
        if self._helper is None and not self._closed and time.monotonic() >= self._again:
            self._helper = _Helper()
            _log.info("helper has come back", helper="looking")
        return self._helper

    def _end(self, helper: _Helper, planes: Planes) -> TraceRecord | None:
        try:
            found = helper.answer()
        except (EOFError, OSError):
            self._gone()
            found = None
        except BaseException:
            self._gone()  # its answer must not be taken for that to the next image
            raise
        finally:
            self._turn.release()
        return trace_of(planes) if found is None else found[0]

    def _gone(self) -> None:
        if not self._closed:
            _log.warning("helper has gone", helper="looking")
        self._again = time.monotonic() + _PAUSE_SECONDS
        helper, self._helper = self._helper, None
        if helper is not None:
            helper.end()


class _Helper:
    """The process and this side of its connection. One deadline holds for all that is said about one image."""

    def __init__(self) -> None:
        self._socket, theirs = socket.socketpair()
        self._until = 0.0
        self._memory = _Memory.made()
        shared = (theirs.fileno(), self._memory.descriptor)
        command = [sys.executable, "-P", "-m", "ledger.ingest.looking", *map(str, shared)]
        with theirs:
            self._process = subprocess.Popen(
                command, pass_fds=shared, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
            )

    def begin(self, planes: Planes) -> None:
        """OSError when it has gone, or takes too long."""
        shapes = [(number, plane.shape, plane.dtype.str) for number, plane in planes.planes]
        self._until = time.monotonic() + _SECONDS + sum(plane.nbytes for _, plane in planes.planes) / _BYTES_A_SECOND
        self._memory.put([plane for _, plane in planes.planes])
        _send(self._socket, pickle.dumps((planes.frames, shapes)), self._until)

    def answer(self) -> tuple[TraceRecord | None] | None:
        """The fingerprint as it was made, None when that failed there. EOFError or OSError when the helper has gone, or
        takes too long."""
        found = pickle.loads(_receive(self._socket, self._until))  # noqa: S301  our own process
        return found if isinstance(found, tuple) else None

    def kill(self) -> None:
        """The process ends; whoever waits for it finds out."""
        self._process.kill()

    def end(self) -> None:
        """The process has ended and the connection is closed."""
        self._process.kill()
        self._socket.close()
        self._memory.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_SECONDS)


class _Memory:
    """Memory that both processes see: what goes through a socket is copied twice, in pieces."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._size = 0
        self._mapped: mmap.mmap | None = None

    @classmethod
    def made(cls) -> _Memory:
        """Empty; it goes with the last process that has it open. OSError when there is none to be had."""
        if hasattr(os, "memfd_create"):
            return cls(os.memfd_create("medseal-looking"))
        with tempfile.TemporaryFile() as file:
            return cls(os.dup(file.fileno()))

    def put(self, planes: Sequence[npt.NDArray[Any]]) -> None:
        """The bytes of ``planes`` one after another, each from a multiple of 64 bytes on."""
        total = _starts([plane.nbytes for plane in planes])[-1]
        if total > self._size:
            os.ftruncate(self.descriptor, total)
        whole = np.frombuffer(self._upto(total), np.uint8)
        for start, plane in zip(_starts([plane.nbytes for plane in planes]), planes, strict=False):
            whole[start : start + plane.nbytes] = np.ascontiguousarray(plane).reshape(-1).view(np.uint8)

    def get(self, shapes: Sequence[tuple[tuple[int, ...], str]]) -> list[npt.NDArray[Any]]:
        """What :meth:`put` left there in the other process; it changes with the next image."""
        counts = [math.prod(shape) * np.dtype(kind).itemsize for shape, kind in shapes]
        whole = np.frombuffer(self._upto(_starts(counts)[-1]), np.uint8)
        return [
            whole[start : start + count].view(kind).reshape(shape)
            for start, count, (shape, kind) in zip(_starts(counts), counts, shapes, strict=False)
        ]

    def _upto(self, total: int) -> mmap.mmap:
        if self._mapped is None or total > self._size:
            self._mapped, self._size = mmap.mmap(self.descriptor, total), total  # the old one goes with its last array
        return self._mapped

    def close(self) -> None:
        """This process has let go of it."""
        self._mapped = None
        os.close(self.descriptor)


def _starts(counts: Sequence[int]) -> list[int]:
    """Where each begins, and at last where all of them end."""
    return [0, *itertools.accumulate(-(-count // _ALIGNED) * _ALIGNED for count in counts)]


def _send(connection: socket.socket, data: bytes | memoryview, until: float | None = None) -> None:
    """TimeoutError, an OSError, when the other side has not taken all of it by ``until``."""
    for piece in (_LENGTH.pack(len(data)), data):
        _allow(connection, until)
        connection.sendall(piece)


def _receive(connection: socket.socket, until: float | None = None) -> bytearray:
    """EOFError when the other side has gone, TimeoutError when it has not said all by ``until``."""
    (count,) = _LENGTH.unpack(_exactly(connection, _LENGTH.size, until))
    return _exactly(connection, count, until)


def _exactly(connection: socket.socket, count: int, until: float | None) -> bytearray:
    found = bytearray(count)
    rest = memoryview(found)
    while rest:
        _allow(connection, until)
        read = connection.recv_into(rest)
        if not read:
            raise EOFError
        rest = rest[read:]
    return found


def _allow(connection: socket.socket, until: float | None) -> None:
    # What is there already is read even when the time is up: the caller had work of its own in the meantime.
    connection.settimeout(None if until is None else max(0.001, until - time.monotonic()))


def serve(connection: socket.socket, memory: _Memory) -> None:
    """Image after image is looked at, until the other side has gone; None for one that fails here."""
    with suppress(EOFError, OSError):
        while True:
            planes = _planes(connection, memory)
            found: Any
            try:
                found = (trace_of(planes),)
            except Exception:  # noqa: BLE001  the other side looks for itself and meets it there
                found = None
            _send(connection, pickle.dumps(found))


def _planes(connection: socket.socket, memory: _Memory) -> Planes:
    frames, shapes = pickle.loads(_receive(connection))  # noqa: S301  our own process
    found = memory.get([(shape, kind) for _, shape, kind in shapes])
    return Planes(frames, tuple(zip((number for number, _, _ in shapes), found, strict=True)))


if __name__ == "__main__":
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt of the terminal is its parent's to handle
    serve(socket.socket(fileno=int(sys.argv[1])), _Memory(int(sys.argv[2])))
