"""The trees of the logs in memory."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.core.merkle import Tree, leaf_hash, root
from ledger.core.model import LogEntry
from ledger.errors import NotFound
from ledger.log import LogTrees


class Leaves:
    """The one method of a store that trees need; the log's entries are any bytes."""

    def __init__(self, count: int = 0) -> None:
        self.bodies = [str(index).encode() for index in range(count)]
        self.read: list[int] = []

    @property
    def all(self) -> list[bytes]:
        return [leaf_hash(body) for body in self.bodies]

    def entries(self, registrar: str, start: int = 0, end: int | None = None) -> list[LogEntry]:
        found = [
            LogEntry(registrar, start + place, "", "", b"another leaf", body, None, datetime.now(UTC))
            for place, body in enumerate(self.bodies[start:end])
        ]
        self.read.append(len(found))
        return found


def trees(store: Leaves) -> LogTrees:
    used: Any = store
    return LogTrees(used)


@given(st.integers(0, 70), st.integers(0, 70))
def test_a_tree_at_a_size_is_the_tree_of_that_many_leaves(count: int, more: int) -> None:
    store = Leaves(count + more)
    logs = trees(store)
    logs.at("a")
    tree, plain = logs.at("a", count), Tree()
    plain.extend(store.all[:count])
    assert (tree.size, tree.root(), tree.peaks()) == (count, plain.root(), plain.peaks())
    assert [tree.inclusion(i) for i in range(count)] == [plain.inclusion(i) for i in range(count)]
    assert [tree.consistency(i) for i in range(count)] == [plain.consistency(i) for i in range(count)]


def test_only_what_is_new_is_read_from_the_store() -> None:
    store = Leaves(5)
    logs = trees(store)
    logs.at("a"), logs.at("a", 3), logs.at("a", 5)
    store.bodies += [b"x", b"y"]
    assert logs.at("a", 7).root() == root(store.all)
    assert store.read == [5, 2]


def test_a_tree_that_was_handed_out_does_not_grow() -> None:
    store = Leaves(5)
    logs = trees(store)
    tree = logs.at("a")
    before = tree.root()
    store.bodies += [b"x"]
    assert logs.at("a").size == 6
    assert (tree.size, tree.root()) == (5, before)
    with pytest.raises(TypeError):
        tree.append(leaf_hash(b"y"))


def test_a_log_shorter_than_asked_for_is_not_found() -> None:
    with pytest.raises(NotFound, match="expected a log of 6 entries for registrar a, found 5"):
        trees(Leaves(5)).at("a", 6)


def test_each_registrar_has_its_own_tree() -> None:
    logs = trees(Leaves(4))
    assert logs.at("a", 2).size == 2 and logs.at("b").size == 4


def test_readers_see_true_roots_while_the_log_grows() -> None:
    store, wrong = Leaves(1), []
    logs = trees(store)
    roots = [root(Leaves(size).all) for size in range(301)]
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            tree = logs.at("a")
            if tree.root() != roots[tree.size]:
                wrong.append(tree.size)

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for index in range(1, 300):
        store.bodies.append(str(index).encode())
    stop.set()
    for thread in threads:
        thread.join()
    assert not wrong and logs.at("a").root() == roots[300]
