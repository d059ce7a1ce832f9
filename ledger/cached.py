"""A registry that remembers the chain's answers for a moment, so that warm verification asks no node."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock
from typing import Any

from ledger.core.model import Block, DirectoryEntry, Head
from ledger.ports import Registry

_MOST_ANSWERS = 10_000


class CachedReads:
    """What verification asks of the contract; answers are at most ``seconds`` old, an error is never kept.

    So a compromise, a reorganisation or an outage shows at most ``seconds`` late.
    """

    def __init__(self, registry: Registry, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._registry = registry
        self._seconds = seconds
        self._clock = clock
        self._answers: dict[tuple[Any, ...], tuple[float, Any]] = {}
        self._lock = Lock()
        self.chain_id = registry.chain_id
        self.address = registry.address

    def newest(self, at_least: int = 0) -> Block:
        """The newest block; asked again when the remembered one is older than block ``at_least``, known by others."""
        answer: Block = self._ask("block")
        if answer.number < at_least:
            self._forget(("block",))
            answer = self._ask("block")
        return answer

    def head(self, registrar: str) -> Head:
        answer: Head = self._ask("head", registrar)
        return answer

    def root_at(self, registrar: str, sequence: int) -> bytes | None:
        answer: bytes | None = self._ask("root_at", registrar, sequence)
        return answer

    def directory(self, registrar: str) -> DirectoryEntry:
        answer: DirectoryEntry = self._ask("directory", registrar)
        return answer

    def _forget(self, key: tuple[Any, ...]) -> None:
        with self._lock:
            self._answers.pop(key, None)

    def _ask(self, method: str, *arguments: Any) -> Any:
        key, now = (method, *arguments), self._clock()
        with self._lock:
            known = self._answers.get(key)
        if known is not None and now - known[0] < self._seconds:
            return known[1]
        answer = getattr(self._registry, method)(*arguments)
        with self._lock:
            if len(self._answers) >= _MOST_ANSWERS:
                self._answers.clear()
            self._answers[key] = (now, answer)
        return answer
