"""One child process: started detached from the terminal, its output in a log file, stopped in good time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path

from ledger.errors import OutageError

LOG_BYTES = 8 << 20
"""A log that is larger is put aside (one generation) when its child starts."""
_WRAPPER = str(Path(__file__).with_name("child.py"))


class ChildEnded(OutageError):
    """A part of ``medseal up`` ended by itself; the message has its last lines."""

    code = "part_ended"
    advice = "Read its log; then start medseal up again. Nothing that was acknowledged is lost."


class Child:
    """A part of ``medseal up`` and the process that runs it now, if any."""

    def __init__(self, name: str, command: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        self.name = name
        self.log = log
        self.started_at = 0.0
        self.restarts = 0
        self._command = list(command)
        self._environment = dict(environment)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process id while there is a process."""
        return self._process.pid if self._process is not None else None

    def start(self, *, capture: bool = False) -> None:
        """The command runs in a session of its own, with no standard input, and dies with this process.

        Its output goes to the log; with ``capture``, standard output is kept for :meth:`output` instead.
        """
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        wrapped = [sys.executable, "-I", "-S", _WRAPPER, str(os.getpid()), *self._command]
        with os.fdopen(os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "wb") as output:
            self._process = subprocess.Popen(
                wrapped,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if capture else output,
                stderr=output,
                env=self._environment,
                start_new_session=True,
            )
        self.started_at = time.monotonic()

    def ended(self) -> int | None:
        """The exit status of a process that has ended, negative for a signal; None while it runs or never did."""
        return self._process.poll() if self._process is not None else None

    def output(self) -> str:
        """What a captured process that has ended printed: a few lines, which a pipe holds."""
        assert self._process is not None and self._process.stdout is not None  # noqa: S101
        with self._process.stdout as stream:
            return stream.read().decode()

    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def ask_to_stop(self) -> None:
        """Send SIGTERM."""
        self._send(signal.SIGTERM)

    def wait(self, until: float) -> bool:
        """Whether it has ended by ``until`` (monotonic seconds)."""
        if self._process is None:
            return True
        try:
            self._process.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            return False
        return True

    def kill(self) -> None:
        """It has ended, by SIGKILL if need be."""
        self._send(signal.SIGKILL)
        if self._process is not None:
            self._process.wait()

    def failure(self) -> ChildEnded:
        """Why this part ended, with the last lines of its log."""
        return ChildEnded(f"{self.name} ended with status {self.ended()}; its log {self.log} ends:\n{self.tail()}")

    def tail(self, lines: int = 12) -> str:
        """The last lines of the log."""
        try:
            with self.log.open(encoding="utf-8", errors="replace") as file:
                return "".join(f"    {line.rstrip()}\n" for line in deque(file, lines)).rstrip("\n")
        except OSError:
            return "    (no log)"

    def _send(self, number: signal.Signals) -> None:
        if self.running() and self._process is not None:
            self._process.send_signal(number)


def stop_all(children: Sequence[Child], seconds: float) -> None:
    """All have ended: the later ones first were asked first, each got its time, those left were killed.

    The first child (the chain) is asked last, so that the others can finish what they are sending to it.
    """
    deadline = time.monotonic() + seconds
    last, others = list(children[:1]), list(children[1:])
    for child in reversed(others):
        child.ask_to_stop()
    for child in others:
        child.wait(deadline - seconds * 0.3)
    for child in last:
        child.ask_to_stop()
    for child in children:
        if not child.wait(deadline):
            child.kill()
