"""Blocks and transactions in full, decoded by the contract's interface. Nothing here is remembered: it is read anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError

from contracts import load_artifact
from ledger.chain.rpc import Rpc, data, quantity, sensible
from ledger.core.ethproof import keccak
from ledger.core.model import Block
from ledger.core.onchain import BlockDetails, CallDetails, EventDetails, Figure, TransactionDetails
from ledger.errors import NotFound

_ADVICE = "Check the number or hash; after a reorganisation a transaction may stand in another block, or wait again."


def read_block(rpc: Rpc, number: int) -> BlockDetails:
    """The block at ``number`` as the node has it now; NotFound when the chain is shorter."""
    answer = rpc.call("eth_getBlockByNumber", hex(number), False)
    if answer is None:
        raise NotFound(f"expected a block of this chain, found none at number {number}", advice=_ADVICE)
    with sensible("eth_getBlockByNumber"):
        fee = answer.get("baseFeePerGas")
        return BlockDetails(
            block=_block(answer),
            parent=str(answer["parentHash"]),
            state_root=str(answer["stateRoot"]),
            gas_used=quantity(answer["gasUsed"]),
            gas_limit=quantity(answer["gasLimit"]),
            base_fee=None if fee is None else quantity(fee),
            transactions=tuple(str(tx_hash) for tx_hash in answer["transactions"]),
        )


def read_transaction(rpc: Rpc, contract: str, tx_hash: str) -> TransactionDetails:
    """The transaction as the node has it now; NotFound when it knows none of that hash."""
    sent = rpc.call("eth_getTransactionByHash", tx_hash)
    if sent is None:
        raise NotFound("expected a transaction that the node knows, found none of that hash", advice=_ADVICE)
    receipt = rpc.call("eth_getTransactionReceipt", tx_hash)
    with sensible("eth_getTransactionByHash"):
        payload, recipient = data(sent["input"]), _address(sent.get("to"))
        given: dict[str, Any] = {
            "tx_hash": str(sent["hash"]),
            "sender": str(sent["from"]).lower(),
            "recipient": recipient,
            "nonce": quantity(sent["nonce"]),
            "value": quantity(sent["value"]),
            "gas_limit": quantity(sent["gas"]),
            "gas_price": quantity(sent.get("gasPrice") or "0x0"),
            "payload_bytes": len(payload),
            "call": decode_call(payload) if recipient == contract else None,
        }
    if receipt is None or receipt.get("blockNumber") is None:
        return TransactionDetails(**given)
    return TransactionDetails(**given | _mined(rpc, contract, receipt, given["gas_price"]))


def _mined(rpc: Rpc, contract: str, receipt: Mapping[str, Any], price: int) -> dict[str, Any]:
    with sensible("eth_getTransactionReceipt"):
        block = _block(rpc.call("eth_getBlockByHash", receipt["blockHash"], False))
        logs = [log for log in receipt["logs"] if _same(log, contract, receipt)]
        return {
            "block": block,
            "succeeded": quantity(receipt["status"]) == 1,
            "gas_used": quantity(receipt["gasUsed"]),
            "gas_price": quantity(receipt.get("effectiveGasPrice") or hex(price)),
            "events": tuple(decode_log(log) for log in logs),
        }


def _same(log: Mapping[str, Any], contract: str, receipt: Mapping[str, Any]) -> bool:
    # The embedded chain answers a receipt with the logs of its whole block, which holds one transaction.
    return _address(log["address"]) == contract and log["transactionHash"] == receipt["transactionHash"]


def decode_log(log: Mapping[str, Any]) -> EventDetails:
    """One log of our contract as an event; *unknown* with its first topic when the interface has no such event."""
    topics, position = [data(topic) for topic in log["topics"]], quantity(log["logIndex"])
    row = _events().get(topics[0]) if topics else None
    if row is None:
        return EventDetails("unknown", position, {"topic": "0x" + topics[0].hex()} if topics else {})
    indexed = [item for item in row["inputs"] if item["indexed"]]
    plain = [item for item in row["inputs"] if not item["indexed"]]
    try:
        values = [decode((item["type"],), topic)[0] for item, topic in zip(indexed, topics[1:], strict=True)]
        values += decode([item["type"] for item in plain], data(log["data"]))
    except (DecodingError, ValueError, OverflowError):
        return EventDetails(row["name"], position, {})
    return EventDetails(row["name"], position, _figures([item["name"] for item in (*indexed, *plain)], values))


def decode_call(payload: bytes) -> CallDetails | None:
    """The function of our contract that ``payload`` calls, with its arguments; None when it is no such call."""
    row = _functions().get(payload[:4])
    if row is None:
        return None
    try:
        values = decode([item["type"] for item in row["inputs"]], payload[4:])
    except (DecodingError, ValueError, OverflowError):
        return CallDetails(row["name"], {})
    return CallDetails(row["name"], _figures([item["name"] for item in row["inputs"]], values))


def _figures(names: Sequence[str], values: Sequence[Any]) -> dict[str, Figure]:
    return {name: _figure(value) for name, value in zip(names, values, strict=True)}


def _figure(value: Any) -> Figure:
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, tuple | list):
        return len(value)
    return value if isinstance(value, int | str) else str(value)


def _block(answer: Mapping[str, Any]) -> Block:
    return Block(quantity(answer["number"]), str(answer["hash"]), quantity(answer["timestamp"]))


def _address(value: Any) -> str | None:
    return str(value).lower() if value else None


@cache
def _events() -> dict[bytes, dict[str, Any]]:
    return {_hash(row): row for row in load_artifact().abi if row["type"] == "event"}


@cache
def _functions() -> dict[bytes, dict[str, Any]]:
    return {_hash(row)[:4]: row for row in load_artifact().abi if row["type"] == "function"}


def _hash(row: Mapping[str, Any]) -> bytes:
    return keccak(f"{row['name']}({','.join(item['type'] for item in row['inputs'])})".encode())
