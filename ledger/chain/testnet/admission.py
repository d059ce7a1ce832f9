"""Which signed transactions are let in. Messages follow geth's, since clients match on them."""

from __future__ import annotations

from typing import Any

import rlp
from eth.exceptions import UnrecognizedTransactionType
from eth.vm.forks.cancun.transactions import CancunTransactionBuilder
from eth_keys.exceptions import BadSignature
from eth_utils.exceptions import ValidationError

from ledger.chain.testnet.state import Account
from ledger.chain.testnet.wire import SERVER_ERROR, RpcError, data

_BLOB = 3


def decode(raw: bytes, chain_id: int) -> Any:
    """The transaction of kind 0, 1 or 2, signed for ``chain_id``. Raises RpcError otherwise."""
    try:
        transaction = CancunTransactionBuilder.decode(raw)
        kind, found = transaction.type_id, transaction.chain_id
    except (rlp.exceptions.RLPException, ValidationError, UnrecognizedTransactionType, IndexError) as error:
        raise RpcError(SERVER_ERROR, f"rlp: transaction cannot be decoded: {error}") from error
    if kind == _BLOB:
        raise RpcError(SERVER_ERROR, "transaction type not supported: blobs")
    if found is None:
        raise RpcError(SERVER_ERROR, "only replay-protected (EIP-155) transactions allowed over RPC")
    if found != chain_id:
        raise RpcError(SERVER_ERROR, f"invalid chain id for signer: have {found} want {chain_id}")
    _check_signature(transaction)
    return transaction


def _check_signature(transaction: Any) -> None:
    try:
        transaction.check_signature_validity()
        _ = transaction.sender
    except (ValidationError, BadSignature) as error:
        raise RpcError(SERVER_ERROR, f"invalid sender: {error}") from error


def admit(transaction: Any, header: Any, account: Account) -> None:
    """Return when ``transaction`` may be executed on top of ``account`` in the block of ``header``; else RpcError."""
    problem = (
        _nonce_problem(transaction.nonce, account.nonce)
        or _gas_problem(transaction, header)
        or _fee_problem(transaction, header.base_fee_per_gas)
        or _funds_problem(transaction, account.balance)
    )
    if problem:
        raise RpcError(SERVER_ERROR, problem)


def _nonce_problem(found: int, expected: int) -> str | None:
    if found == expected:
        return None
    return f"nonce too {'low' if found < expected else 'high'}: next nonce {expected}, tx nonce {found}"


def _gas_problem(transaction: Any, header: Any) -> str | None:
    if transaction.gas > header.gas_limit:
        return f"exceeds block gas limit: have {transaction.gas}, limit {header.gas_limit}"
    if transaction.gas < transaction.intrinsic_gas:
        return f"intrinsic gas too low: have {transaction.gas}, want {transaction.intrinsic_gas}"
    return None


def _fee_problem(transaction: Any, base_fee: int) -> str | None:
    fee, tip = transaction.max_fee_per_gas, transaction.max_priority_fee_per_gas
    if tip > fee:
        return f"max priority fee per gas higher than max fee per gas: maxPriorityFeePerGas: {tip}, maxFeePerGas: {fee}"
    if fee < base_fee:
        return f"max fee per gas less than block base fee: maxFeePerGas: {fee}, baseFee: {base_fee}"
    return None


def _funds_problem(transaction: Any, balance: int) -> str | None:
    cost = transaction.gas * transaction.max_fee_per_gas + transaction.value
    if cost <= balance:
        return None
    return f"insufficient funds for gas * price + value: address {data(transaction.sender)} have {balance} want {cost}"
