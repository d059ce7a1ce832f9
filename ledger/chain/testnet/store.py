"""One SQLite file: state trie nodes and the rows of blocks, transactions and logs, one commit a block."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ledger.errors import LedgerError, StorageFull, StoreUnavailable

_FORMAT = "1"
_CACHED_NODES = 50_000
_SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE state (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE blocks (number INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, header BLOB NOT NULL, body TEXT NOT NULL);
CREATE TABLE transactions (hash BLOB PRIMARY KEY, block INTEGER NOT NULL UNIQUE REFERENCES blocks (number),
    body TEXT NOT NULL, receipt TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE logs (block INTEGER NOT NULL REFERENCES blocks (number), position INTEGER NOT NULL, address BLOB NOT NULL,
    topic0 BLOB, topic1 BLOB, topic2 BLOB, topic3 BLOB, data BLOB NOT NULL,
    PRIMARY KEY (block, position)) WITHOUT ROWID;
CREATE INDEX logs_by_event ON logs (address, topic0, block);
CREATE INDEX logs_by_topic1 ON logs (topic1, block) WHERE topic1 IS NOT NULL;
CREATE INDEX logs_by_topic2 ON logs (topic2, block) WHERE topic2 IS NOT NULL;
CREATE INDEX logs_by_topic3 ON logs (topic3, block) WHERE topic3 IS NOT NULL;
"""

LogRow = tuple[bytes, tuple[bytes, ...], bytes]
"""Address, up to four topics, data."""


@dataclass(frozen=True, slots=True)
class BlockRows:
    """What one block adds to the file; ``transaction`` is (hash, body JSON, receipt JSON without logs)."""

    number: int
    hash: bytes
    header: bytes
    body: bytes
    transaction: tuple[bytes, bytes, bytes] | None = None
    logs: Sequence[LogRow] = ()


class Store:
    """Reads see the pending nodes first, then the file; :meth:`commit` makes them and a block durable, or neither.

    Not thread-safe: the node above holds a lock.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._pending: dict[bytes, bytes] = {}
        self._cache: dict[bytes, bytes] = {}
        with self._errors():
            self.connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            try:
                self._prepare()
            except BaseException:
                self.connection.close()
                raise

    def _prepare(self) -> None:
        # FULL: a commit is on the disk before it returns, so what was acknowledged survives a power cut as well.
        self.connection.execute("PRAGMA journal_mode = WAL")
        self.connection.execute("PRAGMA synchronous = FULL")
        self.connection.execute("PRAGMA cache_size = -16000")
        if not self.connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone():
            with self._transaction():
                for statement in _SCHEMA.split(";\n"):
                    self.connection.execute(statement)
                self.connection.execute("INSERT INTO meta VALUES ('format', ?)", (_FORMAT,))
        elif self.meta("format") != _FORMAT:
            raise StoreUnavailable(f"{self.path}: expected format {_FORMAT}, found {self.meta('format')}")

    def close(self) -> None:
        """The file is closed; nothing can be asked afterwards."""
        self.connection.close()

    def meta(self, name: str) -> str | None:
        """The setting of this name that was stored with the chain, or None."""
        row = self.row("SELECT value FROM meta WHERE name = ?", name)
        return None if row is None else str(row[0])

    def row(self, query: str, *values: Any) -> tuple[Any, ...] | None:
        """The first row that the query finds, or None."""
        found = self.rows(query, *values)
        return found[0] if found else None

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """All rows that the query finds; StoreUnavailable if the file cannot be read."""
        with self._errors():
            return self.connection.execute(query, values).fetchall()

    def node(self, key: bytes) -> bytes | None:
        """The state node under this hash, pending ones included, or None."""
        value = self._pending.get(key) or self._cache.get(key)
        if value is None:
            row = self.row("SELECT value FROM state WHERE key = ?", key)
            if row is None:
                return None
            value = bytes(row[0])
            self._remember({key: value})
        return value

    def put_node(self, key: bytes, value: bytes) -> None:
        """The node is pending: seen by :meth:`node`, on the disk only after :meth:`commit`."""
        self._pending[key] = value

    def drop_pending(self) -> None:
        """Forget the nodes of a block that is not going to be committed."""
        self._pending.clear()

    def commit(self, block: BlockRows, meta: dict[str, str] | None = None) -> None:
        """Write the pending nodes, the block and ``meta`` in one transaction.

        On return all is on the disk; after StorageFull or StoreUnavailable nothing is and nothing is pending.
        """
        try:
            with self._errors(), self._transaction():
                self._write(block, meta or {})
            self._remember(self._pending)
        finally:
            self.drop_pending()

    def _write(self, block: BlockRows, meta: dict[str, str]) -> None:
        execute, many = self.connection.execute, self.connection.executemany
        many("INSERT OR IGNORE INTO state VALUES (?, ?)", sorted(self._pending.items()))
        execute("INSERT INTO blocks VALUES (?, ?, ?, ?)", (block.number, block.hash, block.header, block.body.decode()))
        if block.transaction:
            key, body, receipt = block.transaction
            row = (key, block.number, body.decode(), receipt.decode())
            execute("INSERT INTO transactions VALUES (?, ?, ?, ?)", row)
        many("INSERT INTO logs VALUES (?, ?, ?, ?, ?, ?, ?, ?)", _log_values(block))
        many("INSERT INTO meta VALUES (?, ?)", meta.items())

    def _remember(self, nodes: dict[bytes, bytes]) -> None:
        if len(self._cache) > _CACHED_NODES:
            self._cache.clear()
        self._cache.update(nodes)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.connection.execute("COMMIT")
        except BaseException:
            # SQLite has already rolled back on some errors (a full disk among them).
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            raise

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise _translated(error, self.path) from error


def _translated(error: sqlite3.Error, path: Path) -> LedgerError:
    if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
        return StorageFull(f"chain file {path}: {error}")
    return StoreUnavailable(f"chain file {path}: {error}")


def _log_values(block: BlockRows) -> Iterator[tuple[Any, ...]]:
    for position, (address, topics, data) in enumerate(block.logs):
        yield (block.number, position, address, *(*topics, None, None, None, None)[:4], data)
