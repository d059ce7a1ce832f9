"""A registry that remembers the chain's answers for a moment, so that warm verification asks no node."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Any

from ledger.core.model import Block, DirectoryEntry, Head
from ledger.ports import Registry

_MOST_ANSWERS = 10_000


@dataclass(frozen=True)
class AnchoredHead:
    """A head as the chain's own event tells it: the block, the transaction and the root."""

    block: Block
    transaction: str
    root: bytes | None


class CachedReads:
    """What verification asks of the contract; answers are at most ``seconds`` old, an error is never kept.

    So a compromise, a reorganisation or an outage shows at most ``seconds`` late.
    """

    def __init__(self, registry: Registry, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._registry = registry
        self._seconds = seconds
        self._clock = clock
        self._answers: dict[tuple[Any, ...], tuple[float, Any]] = {}
        self._heads: dict[str, dict[tuple[str, int | None], AnchoredHead]] = {}
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
        """As :meth:`ledger.ports.Registry.head`, at most one lifetime old."""
        answer: Head = self._ask("head", registrar)
        return answer

    def root_at(self, registrar: str, sequence: int) -> bytes | None:
        """As :meth:`ledger.ports.Registry.root_at`, at most one lifetime old."""
        answer: bytes | None = self._ask("root_at", registrar, sequence)
        return answer

    def directory(self, registrar: str) -> DirectoryEntry:
        """As :meth:`ledger.ports.Registry.directory`, at most one lifetime old."""
        answer: DirectoryEntry = self._ask("directory", registrar)
        return answer

    def anchored_in(self, number: int, registrar: str, sequence: int) -> AnchoredHead | None:
        """The head that block ``number`` gave the registrar under ``sequence``; None if it did not.

        What a block holds is fixed by its hash and remembered for longer; which block stands at ``number`` is not.
        """
        block: Block = self._ask("block", number)
        heads = self._heads.get(block.hash)
        if heads is None:
            events = self._registry.events(number, number)
            heads = {
                (event.registrar, event.sequence): AnchoredHead(block, event.tx_hash, event.root)
                for event in events
                if event.name == "HeadAdvanced" and event.block.hash == block.hash
            }
            with self._lock:
                if len(self._heads) >= _MOST_ANSWERS:
                    self._heads.clear()
                self._heads[block.hash] = heads
        return heads.get((registrar, sequence))

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
