"""The registrars' logs as verification sees them, kept in memory and grown from the stored entries.

Only the bytes of entries are believed: leaves are their hashes, and which registration a statement is about is read
from the statement itself. The rows' own columns (leaf, kind, target) are an index that somebody may have edited; set
against the contract's root, the bytes show it.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ledger.core.case import CaseEntry
from ledger.core.entry import CASE, REGISTER, STATEMENTS, decode_entry, parse_timestamp
from ledger.core.merkle import Tree, leaf_hash
from ledger.core.model import LogEntry
from ledger.errors import InvalidEntry, NotFound
from ledger.ports import RecordStore

# A canonical entry names its kind exactly so, and no text in it can: a quote inside a string is escaped.
_REGISTERS = b'"kind":"' + REGISTER.encode() + b'"'


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

    def append(self, leaf: bytes) -> None:  # noqa: ARG002
        raise TypeError("a prefix of a log's tree is read only")


@dataclass(frozen=True)
class LogView:
    """A log as of one moment: its tree, what it says of one registration (oldest first), and its registrar's name."""

    tree: Tree
    statements: Sequence[LogEntry]
    name: str


class _Log:
    """One registrar's log: the tree over its entries, and the statements by the registration they are about."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.tree = Tree()
        self.name = "the registrar"
        self.statements: dict[str, list[LogEntry]] = {}
        self.cases: dict[str, list[CaseEntry]] = {}

    def add(self, entry: LogEntry) -> None:
        self.tree.append(leaf_hash(entry.body))
        if _REGISTERS in entry.body:
            return
        try:
            body = decode_entry(entry.body)
        except InvalidEntry:
            return  # its leaf is in the tree, whose root then is not the contract's
        if body["kind"] in STATEMENTS:
            said = replace(entry, id=body["id"], kind=body["kind"], target=body["target"])
            self.statements.setdefault(body["target"], []).append(said)
        elif body["kind"] == CASE:
            said = replace(entry, id=body["id"], kind=CASE, target=body["case"], time=parse_timestamp(body["time"]))
            self.cases.setdefault(body["case"], []).append(CaseEntry.of(said, body))
        elif body["kind"] == "genesis":
            self.name = body["name"]


class LogTrees:
    """One log for each registrar; safe to use from many threads. 64 bytes of memory an entry.

    The first question reads the whole log (about 10 s for a million entries), later ones what is new.
    """

    def __init__(self, store: RecordStore) -> None:
        self._store = store
        self._guard = threading.Lock()
        self._logs: dict[str, _Log] = {}

    def at(self, registrar: str, size: int | None = None) -> Tree:
        """The log's tree at ``size`` entries, or with all that are stored now; it does not grow later, and is not to
        be appended to.

        Reads the store only for what is not in memory yet. NotFound when the log is shorter than ``size``.
        """
        log = self._log(registrar)
        with log.lock:
            if size is None or size > log.tree.size:
                self._grow(registrar, log)
            if size is not None and size > log.tree.size:
                raise NotFound(f"expected a log of {size} entries for registrar {registrar}, found {log.tree.size}")
            return _Prefix(log.tree, log.tree.size if size is None else size)

    def view(self, registrar: str, target: str = "") -> LogView:
        """The log with all that is stored now, and the supersede, revoke and dispute entries about ``target``."""
        log = self._log(registrar)
        with log.lock:
            self._grow(registrar, log)
            statements = tuple(log.statements.get(target, ()))
            return LogView(_Prefix(log.tree, log.tree.size), statements, log.name)

    def cases(self, registrar: str) -> Mapping[str, Sequence[CaseEntry]]:
        """The case entries of the log with all that is stored now, by case, each in the order of the log."""
        log = self._log(registrar)
        with log.lock:
            self._grow(registrar, log)
            return {case: tuple(entries) for case, entries in log.cases.items()}

    def _log(self, registrar: str) -> _Log:
        with self._guard:
            return self._logs.setdefault(registrar, _Log())

    def _grow(self, registrar: str, log: _Log) -> None:
        for entry in self._store.entries(registrar, log.tree.size):
            if entry.index != log.tree.size:
                return  # an entry is missing: the log ends here, shorter than the contract's head
            log.add(entry)
