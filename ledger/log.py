"""The Merkle trees of the registrars' logs, kept in memory and grown from the store as entries are appended."""

from __future__ import annotations

import threading

from ledger.core.merkle import Tree
from ledger.errors import NotFound
from ledger.ports import RecordStore


class _Prefix(Tree):
    """The first ``size`` leaves of a tree that goes on growing elsewhere.

    It shares the grown tree's bytes: complete subtrees inside a prefix never change, so no lock is needed to read.
    """

    def __init__(self, tree: Tree, size: int) -> None:
        self._levels = tree._levels
        self._fixed = size

    @property
    def size(self) -> int:
        return self._fixed

    def append(self, _leaf: bytes) -> None:
        raise TypeError("a prefix of a log's tree is read only")


class LogTrees:
    """One tree for each registrar; safe to use from many threads. 64 bytes of memory an entry."""

    def __init__(self, store: RecordStore) -> None:
        self._store = store
        self._guard = threading.Lock()
        self._locks: dict[str, threading.Lock] = {}
        self._trees: dict[str, Tree] = {}

    def at(self, registrar: str, size: int | None = None) -> Tree:
        """The log's tree at ``size`` entries, or with all that are stored now; it does not grow later, and is not to
        be appended to.

        Reads the store only for what is not in memory yet. NotFound when the log is shorter than ``size``.
        """
        with self._guard:
            lock = self._locks.setdefault(registrar, threading.Lock())
            tree = self._trees.setdefault(registrar, Tree())
        with lock:
            if size is None or size > tree.size:
                tree.extend(self._store.leaves(registrar, tree.size))
            if size is not None and size > tree.size:
                raise NotFound(f"expected a log of {size} entries for registrar {registrar}, found {tree.size}")
            return _Prefix(tree, tree.size if size is None else size)
