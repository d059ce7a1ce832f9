"""The state behind a header: accounts, storage and Merkle proofs, read without starting the EVM."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import rlp
from eth.constants import BLANK_ROOT_HASH, EMPTY_SHA3
from eth.db.atomic import AtomicDB, AtomicDBWriteBatch
from eth.db.backends.base import BaseDB
from eth.rlp.accounts import Account as AccountRlp
from eth_hash.auto import keccak
from trie import HexaryTrie

from ledger.chain.testnet.store import Store
from ledger.chain.testnet.wire import data, quantity, word


class NodeDB(BaseDB):  # type: ignore[misc]  # py-evm is untyped here
    """py-evm's key-value view of a store. Keys are hashes, so nothing is ever deleted: old states stay readable."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __getitem__(self, key: bytes) -> bytes:
        value = self._store.node(key)
        if value is None:
            raise KeyError(key)
        return value

    def __setitem__(self, key: bytes, value: bytes) -> None:
        self._store.put_node(key, value)

    def __delitem__(self, key: bytes) -> None:
        pass

    def _exists(self, key: bytes) -> bool:
        return self._store.node(key) is not None


class StateDB(AtomicDB):  # type: ignore[misc]
    """As AtomicDB, without its logging of everything that was pending when a batch fails."""

    @contextmanager
    def atomic_batch(self) -> Iterator[Any]:
        """Writes inside the block are kept together when it ends without an exception."""
        batch = AtomicDBWriteBatch(self)
        yield batch
        batch._commit()


@dataclass(frozen=True, slots=True)
class Account:
    """An account of the state trie (Yellow Paper 4.1); ``balance`` in wei."""

    nonce: int
    balance: int
    storage_root: bytes
    code_hash: bytes


def read_account(store: Store, state_root: bytes, address: bytes) -> Account:
    """The account at that state; an empty one when it was never touched."""
    raw = _trie(store, state_root)[keccak(address)]
    found = rlp.decode(raw, sedes=AccountRlp) if raw else AccountRlp()
    return Account(found.nonce, found.balance, bytes(found.storage_root), bytes(found.code_hash))


def read_code(store: Store, state_root: bytes, address: bytes) -> bytes:
    """The contract's code at that state; empty where there is none."""
    code_hash = read_account(store, state_root, address).code_hash
    return b"" if code_hash == EMPTY_SHA3 else NodeDB(store)[code_hash]


def read_slot(store: Store, state_root: bytes, address: bytes, slot: int) -> int:
    """The word in that storage slot at that state; 0 where nothing was written."""
    return _slot(store, read_account(store, state_root, address).storage_root, slot)


def prove(store: Store, state_root: bytes, address: bytes, slots: Sequence[int]) -> dict[str, Any]:
    """The answer of eth_getProof (EIP-1186) at that state; absence is proved as well."""
    account = read_account(store, state_root, address)
    return {
        "address": data(address),
        "accountProof": _proof(store, state_root, keccak(address)),
        "balance": quantity(account.balance),
        "codeHash": data(account.code_hash),
        "nonce": quantity(account.nonce),
        "storageHash": data(account.storage_root),
        "storageProof": [_storage_proof(store, account.storage_root, slot) for slot in slots],
    }


def _storage_proof(store: Store, root: bytes, slot: int) -> dict[str, Any]:
    return {
        "key": data(word(slot)),
        "value": quantity(_slot(store, root, slot)),
        "proof": _proof(store, root, keccak(word(slot))),
    }


def _slot(store: Store, root: bytes, slot: int) -> int:
    raw = _trie(store, root)[keccak(word(slot))]
    return int.from_bytes(rlp.decode(raw), "big") if raw else 0


def _proof(store: Store, root: bytes, key: bytes) -> list[str]:
    if root == BLANK_ROOT_HASH:
        return []
    nodes = [rlp.encode(node) for node in _trie(store, root).get_proof(key)]
    # Nodes shorter than a hash stand inside their parent already (yellow paper, appendix D).
    return [data(node) for index, node in enumerate(nodes) if index == 0 or len(node) >= 32]


def _trie(store: Store, root: bytes) -> Any:
    return HexaryTrie(NodeDB(store), root)
