"""Running messages on a state without keeping what they change: eth_call and eth_estimateGas."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from eth.exceptions import Revert
from eth.vm.forks.cancun.transactions import CancunUnsignedLegacyTransaction
from eth.vm.spoof import SpoofTransaction
from eth_utils.exceptions import ValidationError

from ledger.chain.testnet.wire import (
    EXECUTION_REVERTED,
    SERVER_ERROR,
    RpcError,
    data,
    invalid,
    parse_data,
    parse_quantity,
)

_ERROR_STRING = bytes.fromhex("08c379a0")
_STIPEND_ROOM = 2_300


@dataclass(frozen=True, slots=True)
class Message:
    """A call, or a contract creation when ``to`` is empty. ``gas`` None means as much as a block holds."""

    sender: bytes
    to: bytes
    payload: bytes
    value: int
    gas: int | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a call ended: its output, gas used and refunded (units of gas), and py-evm's error if it failed."""

    output: bytes
    gas_used: int
    refund: int
    error: BaseException | None


def parse_message(request: Any) -> Message:
    """The transaction object of eth_call and eth_estimateGas; fees are ignored, as the call costs nothing."""
    if not isinstance(request, dict):
        raise invalid(f"transaction: expected an object, found {type(request).__name__}")
    payload = request.get("input", request.get("data")) or "0x"
    gas = request.get("gas")
    return Message(
        sender=parse_data(request.get("from") or "0x" + "00" * 20, "from", 20),
        to=parse_data(request["to"], "to", 20) if request.get("to") else b"",
        payload=parse_data(payload, "data"),
        value=parse_quantity(request.get("value") or 0, "value"),
        gas=None if gas is None else parse_quantity(gas, "gas"),
    )


def run(build_state: Callable[[], Any], message: Message) -> Outcome:
    """Execute on a fresh state, which is thrown away. A message that cannot start raises RpcError."""
    state = build_state()
    limit = state.gas_limit
    transaction = _spoofed(message, state.get_nonce(message.sender), min(message.gas or limit, limit))
    if transaction.gas < transaction.intrinsic_gas:
        raise RpcError(SERVER_ERROR, f"intrinsic gas too low: have {transaction.gas}, want {transaction.intrinsic_gas}")
    if message.value > state.get_balance(message.sender):
        raise RpcError(SERVER_ERROR, f"insufficient funds for transfer: address {data(message.sender)}")
    try:
        computation = state.apply_transaction(transaction)
    except ValidationError as error:
        raise RpcError(SERVER_ERROR, str(error)) from error
    used = transaction.gas - computation.get_gas_remaining()
    refund = computation.get_gas_refund() if computation.is_success else 0
    return Outcome(bytes(computation.output), used, refund, computation.error if computation.is_error else None)


def _spoofed(message: Message, nonce: int, gas: int) -> Any:
    """py-evm wants a transaction with the sender's present nonce; at price 0 it debits nothing."""
    unsigned = CancunUnsignedLegacyTransaction(
        nonce=nonce, gas_price=0, gas=gas, to=message.to, value=message.value, data=message.payload
    )
    return SpoofTransaction(unsigned, from_=message.sender)


def call(build_state: Callable[[], Any], message: Message) -> bytes:
    """What the message returns. A revert raises RpcError 3 with the revert data, as other nodes do."""
    outcome = run(build_state, message)
    if outcome.error is not None:
        raise failure(outcome)
    return outcome.output


def estimate(build_state: Callable[[], Any], message: Message) -> int:
    """A gas limit that was tried and suffices: the gas used plus refunds, or a little more where calls need room."""
    full = run(build_state, message)
    if full.error is not None:
        raise failure(full)
    low = full.gas_used + full.refund
    # A caller keeps back one 64th at each call (EIP-150), and a call with value wants its stipend first.
    for limit in (low, (low + _STIPEND_ROOM) * 64 // 63):
        if _suffices(build_state, message, limit):
            return limit
    return _bisect(build_state, message, low, 8 * low)


def _bisect(build_state: Callable[[], Any], message: Message, low: int, high: int) -> int:
    while not _suffices(build_state, message, high):
        low, high = high, 2 * high
    while high - low > high // 64:
        middle = (low + high) // 2
        if _suffices(build_state, message, middle):
            high = middle
        else:
            low = middle
    return high


def _suffices(build_state: Callable[[], Any], message: Message, gas: int) -> bool:
    return run(build_state, replace(message, gas=gas)).error is None


def failure(outcome: Outcome) -> RpcError:
    """The JSON-RPC error of a failed call, with Solidity's reason and the returned data when it reverted."""
    if not isinstance(outcome.error, Revert):
        return RpcError(SERVER_ERROR, f"{type(outcome.error).__name__}: {outcome.error}")
    reason = _reason(outcome.output)
    return RpcError(EXECUTION_REVERTED, f"execution reverted{reason}", data(outcome.output))


def _reason(output: bytes) -> str:
    """The text of Solidity's Error(string), when that is what came back."""
    if output[:4] != _ERROR_STRING or len(output) < 68:
        return ""
    length = int.from_bytes(output[36:68], "big")
    return ": " + output[68 : 68 + length].decode("utf-8", "replace")
