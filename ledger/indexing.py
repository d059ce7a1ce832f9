"""The contract's events, read from the chain into the store, through reorganisations."""

from __future__ import annotations

from ledger.core.model import Block
from ledger.ports import RecordStore, Registry

SPAN = 2_000
"""Blocks read and stored at once: what a crash has to read again at most."""


class Indexer:
    """Keeps the store's events equal to the contract's. ``first_block``: where the contract was deployed."""

    def __init__(self, store: RecordStore, registry: Registry, *, first_block: int = 0) -> None:
        self._store = store
        self._registry = registry
        self._first = first_block

    def catch_up(self) -> int:
        """Store all events up to the newest block, and answer how many were read.

        Events in blocks that have left the chain since are no longer canonical afterwards. Stops where the chain
        changes during the reading; the next call goes on from there.
        """
        newest = self._registry.block()
        cursor = self._rewound(newest)
        first, read = self._first if cursor is None else cursor.number + 1, 0
        while first <= newest.number:
            last = min(first + SPAN - 1, newest.number)
            end = newest if last == newest.number else self._registry.block(last)
            events = self._registry.events(first, last)
            if self._registry.block(last).hash != end.hash:
                break
            self._store.save_events(events, end)
            first, read = last + 1, read + len(events)
        return read

    def _rewound(self, newest: Block) -> Block | None:
        """The store's cursor, put back to a block that the chain still has when it was at another one."""
        cursor = self._store.cursor()
        if cursor is None or self._is_canonical(cursor, newest):
            return cursor
        ancestor = next((block for block in self._known_blocks() if self._is_canonical(block, newest)), None)
        self._store.rewind(ancestor)
        return ancestor

    def _known_blocks(self) -> list[Block]:
        """The blocks that canonical events stand in, newest first: the store keeps no others to compare with."""
        registrars = [registrar.id for registrar in self._store.registrars()]
        blocks = {event.block for registrar in registrars for event in self._store.events(registrar)}
        return sorted(blocks, key=lambda block: block.number, reverse=True)

    def _is_canonical(self, block: Block, newest: Block) -> bool:
        return block.number <= newest.number and self._registry.block(block.number).hash == block.hash
