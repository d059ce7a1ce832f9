"""The chain itself: genesis, and one block for each accepted transaction, executed by py-evm under Cancun rules."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

import orjson
import rlp
from eth.db.trie import make_trie_root_and_nodes
from eth.vm.chain_context import ChainContext
from eth.vm.forks.cancun import CancunVM
from eth.vm.forks.cancun.blocks import CancunBlockHeader
from eth_utils.exceptions import ValidationError

from ledger.chain.testnet.admission import admit, decode
from ledger.chain.testnet.rows import block_json, receipt_json, transaction_json
from ledger.chain.testnet.state import NodeDB, StateDB, read_account
from ledger.chain.testnet.store import BlockRows, Store
from ledger.chain.testnet.wire import SERVER_ERROR, RpcError, word
from ledger.errors import ChainMismatch

GAS_LIMIT = 120_000_000
"""Of every block, in gas: about 37 batches of 1,000 images."""
FUNDS = 10**24
"""What a funded address holds in genesis: a million ether, in wei."""

_ANCESTORS = 256


class Chain:
    """The head in memory is always the last block in the file; a block that fails to commit leaves no trace.

    Not thread-safe: the node above holds a lock.
    """

    def __init__(self, store: Store, chain_id: int, funded: Sequence[bytes]) -> None:
        self.store = store
        self.chain_id = chain_id
        self._db = StateDB(NodeDB(store))
        self._context = ChainContext(chain_id)
        found = store.meta("chain_id")
        if found is None:
            self._create(funded)
        elif found != str(chain_id):
            raise ChainMismatch(f"{store.path}: expected chain id {chain_id}, found {found}")
        self.head = self.header(self._last_number())
        self._check_genesis()

    def header(self, number: int) -> Any:
        """The header of that block, which must exist."""
        row = self.store.row("SELECT header FROM blocks WHERE number = ?", number)
        if row is None:
            raise ChainMismatch(f"{self.store.path}: block {number} is missing")
        return rlp.decode(bytes(row[0]), sedes=CancunBlockHeader)

    def build_state(self, header: Any) -> Any:
        """A fresh py-evm state on the state root that ``header`` names, in the environment of ``header``."""
        return CancunVM.build_state(self._db, header, self._context, self._ancestors(header.block_number))

    def next_header(self) -> Any:
        """The header that the next block starts from: later than its parent, on the parent's state."""
        timestamp = max(int(time.time()), self.head.timestamp + 1)
        return CancunVM.create_header_from_parent(self.head, gas_limit=GAS_LIMIT, timestamp=timestamp)

    def send(self, raw: bytes) -> bytes:
        """Mine the signed transaction; its hash, once its block is on the disk.

        One that was mined before is answered with its hash and changes nothing.
        RpcError: it was refused; StorageFull, StoreUnavailable: it could not be stored. Either way nothing changed.
        """
        transaction = decode(raw, self.chain_id)
        key = bytes(transaction.hash)
        if self.store.row("SELECT 1 FROM transactions WHERE hash = ?", key):
            return key
        header = self.next_header()
        admit(transaction, header, read_account(self.store, self.head.state_root, transaction.sender))
        try:
            self._mine_transaction(header, transaction)
        except ValidationError as error:
            raise RpcError(SERVER_ERROR, str(error)) from error
        finally:
            self.store.drop_pending()
        return key

    def mine(self) -> None:
        """Append an empty block."""
        header = self.next_header()
        body = orjson.dumps(block_json(header, None))
        self.store.commit(BlockRows(header.block_number, header.hash, rlp.encode(header), body))
        self.head = header

    def _mine_transaction(self, header: Any, transaction: Any) -> None:
        state = self.build_state(header)
        state.lock_changes()
        computation = state.apply_transaction(transaction)
        receipt = CancunVM.make_receipt(header, transaction, computation, state)
        state.persist()
        mined = header.copy(
            bloom=receipt.bloom,
            gas_used=receipt.gas_used,
            state_root=state.state_root,
            transaction_root=make_trie_root_and_nodes([transaction])[0],
            receipt_root=make_trie_root_and_nodes([receipt])[0],
        )
        price = state.get_gas_price(transaction)
        self.store.commit(_block_rows(mined, transaction, computation, receipt, price))
        self.head = mined

    def _create(self, funded: Sequence[bytes]) -> None:
        empty = CancunBlockHeader(difficulty=0, block_number=0, gas_limit=GAS_LIMIT, timestamp=0)
        state = self.build_state(empty)
        for address in funded:
            state.set_balance(address, FUNDS)
        state.persist()
        header = CancunVM.create_header_from_parent(
            None, gas_limit=GAS_LIMIT, timestamp=int(time.time()), state_root=state.state_root
        )
        rows = BlockRows(0, header.hash, rlp.encode(header), orjson.dumps(block_json(header, None)))
        self.store.commit(rows, {"chain_id": str(self.chain_id), "genesis": header.hash.hex()})

    def _check_genesis(self) -> None:
        expected, found = self.store.meta("genesis"), self.header(0).hash.hex()
        if expected != found:
            raise ChainMismatch(f"{self.store.path}: expected genesis {expected}, found {found}")

    def _last_number(self) -> int:
        row = self.store.row("SELECT max(number) FROM blocks")
        return int(row[0]) if row and row[0] is not None else 0

    def _ancestors(self, number: int) -> Iterator[bytes]:
        """Hashes of the blocks before ``number``, latest first; read only when a contract asks for one."""
        query = "SELECT hash FROM blocks WHERE number < ? ORDER BY number DESC LIMIT ?"
        for row in self.store.rows(query, number, _ANCESTORS):
            yield bytes(row[0])


def _block_rows(header: Any, transaction: Any, computation: Any, receipt: Any, price: int) -> BlockRows:
    created = computation.msg.storage_address if computation.msg.is_create else None
    body = transaction_json(transaction, header, price)
    result = receipt_json(transaction, header, price, succeeded=computation.is_success, created=created)
    return BlockRows(
        number=header.block_number,
        hash=header.hash,
        header=rlp.encode(header),
        body=orjson.dumps(block_json(header, transaction)),
        transaction=(bytes(transaction.hash), orjson.dumps(body), orjson.dumps(result)),
        logs=[(log.address, tuple(map(word, log.topics)), log.data) for log in receipt.logs],
    )
