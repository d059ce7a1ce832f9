"""What every suite is given: how long to measure, where to say how far it is, and the running ledger."""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack
from pathlib import Path

from ledger.bench.stack import Stack


class Bench:
    """One run in one temporary folder. The ledger starts when a suite first asks for it."""

    def __init__(self, folder: Path, closing: ExitStack, *, quick: bool) -> None:
        self.folder = folder
        self.quick = quick
        self._closing = closing
        self._stack: Stack | None = None

    def stack(self) -> Stack:
        """The running ledger, with a worker that anchors by ``register``."""
        if self._stack is None:
            start = time.perf_counter()
            self._stack = self._closing.enter_context(Stack(self.folder / "data"))
            self.say(f"chain and API are up after {time.perf_counter() - start:.1f} s")
        self._stack.anchor_by("register")
        return self._stack

    def rounds(self, full: int) -> int:
        """How often to repeat: ``full`` times, or about an eighth of that (2 at least) in a quick run."""
        return max(2, full // 8) if self.quick else full

    def say(self, line: str) -> None:
        """Tell people how far it is, on standard error."""
        sys.stderr.write(f"bench: {line}\n")
        sys.stderr.flush()
