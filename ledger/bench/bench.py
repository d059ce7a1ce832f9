"""What every suite is given: how long to measure, where to say how far it is, and the running ledger."""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ledger.bench.stack import Stack


@dataclass(frozen=True)
class Copies:
    """What is wanted of the suite ``altered``: a folder of pictures (None: its own choice), how many originals (None:
    its own number), the seed, worker processes, and a folder for the tables and single outcomes."""

    data: Path | None = None
    count: int | None = None
    seed: int = 4
    jobs: int = 2
    out: Path | None = None


@dataclass
class Shown:
    """What suites show beside their figures: texts under the table, and members of the JSON object."""

    texts: list[str] = field(default_factory=list)
    objects: dict[str, Any] = field(default_factory=dict)


class Bench:
    """One run in one temporary folder. The ledger starts when a suite first asks for it."""

    def __init__(
        self,
        folder: Path,
        closing: ExitStack,
        *,
        quick: bool,
        copies: Copies | None = None,
        shown: Shown | None = None,
    ) -> None:
        self.folder = folder
        self.quick = quick
        self.copies = copies or Copies()
        self.shown = shown or Shown()
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
