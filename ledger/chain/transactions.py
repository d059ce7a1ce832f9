"""Signed transactions: made, sent and waited for. One form for every network: legacy with EIP-155 replay protection,
which chains with EIP-1559 fees take as well, and where one gas price is all there is to raise."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from eth_account import Account

from ledger.chain.rpc import Rpc, data, quantity, reason, sensible
from ledger.errors import ChainRejected, ChainUnreachable, SettingsError

_POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Call:
    """What a transaction does: to an address (None creates a contract), with data, carrying wei."""

    to: str | None
    payload: bytes = b""
    value: int = 0


def address_of(key: bytes) -> str:
    """The address of a secp256k1 key, as lower-case 0x text."""
    try:
        return str(Account.from_key(bytes(key)).address).lower()
    except ValueError as error:
        raise SettingsError("a sender key is 32 bytes that are a valid secp256k1 scalar") from error


def gas_price(rpc: Rpc) -> int:
    """Wei a unit of gas that the next block takes even if the base fee rises once (by an eighth, EIP-1559)."""
    with sensible("eth_gasPrice"):
        return quantity(rpc.call("eth_gasPrice")) * 9 // 8


def gas_limit(rpc: Rpc, sender: str, call: Call, expected: int = 0) -> int:
    """``expected`` where a trial run with it succeeds, else the node's estimate and a sixth; ChainRejected with the
    decoded reason when the call would fail now.

    The price of a byte or an opcode differs between networks, so no formula is believed untried; but an estimate runs
    the call several times, and a batch is the most expensive thing that is ever run.
    """
    request: dict[str, Any] = {"from": sender, "data": "0x" + call.payload.hex(), "value": hex(call.value)}
    if call.to is not None:
        request["to"] = call.to
    if expected:
        _, refusal = rpc.attempt("eth_call", request | {"gas": hex(expected)}, "latest")
        if refusal is None:
            return expected
    # As of the newest block: nodes that count their pending transactions in would see the one that this may replace.
    found, refusal = rpc.attempt("eth_estimateGas", request, "latest")
    if refusal is not None:
        raise ChainRejected(f"the transaction would fail: {reason(refusal)}")
    with sensible("eth_estimateGas"):
        estimate = quantity(found)
    return estimate + estimate // 6 + 1_000


def sign(key: bytes, call: Call, *, chain_id: int, nonce: int, price: int, gas: int) -> tuple[str, bytes]:
    """(hash as 0x…, raw bytes) of the signed transaction. Deterministic (RFC 6979)."""
    fields: dict[str, Any] = {
        "chainId": chain_id,
        "nonce": nonce,
        "gasPrice": price,
        "gas": gas,
        "value": call.value,
        "data": call.payload,
        "to": bytes.fromhex(call.to[2:]) if call.to else b"",
    }
    signed = Account.sign_transaction(fields, bytes(key))
    return "0x" + bytes(signed.hash).hex(), bytes(signed.raw_transaction)


def send(rpc: Rpc, key: bytes, call: Call, *, timeout: float) -> dict[str, Any]:
    """Sign with the next nonce, send, and return the receipt once it is in a block.

    ChainRejected: refused or reverted; ChainUnreachable: not in a block after ``timeout`` seconds (it may still be).
    """
    sender = address_of(key)
    with sensible("eth_chainId"):
        chain_id = quantity(rpc.call("eth_chainId"))
        nonce = quantity(rpc.call("eth_getTransactionCount", sender, "pending"))
    gas = gas_limit(rpc, sender, call)
    tx_hash, raw = sign(key, call, chain_id=chain_id, nonce=nonce, price=gas_price(rpc), gas=gas)
    rpc.send_raw(raw)
    receipt = _wait(rpc, tx_hash, timeout)
    with sensible("eth_getTransactionReceipt"):
        if quantity(receipt["status"]) != 1:
            raise ChainRejected(f"transaction {tx_hash} was mined and reverted")
    return receipt


def call_contract(rpc: Rpc, address: str, payload: bytes) -> bytes:
    """What a view function answers at the newest block."""
    answer = rpc.call("eth_call", {"to": address, "data": "0x" + payload.hex()}, "latest")
    with sensible("eth_call"):
        return data(answer)


def _wait(rpc: Rpc, tx_hash: str, timeout: float) -> dict[str, Any]:
    deadline = time.monotonic() + timeout
    while True:
        receipt = rpc.call("eth_getTransactionReceipt", tx_hash)
        if isinstance(receipt, dict) and receipt.get("blockHash"):
            return receipt
        if time.monotonic() > deadline:
            raise ChainUnreachable(f"transaction {tx_hash} was in no block after {timeout:g} s")
        time.sleep(_POLL_SECONDS)
