"""The contract's events, decoded by hand: microseconds an event instead of web3's milliseconds."""

from __future__ import annotations

from typing import Any

from ledger.chain.abi import interface, words
from ledger.chain.rpc import Rpc, data, quantity, sensible
from ledger.core.model import Block, ChainEvent
from ledger.errors import ChainUnreachable

SPAN = 2_000
"""Blocks asked for at once; public nodes allow between 500 and 10,000."""


def read_events(rpc: Rpc, address: str, first: int, last: int) -> list[ChainEvent]:
    """The contract's events in blocks ``first`` to ``last``, both included, in chain order."""
    times: dict[str, int] = {}
    found: list[ChainEvent] = []
    for start in range(first, last + 1, SPAN):
        for log in _logs(rpc, address, start, min(start + SPAN - 1, last)):
            with sensible("eth_getLogs"):
                found.append(_event(rpc, log, times))
    return found


def _logs(rpc: Rpc, address: str, first: int, last: int) -> list[dict[str, Any]]:
    """A refused range is halved, since nodes limit blocks and logs differently."""
    wanted = {"address": address, "fromBlock": hex(first), "toBlock": hex(last)}
    answer, refusal = rpc.attempt("eth_getLogs", wanted)
    if refusal is None:
        if not isinstance(answer, list):
            raise ChainUnreachable(f"expected a list of logs, {rpc.name} sent {answer!r:.100}")
        return answer
    if first == last:
        raise ChainUnreachable(f"{rpc.name} refused eth_getLogs: {refusal.get('message')!s:.300}")
    middle = (first + last) // 2
    return _logs(rpc, address, first, middle) + _logs(rpc, address, middle + 1, last)


def _event(rpc: Rpc, log: dict[str, Any], times: dict[str, int]) -> ChainEvent:
    topics, block_hash = log["topics"], log["blockHash"]
    if block_hash not in times:
        times[block_hash] = _time(rpc, log)
    block = Block(quantity(log["blockNumber"]), block_hash, times[block_hash])
    name = interface().topics.get(topics[0], "unknown") if topics else "unknown"
    position = quantity(log["logIndex"])
    registrar = topics[1][2:] if name in interface().registrar_events else ""
    if name == "ImageRegistered":
        leaf, index = data(topics[2]), quantity(log["data"])
        return ChainEvent(name, block, log["transactionHash"], position, registrar, leaf=leaf, index=index)
    if name != "HeadAdvanced":
        return ChainEvent(name, block, log["transactionHash"], position, registrar)
    size, root = words(data(log["data"]), 2)
    return ChainEvent(
        name,
        block,
        log["transactionHash"],
        position,
        registrar,
        sequence=quantity(topics[2]),
        size=int.from_bytes(size, "big"),
        root=root,
    )


def _time(rpc: Rpc, log: dict[str, Any]) -> int:
    if log.get("blockTimestamp"):
        return quantity(log["blockTimestamp"])
    block = rpc.call("eth_getBlockByHash", log["blockHash"], False)
    return quantity(block["timestamp"])
