"""The contract on one chain through any web3 provider: :class:`ledger.ports.Registry`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from ledger.chain import details, evidence, transactions
from ledger.chain.abi import STATUSES, encode_call, interface, words
from ledger.chain.events import read_events
from ledger.chain.late import LateRpc
from ledger.chain.rpc import SECONDS, Provider, Rpc, quantity, sensible
from ledger.chain.transactions import Call
from ledger.core.ethproof import root_slot
from ledger.core.merkle import EMPTY_ROOT
from ledger.core.model import AnchorEvidence, Attempt, Block, ChainEvent, DirectoryEntry, Head, TransactionResult
from ledger.core.onchain import BlockDetails, SenderEntry, TransactionDetails
from ledger.errors import ChainMismatch, SettingsError

# Measured 2,700 gas a leaf and 60,000 beside them, more where a fork raised prices; a block holds other things too.
_LEAF_GAS = 3_600
_FIXED_GAS = 250_000
_TRANSACTION_GAS = 1 << 24  # EIP-7825
_POOL_BYTES = 128 * 1024  # geth refuses larger transactions
_REMEMBERED = 1024
_ZERO = bytes(32)


class Web3Registry:
    """Reads and writes the contract. Safe to use from many threads.

    Addresses are lower-case 0x text. Every method raises ChainUnreachable when the node does not answer sensibly.
    """

    def __init__(self, rpc: Rpc, *, chain_id: int, address: str, sender_key: bytes | None = None) -> None:
        self.chain_id = chain_id
        self.address = address.lower()
        self._rpc = rpc
        self._key = sender_key
        self.sender = transactions.address_of(sender_key) if sender_key is not None else ""
        self._results: dict[str, TransactionResult] = {}

    @classmethod
    def connect(
        cls,
        provider_or_url: Provider,
        *,
        chain_id: int,
        address: str,
        sender_key: bytes | None = None,
        timeout: float = SECONDS,
    ) -> Web3Registry:
        """A registry whose node has the chain id and a contract at the address; ChainMismatch when it has not.

        Without a sender key it only reads. ``timeout``: seconds to wait for an answer.
        """
        registry = cls(Rpc(provider_or_url, timeout), chain_id=chain_id, address=address, sender_key=sender_key)
        registry.check()
        return registry

    @classmethod
    def connect_later(
        cls, provider_or_url: Provider, *, chain_id: int, address: str, sender_key: bytes | None, timeout: float
    ) -> Web3Registry:
        """The same without asking the node: the first question of anybody checks it, and raises what that finds."""
        check = partial(_check, chain_id=chain_id, address=address.lower())
        return cls(LateRpc(provider_or_url, timeout, check), chain_id=chain_id, address=address, sender_key=sender_key)

    def check(self) -> None:
        """Return when the node serves this chain and holds the contract; else ChainMismatch."""
        _check(self._rpc, chain_id=self.chain_id, address=self.address)

    # reading

    def block(self, number: int | None = None) -> Block:
        """The block at ``number``, or the newest; ChainUnreachable when the node has no such block."""
        tag = "latest" if number is None else hex(number)
        answer = self._rpc.call("eth_getBlockByNumber", tag, False)
        with sensible("eth_getBlockByNumber"):
            return Block(quantity(answer["number"]), str(answer["hash"]), quantity(answer["timestamp"]))

    def head(self, registrar: str) -> Head:
        """The registrar's head; before the first batch sequence 0, size 0 and the root of the empty tree."""
        sequence, size, root = words(self._view("headOf", bytes.fromhex(registrar)), 3)
        return Head(_int(sequence), _int(size), root if _int(size) else EMPTY_ROOT)

    def root_at(self, registrar: str, sequence: int) -> bytes | None:
        """The root under ``sequence``; None when there was none. Read from storage, as the evidence proves it."""
        slot = "0x" + root_slot(registrar, sequence, interface().roots_slot).hex()
        answer = self._rpc.call("eth_getStorageAt", self.address, slot, "latest")
        with sensible("eth_getStorageAt"):
            root = quantity(answer).to_bytes(32, "big")
        return None if root == _ZERO else root

    def directory(self, registrar: str) -> DirectoryEntry:
        """The directory's entry of the registrar; times are seconds since 1970, 0 for never."""
        name_hash, status, added, compromised = words(self._view("registrar", bytes.fromhex(registrar)), 4)
        with sensible("registrar"):
            return DirectoryEntry(STATUSES[_int(status)], name_hash, _int(added), _int(compromised))

    def registrar_of(self, sender: str) -> str | None:
        """The registrar that an active sender belongs to; None for a stranger and for a retired one."""
        registrar, _, retired = words(self._view("sender", sender), 3)
        return None if registrar == _ZERO or _int(retired) else registrar.hex()

    def sender_entry(self, address: str) -> SenderEntry:
        """What the directory says of an address; no registrar when it never was a sender."""
        registrar, added, retired = words(self._view("sender", address), 3)
        return SenderEntry(address, None if registrar == _ZERO else registrar.hex(), _int(added), _int(retired))

    def balance(self, address: str) -> int:
        """The wei that an address holds in the newest block."""
        with sensible("eth_getBalance"):
            return quantity(self._rpc.call("eth_getBalance", address, "latest"))

    def block_details(self, number: int) -> BlockDetails:
        """The block at ``number`` in full, read from the node now; NotFound when the chain is shorter."""
        return details.read_block(self._rpc, number)

    def transaction(self, tx_hash: str) -> TransactionDetails:
        """A transaction in full, read from the node now and decoded; NotFound when the node knows none such."""
        return details.read_transaction(self._rpc, self.address, tx_hash)

    def events(self, first: int, last: int) -> list[ChainEvent]:
        """The contract's events in blocks ``first`` to ``last``, both included, in chain order."""
        return read_events(self._rpc, self.address, first, last)

    def evidence(self, registrar: str, sequence: int, transaction: str, block: Block) -> AnchorEvidence:
        """Header and state proofs of the root at ``sequence`` as of ``block``; the node must still have that state."""
        return evidence.collect(self._rpc, self.chain_id, self.address, registrar, sequence, transaction, block)

    # writing

    def nonce(self) -> int:
        """The sender's next nonce, counting mined transactions only."""
        self._writer()
        with sensible("eth_getTransactionCount"):
            return quantity(self._rpc.call("eth_getTransactionCount", self.sender, "latest"))

    def gas_price(self) -> int:
        """Wei a unit of gas that the next blocks take."""
        return transactions.gas_price(self._rpc)

    def max_leaves(self) -> int:
        """How many leaves one ``register`` transaction can carry: by block gas, transaction gas and pool size."""
        block = self._rpc.call("eth_getBlockByNumber", "latest", False)
        with sensible("eth_getBlockByNumber"):
            gas = min(quantity(block["gasLimit"]) * 9 // 10, _TRANSACTION_GAS * 6 // 7)
        by_gas = (gas - _FIXED_GAS) // _LEAF_GAS
        return max(1, min(by_gas, _POOL_BYTES // 32 - 128))

    def sign_register(
        self,
        *,
        nonce: int,
        gas_price: int,
        head: Head,
        peaks: Sequence[bytes],
        leaves: Sequence[bytes],
        size: int,
        root: bytes,
        now: datetime,
    ) -> Attempt:
        """A signed ``register`` from ``head`` to ``size``; nothing is sent. ChainRejected when it would fail now."""
        payload = encode_call("register", head.sequence + 1, head.size, list(peaks), list(leaves))
        return self._sign(payload, nonce, gas_price, size, root, now, _FIXED_GAS + _LEAF_GAS * len(leaves))

    def sign_anchor(
        self, *, nonce: int, gas_price: int, head: Head, proof: Sequence[bytes], size: int, root: bytes, now: datetime
    ) -> Attempt:
        """A signed ``anchor`` from ``head`` to ``size``; nothing is sent. ChainRejected when it would fail now."""
        payload = encode_call("anchor", head.sequence + 1, size, root, list(proof))
        return self._sign(payload, nonce, gas_price, size, root, now)

    def broadcast(self, raw: bytes) -> None:
        """Hand the bytes to the node; one that the node knows already is fine. ChainRejected says why not."""
        self._rpc.send_raw(raw)

    def result(self, tx_hash: str) -> TransactionResult | None:
        """The mined transaction, or None while it is not in a block of the canonical chain.

        A block's hash fixes what happened in it, so a receipt is read once and later only its block is looked at.
        """
        known = self._results.get(tx_hash)
        if known is not None and self._block_hash(known.block.number) == known.block.hash:
            return known
        found = self._read_result(tx_hash)
        if found is not None:
            if len(self._results) >= _REMEMBERED:
                self._results.clear()
            self._results[tx_hash] = found
        return found

    def _read_result(self, tx_hash: str) -> TransactionResult | None:
        receipt = self._rpc.call("eth_getTransactionReceipt", tx_hash)
        if receipt is None or receipt.get("blockNumber") is None:
            return None
        with sensible("eth_getTransactionReceipt"):
            number = quantity(receipt["blockNumber"])
            block = self.block(number)
            if block.hash != receipt["blockHash"]:
                return None
            succeeded, gas = quantity(receipt["status"]) == 1, quantity(receipt["gasUsed"])
            return TransactionResult(tx_hash, succeeded, block, gas, str(receipt["from"]).lower())

    def _block_hash(self, number: int) -> str | None:
        answer = self._rpc.call("eth_getBlockByNumber", hex(number), False)
        return answer.get("hash") if isinstance(answer, dict) else None

    def _view(self, function: str, argument: Any) -> bytes:
        return transactions.call_contract(self._rpc, self.address, encode_call(function, argument))

    def _sign(
        self, payload: bytes, nonce: int, price: int, size: int, root: bytes, now: datetime, expected_gas: int = 0
    ) -> Attempt:
        key = self._writer()
        call = Call(self.address, payload)
        gas = transactions.gas_limit(self._rpc, self.sender, call, expected_gas)
        tx_hash, raw = transactions.sign(key, call, chain_id=self.chain_id, nonce=nonce, price=price, gas=gas)
        return Attempt(tx_hash, raw, nonce, size, root, price, now)

    def _writer(self) -> bytes:
        if self._key is None:
            raise SettingsError(
                "this registry was connected without a sender key and can only read",
                advice="Set MEDSEAL_SENDER_KEY_FILE, or leave anchoring to the process that has the key.",
            )
        return self._key


def _check(rpc: Rpc, *, chain_id: int, address: str) -> None:
    with sensible("eth_chainId"):
        found = quantity(rpc.call("eth_chainId"))
    if found != chain_id:
        raise ChainMismatch(f"expected chain {chain_id}, {rpc.name} serves chain {found}")
    if rpc.call("eth_getCode", address, "latest") in ("0x", None):
        raise ChainMismatch(f"expected a contract at {address} of chain {chain_id}, found none")


def _int(word: bytes) -> int:
    return int.from_bytes(word, "big")
