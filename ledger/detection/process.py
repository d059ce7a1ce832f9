"""A worker: one process that answers one question at a time, and that can be ended at any moment without harm."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

from ledger.detection.answers import MOST_BYTES, malformed, received
from ledger.errors import DetectorUnavailable

_GRACE_SECONDS = 5
"""So much after the time limit the child ends itself, should its parent be gone by then."""


class Worker:
    """Asks ``target`` (``module:function``) in a process of its own, started with the first question.

    ``function(*arguments)`` is called there once and answers the callable that takes the questions. At most
    ``waiting`` questions wait, none longer than ``seconds`` for its turn and ``seconds`` for its answer; ``memory`` is
    the process's address space in bytes. Safe to share between threads.
    """

    def __init__(self, target: str, arguments: tuple[Any, ...], *, seconds: float, waiting: int, memory: int) -> None:
        self._job = (target, arguments)
        self._seconds = seconds
        self._memory = memory
        self._places = threading.BoundedSemaphore(1 + waiting)
        self._turn = threading.Lock()
        self._child: _Child | None = None
        self._closed = False

    def ask(self, payload: bytes, **options: Any) -> Any:
        """What the callable answers to ``payload`` and ``options``: plain data, whose fields are not checked here.

        A LedgerError that it raises is raised here. DetectorUnavailable with the code ``detector_busy``,
        ``detector_timeout``, ``detector_ended`` or ``detector_answer`` (longer than an answer can be, or no JSON) when
        there is no answer; the next question starts a new process.
        """
        with self._my_turn():
            if self._closed:
                raise DetectorUnavailable("the forgery detector is shut down", code="detector_ended")
            answer = self._exchange(payload, options)
        return received(answer)

    def close(self) -> None:
        """The process is gone; a question under way ends with DetectorUnavailable, and so does every later one."""
        self._closed = True
        if (child := self._child) is not None:
            child.end()

    @contextmanager
    def _my_turn(self) -> Iterator[None]:
        if not self._places.acquire(blocking=False):
            raise DetectorUnavailable("the forgery detector is busy: its queue is full", code="detector_busy")
        try:
            if not self._turn.acquire(timeout=self._seconds):
                said = f"the forgery detector is busy: no turn within {self._seconds:g} s"
                raise DetectorUnavailable(said, code="detector_busy")
            try:
                yield
            finally:
                self._turn.release()
        finally:
            self._places.release()

    def _exchange(self, payload: bytes, options: dict[str, Any]) -> bytes:
        """One question and its answer; the child is ended when the time is up, which also ends a blocked write."""
        late = threading.Event()

        def expire() -> None:
            late.set()
            child.end()

        began = time.monotonic()
        child = self._running()
        timer = threading.Timer(max(0.0, self._seconds - (time.monotonic() - began)), expire)
        timer.daemon = True
        timer.start()
        try:
            child.connection.send(options)
            child.connection.send_bytes(payload)
            return child.connection.recv_bytes(MOST_BYTES)
        except (EOFError, OSError) as error:
            raise self._gone(child, late.is_set(), error) from None
        finally:
            timer.cancel()
            if late.is_set() or not child.alive():
                self._forget(child)

    def _running(self) -> _Child:
        if self._child is not None and not self._child.alive():
            self._forget(self._child)
        if self._child is None:
            self._child = _Child(self._job, self._memory, int(self._seconds) + _GRACE_SECONDS)
        return self._child

    def _forget(self, child: _Child) -> None:
        child.end()
        child.connection.close()
        self._child = None

    def _gone(self, child: _Child, late: bool, error: Exception) -> DetectorUnavailable:
        if late:
            said = f"the forgery detector gave no answer within {self._seconds:g} s and was ended"
            return DetectorUnavailable(said, code="detector_timeout")
        child.end()
        if not isinstance(error, EOFError | ConnectionError):  # too long, or cut off
            return malformed()
        said = f"the forgery detector's process ended by itself (exit code {child.exit_code()})"
        return DetectorUnavailable(said, code="detector_ended")


class _Child:
    """The process and this side of its connection."""

    def __init__(self, job: tuple[str, tuple[Any, ...]], memory: int, seconds: int) -> None:
        ours, theirs = socket.socketpair()
        self.connection = Connection(ours.detach())
        command = [sys.executable, "-m", "ledger.detection.child", str(theirs.fileno()), str(memory), str(seconds)]
        with theirs:
            # stderr: the libraries behind a model write notices there that nobody asked for
            self._process = subprocess.Popen(
                command,
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        # a child that ended at once is found out by the question that follows
        try:
            self.connection.send(job)
        except OSError:
            self.end()

    def alive(self) -> bool:
        return self._process.poll() is None

    def end(self) -> None:
        """The process is gone when this returns."""
        self._process.kill()
        self._process.wait()

    def exit_code(self) -> int | None:
        return self._process.poll()
