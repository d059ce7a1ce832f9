"""The index over all registrars, filled from the store and kept up with it."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from heapq import merge
from itertools import islice

import numpy as np

from ledger.core.model import CodeRow
from ledger.errors import LedgerError
from ledger.lookalikes.shard import CODE, Codes, Shard
from ledger.ports import Near, RecordStore

_PIECE = 4000
_RETRIED = 8
"""So many damaged rows are looked at again with each search."""


class FlatIndex:
    """:class:`ledger.ports.CodeIndex` over a store, a shard a registrar, 34 bytes a code in memory.

    It is empty until the first search, which fills it. Registrations equally near come in the order of the store:
    older registrars first, then by place in the log. Safe to share between threads, which take turns.
    """

    def __init__(self, store: RecordStore) -> None:
        self._store = store
        self._shards: dict[str, Shard] = {}
        self._turn = threading.Lock()

    def nearest(self, codes: bytes, count: int) -> list[Near]:
        """See :meth:`ledger.ports.CodeIndex.nearest`; TraceUnreadable where codes want another key."""
        if len(codes) % CODE or count < 0:
            raise LedgerError(f"expected codes of {CODE} bytes each and a count, found {len(codes)} bytes and {count}")
        queries = np.frombuffer(codes, np.uint8).reshape(-1, CODE)
        with self._turn:
            self._catch_up()
            if not codes or not count:
                return []
            found = [self._found(shard, queries, count) for shard in self._shards.values()]
        return list(islice(merge(*found, key=lambda near: near.distance), count))

    def size(self) -> int:
        """How many registrations with codes are looked through, as of the last search."""
        return sum(len(shard.ids) for shard in self._shards.values())

    def damaged(self) -> int:
        """How many are not, because their codes are damaged in the store, as of the last search."""
        return sum(len(shard.damaged) for shard in self._shards.values())

    def _found(self, shard: Shard, queries: Codes, count: int) -> list[Near]:
        hits = shard.nearest(queries, count)
        return [Near(shard.ids[hit.row], hit.distance, hit.query, *shard.place(hit.code)) for hit in hits]

    def _catch_up(self) -> None:
        """All that the store holds now is here, in its order of registrars."""
        names = [registrar.id for registrar in self._store.registrars()]
        for name in names:
            if name not in self._shards:
                self._shards[name] = Shard()
        self._shards = {name: self._shards[name] for name in names}
        for name, shard in self._shards.items():
            for position in list(shard.damaged)[:_RETRIED]:  # mended since, perhaps
                del shard.damaged[position]
                shard.add(list(self._store.codes(name, position, position + 1)))
            # The size first: what is below it is there to be read, also where it has no codes.
            size = self._store.log_size(name)
            if size > shard.position:
                for rows in _pieces(self._store.codes(name, shard.position)):
                    shard.add(rows)
                shard.position = max(shard.position, size)


def _pieces(rows: Iterable[CodeRow]) -> Iterator[list[CodeRow]]:
    rest = iter(rows)
    while some := list(islice(rest, _PIECE)):
        yield some
