"""The codes of one registrar, searched exactly.

faiss finds the nearest codes; what is wanted are the nearest registrations, of which one may own many near codes. The
search is widened until enough registrations stand strictly before the farthest code that was looked at: all that is
nearer has then been seen. Where that takes too long (many images with one code, as black ones have) every distance is
computed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ledger.core.model import CodeRow
from ledger.ports import CODE_RECORD

CODE = 32
"""Bytes of a code, which follow frame and window in its record."""
_FARTHER = 8 * CODE + 1
_WIDTHS = (64, 1024)
"""How many codes are asked for first, and then, before all are looked at."""
_CHUNK = 1 << 16

Codes = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.int64]


class Hit(NamedTuple):
    """A registration's nearest code: ordered by distance, then by the place of the registration in its log."""

    distance: int
    row: int
    query: int
    code: int


class Shard:
    """Codes in the order of their registrations. Not safe for use by two threads at once."""

    def __init__(self) -> None:
        import faiss  # a quarter of a second that only a search should wait for

        self._faiss: Any = faiss
        self._flat: Any = faiss.IndexBinaryFlat(8 * CODE)
        self._starts: Numbers = np.zeros(0, np.int64)
        self._places: Codes = np.zeros((0, CODE_RECORD - CODE), np.uint8)
        self.ids: list[str] = []
        self.position = 0
        """The log position from which on nothing has been looked at."""
        self.damaged: dict[int, str] = {}
        """The registrations whose codes could not be read, by log position."""

    def add(self, rows: Sequence[CodeRow]) -> None:
        """Take in ``rows``, which stand in the log in this order after all that are here.

        A damaged one is noted; given again when it is mended, it is taken in behind the others.
        """
        for row in rows:
            if row.damage:
                self.damaged[row.position] = row.id
        kept = [row for row in rows if row.codes]
        if kept:
            records = np.frombuffer(b"".join(row.codes for row in kept), np.uint8).reshape(-1, CODE_RECORD)
            ends = np.cumsum([len(row.codes) // CODE_RECORD for row in kept])
            starts = np.concatenate(([0], ends[:-1])) + self._flat.ntotal
            self._flat.add(np.ascontiguousarray(records[:, -CODE:]))
            self._starts = np.concatenate((self._starts, starts))
            self._places = np.concatenate((self._places, records[:, :-CODE]))
            self.ids += [row.id for row in kept]
        if rows:
            self.position = max(self.position, rows[-1].position + 1)

    def place(self, code: int) -> tuple[int, int]:
        """Frame and window of the code of this number."""
        frame, window = self._places[code].tolist()
        return frame, window

    def nearest(self, queries: Codes, count: int) -> list[Hit]:
        """The ``count`` registrations nearest to any of ``queries``, each once, as if all had been compared.

        Among codes of a registration that are equally near, the first query's first code is named.
        """
        if not self.ids:
            return []
        for width in _WIDTHS:
            if (hits := self._among(queries, count, max(width, 4 * count))) is not None:
                return hits
        return self._among_all(queries, count)

    def _among(self, queries: Codes, count: int, width: int) -> list[Hit] | None:
        """The answer by the ``width`` codes nearest to each query, None where these do not settle it."""
        width = min(width, self._flat.ntotal)
        # One thread: where the cores are busy, the threads of one search wait for each other for a hundred
        # milliseconds. The setting is the calling thread's own, so it has to be made here.
        self._faiss.omp_set_num_threads(1)
        distances, codes = self._flat.search(queries, width)
        seen_all = width == self._flat.ntotal
        bound = _FARTHER if seen_all else int(distances[:, -1].min())
        query, rank = np.nonzero(distances < bound)
        found = _first_of_each(distances[query, rank], codes[query, rank], query, self._starts)[:count]
        return found if len(found) == count or seen_all else None

    def _among_all(self, queries: Codes, count: int) -> list[Hit]:
        distances, nearest = self._compared(queries)
        of_rows = np.minimum.reduceat(distances, self._starts)
        rows = np.argsort(of_rows, kind="stable")[:count]
        ends = np.append(self._starts[1:], len(distances))
        hits = []
        for row in rows.tolist():
            codes = np.arange(self._starts[row], ends[row])
            codes = codes[distances[codes] == of_rows[row]]
            code = codes[np.argmin(nearest[codes])]
            hits.append(Hit(int(of_rows[row]), row, int(nearest[code]), int(code)))
        return hits

    def _compared(self, queries: Codes) -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.int32]]:
        """For each code the distance to the nearest query, and the first query that is as near."""
        stored = self._faiss.rev_swig_ptr(self._flat.xb.data(), self._flat.ntotal * CODE).view(np.uint64).reshape(-1, 4)
        distances = np.full(len(stored), _FARTHER, np.uint16)
        nearest = np.zeros(len(stored), np.int32)
        for number, query in enumerate(np.ascontiguousarray(queries).view(np.uint64)):
            for at in range(0, len(stored), _CHUNK):
                part = slice(at, at + _CHUNK)
                found = np.bitwise_count(stored[part] ^ query).sum(axis=1, dtype=np.uint16)
                nearer = found < distances[part]
                distances[part][nearer] = found[nearer]
                nearest[part][nearer] = number
        return distances, nearest


def _first_of_each(distances: Numbers, codes: Numbers, queries: Numbers, starts: Numbers) -> list[Hit]:
    rows = np.searchsorted(starts, codes, side="right") - 1
    order = np.lexsort((codes, queries, rows, distances))
    _, first = np.unique(rows[order], return_index=True)
    chosen = order[np.sort(first)]
    columns = (values[chosen].tolist() for values in (distances, rows, queries, codes))
    return [Hit(*values) for values in zip(*columns, strict=True)]
