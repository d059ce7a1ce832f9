"""The JSON of blocks, transactions, receipts and logs, made once when a block is mined and stored beside it."""

from __future__ import annotations

from typing import Any

import rlp

from ledger.chain.testnet.wire import data, quantity, word

_HEADER_DATA = {
    "hash": "hash",
    "parentHash": "parent_hash",
    "sha3Uncles": "uncles_hash",
    "miner": "coinbase",
    "stateRoot": "state_root",
    "transactionsRoot": "transaction_root",
    "receiptsRoot": "receipt_root",
    "extraData": "extra_data",
    "mixHash": "mix_hash",
    "nonce": "nonce",
    "withdrawalsRoot": "withdrawals_root",
    "parentBeaconBlockRoot": "parent_beacon_block_root",
}
_HEADER_QUANTITIES = {
    "number": "block_number",
    "difficulty": "difficulty",
    "gasLimit": "gas_limit",
    "gasUsed": "gas_used",
    "timestamp": "timestamp",
    "baseFeePerGas": "base_fee_per_gas",
    "blobGasUsed": "blob_gas_used",
    "excessBlobGas": "excess_blob_gas",
}


def block_json(header: Any, transaction: Any | None) -> dict[str, Any]:
    """Every header field, so that a client can encode the header again and get the same hash."""
    size = len(rlp.encode(header)) + (len(transaction.encode()) if transaction else 0)
    return {
        **{name: data(getattr(header, field)) for name, field in _HEADER_DATA.items()},
        **{name: quantity(getattr(header, field)) for name, field in _HEADER_QUANTITIES.items()},
        "logsBloom": data(header.bloom.to_bytes(256, "big")),
        "totalDifficulty": quantity(0),
        "size": quantity(size),
        "uncles": [],
        "withdrawals": [],
        "transactions": [data(transaction.hash)] if transaction else [],
    }


def transaction_json(transaction: Any, header: Any, price: int) -> dict[str, Any]:
    """``price`` is what a unit of gas cost, in wei."""
    kind = transaction.type_id or 0
    return {
        **_place(header),
        "hash": data(transaction.hash),
        "type": quantity(kind),
        "chainId": quantity(transaction.chain_id),
        "from": data(transaction.sender),
        "to": data(transaction.to) if transaction.to else None,
        "nonce": quantity(transaction.nonce),
        "gas": quantity(transaction.gas),
        "gasPrice": quantity(price),
        "value": quantity(transaction.value),
        "input": data(transaction.data),
        "r": quantity(transaction.r),
        "s": quantity(transaction.s),
        **(_typed_fields(transaction, kind) if kind else {"v": quantity(transaction.v)}),
    }


def _typed_fields(transaction: Any, kind: int) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "v": quantity(transaction.y_parity),
        "yParity": quantity(transaction.y_parity),
        "accessList": [
            {"address": data(address), "storageKeys": [data(word(slot)) for slot in slots]}
            for address, slots in transaction.access_list
        ],
    }
    if kind == 2:
        fields["maxFeePerGas"] = quantity(transaction.max_fee_per_gas)
        fields["maxPriorityFeePerGas"] = quantity(transaction.max_priority_fee_per_gas)
    return fields


def receipt_json(
    transaction: Any, header: Any, price: int, *, succeeded: bool, created: bytes | None
) -> dict[str, Any]:
    """Without ``logs``, which stand in their own table. ``created`` is the address of a new contract."""
    return {
        **_place(header),
        "transactionHash": data(transaction.hash),
        "from": data(transaction.sender),
        "to": data(transaction.to) if transaction.to else None,
        "cumulativeGasUsed": quantity(header.gas_used),
        "gasUsed": quantity(header.gas_used),
        "contractAddress": data(created) if created else None,
        "logsBloom": data(header.bloom.to_bytes(256, "big")),
        "status": quantity(int(succeeded)),
        "effectiveGasPrice": quantity(price),
        "type": quantity(transaction.type_id or 0),
    }


def _place(header: Any) -> dict[str, Any]:
    return {
        "blockHash": data(header.hash),
        "blockNumber": quantity(header.block_number),
        "transactionIndex": quantity(0),
    }
