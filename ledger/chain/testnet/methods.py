"""The JSON-RPC methods: each takes the chain and its parameters and returns JSON, or raises RpcError.

The names ``eth_…`` and what stands behind them are those of the Ethereum JSON-RPC specification; only what differs
from it is said here.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import orjson

from ledger import __version__
from ledger.chain.testnet import execution, logs, state
from ledger.chain.testnet.chain import Chain
from ledger.chain.testnet.wire import (
    METHOD_NOT_FOUND,
    SERVER_ERROR,
    RpcError,
    data,
    invalid,
    parse_data,
    parse_quantity,
    quantity,
    word,
)

TIP = 10**9
"""Suggested priority fee, in wei a unit of gas. Nobody competes here; one gwei looks like the networks outside."""

_HEAD_TAGS = frozenset({"latest", "pending", "safe", "finalized"})
_FEE_HISTORY_BLOCKS = 1024

METHODS: dict[str, Callable[..., Any]] = {}


def dispatch(chain: Chain, method: str, params: list[Any]) -> Any:
    """Run a method by name. RpcError: unknown method, wrong parameters, or what the method itself raises."""
    function = METHODS.get(method)
    if function is None:
        raise RpcError(METHOD_NOT_FOUND, f"the method {method} does not exist/is not available")
    try:
        inspect.signature(function).bind(chain, *params)
    except TypeError as error:
        raise invalid(f"{method}: {error}") from error
    return function(chain, *params)


def _method(function: Callable[..., Any]) -> Callable[..., Any]:
    METHODS[function.__name__] = function
    return function


def _block_number(chain: Chain, tag: Any) -> int | None:
    """The number that a tag, number, hash or EIP-1898 object names; None when there is no such block."""
    if isinstance(tag, dict):
        tag = tag.get("blockHash", tag.get("blockNumber"))
    if tag is None or _names_head(tag):
        return int(chain.head.block_number)
    if tag == "earliest":
        return 0
    if isinstance(tag, str) and len(tag) == 66:
        row = chain.store.row("SELECT number FROM blocks WHERE hash = ?", parse_data(tag, "block", 32))
        return None if row is None else int(row[0])
    number = parse_quantity(tag, "block")
    return number if number <= chain.head.block_number else None


def _names_head(tag: Any) -> bool:
    return isinstance(tag, str) and tag in _HEAD_TAGS


def _header(chain: Chain, tag: Any) -> Any:
    number = _block_number(chain, tag)
    if number is None:
        raise RpcError(SERVER_ERROR, f"header not found: {tag}")
    return chain.head if number == chain.head.block_number else chain.header(number)


def _address(value: Any) -> bytes:
    return parse_data(value, "address", 20)


def _slot(value: Any) -> int:
    """A storage key: quantity, or bytes with leading zeros, as clients send both."""
    return parse_quantity(value, "storage key")


@_method
def web3_clientVersion(_chain: Chain) -> str:
    """Name and version of this node and of its EVM."""
    return f"MedSealTestnet/{__version__}/py-evm-{version('py-evm')}"


@_method
def net_version(chain: Chain) -> str:
    """The chain id in decimal."""
    return str(chain.chain_id)


@_method
def eth_chainId(chain: Chain) -> str:
    return quantity(chain.chain_id)


@_method
def eth_blockNumber(chain: Chain) -> str:
    return quantity(chain.head.block_number)


@_method
def eth_getBlockByNumber(chain: Chain, tag: Any, full: bool = False) -> Any:
    number = _block_number(chain, tag)
    return None if number is None else _block(chain, number, full)


@_method
def eth_getBlockByHash(chain: Chain, key: Any, full: bool = False) -> Any:
    return eth_getBlockByNumber(chain, data(parse_data(key, "block hash", 32)), full)


def _block(chain: Chain, number: int, full: bool) -> Any:
    row = chain.store.row("SELECT body FROM blocks WHERE number = ?", number)
    body = orjson.loads(row[0]) if row else None
    if body and full:
        body["transactions"] = [eth_getTransactionByHash(chain, key) for key in body["transactions"]]
    return body


@_method
def debug_getRawHeader(chain: Chain, tag: Any) -> str:
    """RLP of the header: its Keccak-256 is the block hash."""
    number = _block_number(chain, tag)
    row = chain.store.row("SELECT header FROM blocks WHERE number = ?", number)
    if row is None:
        raise RpcError(SERVER_ERROR, f"header not found: {tag}")
    return data(row[0])


@_method
def eth_getBalance(chain: Chain, address: Any, tag: Any = "latest") -> str:
    return quantity(state.read_account(chain.store, _header(chain, tag).state_root, _address(address)).balance)


@_method
def eth_getTransactionCount(chain: Chain, address: Any, tag: Any = "latest") -> str:
    return quantity(state.read_account(chain.store, _header(chain, tag).state_root, _address(address)).nonce)


@_method
def eth_getCode(chain: Chain, address: Any, tag: Any = "latest") -> str:
    return data(state.read_code(chain.store, _header(chain, tag).state_root, _address(address)))


@_method
def eth_getStorageAt(chain: Chain, address: Any, slot: Any, tag: Any = "latest") -> str:
    root = _header(chain, tag).state_root
    return data(word(state.read_slot(chain.store, root, _address(address), _slot(slot))))


@_method
def eth_getProof(chain: Chain, address: Any, slots: Any, tag: Any = "latest") -> dict[str, Any]:
    if not isinstance(slots, list):
        raise invalid("storage keys: expected a list")
    return state.prove(chain.store, _header(chain, tag).state_root, _address(address), [_slot(slot) for slot in slots])


@_method
def eth_gasPrice(chain: Chain) -> str:
    return quantity(chain.next_header().base_fee_per_gas + TIP)


@_method
def eth_maxPriorityFeePerGas(_chain: Chain) -> str:
    return quantity(TIP)


@_method
def eth_feeHistory(chain: Chain, count: Any, newest: Any, percentiles: Any = None) -> dict[str, Any]:
    last = _header(chain, newest).block_number
    first = max(0, last + 1 - min(parse_quantity(count, "block count"), _FEE_HISTORY_BLOCKS))
    headers = [chain.header(number) for number in range(first, last + 1)]
    after = chain.next_header() if last == chain.head.block_number else chain.header(last + 1)
    history: dict[str, Any] = {
        "oldestBlock": quantity(first),
        "baseFeePerGas": [quantity(header.base_fee_per_gas) for header in [*headers, after]],
        "gasUsedRatio": [header.gas_used / header.gas_limit for header in headers],
    }
    if percentiles:
        history["reward"] = [[quantity(TIP) for _ in percentiles] for _ in headers]
    return history


@_method
def eth_call(chain: Chain, request: Any, tag: Any = "latest") -> str:
    header = _header(chain, tag).copy(base_fee_per_gas=0)
    return data(execution.call(lambda: chain.build_state(header), execution.parse_message(request)))


@_method
def eth_estimateGas(chain: Chain, request: Any, tag: Any = "pending") -> str:
    header = (chain.next_header() if _names_head(tag) else _header(chain, tag)).copy(base_fee_per_gas=0)
    return quantity(execution.estimate(lambda: chain.build_state(header), execution.parse_message(request)))


@_method
def eth_sendRawTransaction(chain: Chain, raw: Any) -> str:
    return data(chain.send(parse_data(raw, "transaction")))


@_method
def eth_getTransactionByHash(chain: Chain, key: Any) -> Any:
    row = chain.store.row("SELECT body FROM transactions WHERE hash = ?", parse_data(key, "transaction hash", 32))
    return orjson.loads(row[0]) if row else None


@_method
def eth_getTransactionReceipt(chain: Chain, key: Any) -> Any:
    query = "SELECT receipt, block FROM transactions WHERE hash = ?"
    row = chain.store.row(query, parse_data(key, "transaction hash", 32))
    return {**orjson.loads(row[0]), "logs": logs.of_block(chain.store, row[1])} if row else None


@_method
def eth_getLogs(chain: Chain, wanted: Any) -> list[dict[str, Any]]:
    if not isinstance(wanted, dict):
        raise invalid(f"filter: expected an object, found {type(wanted).__name__}")
    first, last = _range(chain, wanted)
    addresses, topics = logs.parse_addresses(wanted.get("address")), logs.parse_topics(wanted.get("topics"))
    return logs.find(chain.store, logs.LogFilter(first, last, addresses, topics))


def _range(chain: Chain, wanted: dict[str, Any]) -> tuple[int, int]:
    if wanted.get("blockHash") is not None:
        if wanted.get("fromBlock") is not None or wanted.get("toBlock") is not None:
            raise invalid("cannot specify both BlockHash and FromBlock/ToBlock, choose one or the other")
        number = _block_number(chain, data(parse_data(wanted["blockHash"], "blockHash", 32)))
        if number is None:
            raise RpcError(SERVER_ERROR, "unknown block")
        return number, number
    first, last = (_bound(chain, wanted.get(name)) for name in ("fromBlock", "toBlock"))
    if first > last:
        raise invalid(f"invalid block range params: fromBlock {first} is after toBlock {last}")
    beyond = int(chain.head.block_number) + 1
    return min(first, beyond), min(last, beyond)


def _bound(chain: Chain, tag: Any) -> int:
    """As a block number, except that numbers beyond the head are good bounds."""
    named = tag is None or tag == "earliest" or _names_head(tag)
    number = _block_number(chain, tag) if named else parse_quantity(tag, "block")
    return number or 0


@_method
def evm_mine(chain: Chain) -> str:
    """One more block is on the chain, with no transaction in it."""
    chain.mine()
    return "0x0"
