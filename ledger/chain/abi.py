"""The contract's interface, prepared once from the artifact: calls to bytes, and words, events and errors back."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError

from contracts import load_artifact
from ledger.core.ethproof import keccak
from ledger.errors import ChainUnreachable

WORD = 32
STATUSES = ("unknown", "active", "suspended", "retired")

_SOLIDITY_ERRORS: Mapping[bytes, tuple[str, str]] = {
    bytes.fromhex("08c379a0"): ("Error", "string"),
    bytes.fromhex("4e487b71"): ("Panic", "uint256"),
}
_HEX = re.compile(r"0x([0-9a-fA-F]{8}(?:[0-9a-fA-F]{64})*|[0-9a-fA-F]{8}[0-9a-fA-F]*)")


@dataclass(frozen=True)
class Interface:
    """Selectors and topics of the contract. ``topics`` maps topic 0 (0x…) to an event's name."""

    selectors: Mapping[str, bytes]
    inputs: Mapping[str, tuple[str, ...]]
    topics: Mapping[str, str]
    registrar_events: frozenset[str]
    errors: Mapping[bytes, tuple[str, tuple[str, ...], tuple[str, ...]]]
    roots_slot: int


@cache
def interface() -> Interface:
    """The committed artifact's interface."""
    artifact = load_artifact()
    rows = {kind: [row for row in artifact.abi if row["type"] == kind] for kind in ("function", "event", "error")}
    return Interface(
        selectors={row["name"]: _hash(row)[:4] for row in rows["function"]},
        inputs={row["name"]: _types(row) for row in rows["function"]},
        topics={"0x" + _hash(row).hex(): row["name"] for row in rows["event"]},
        registrar_events=frozenset(row["name"] for row in rows["event"] if _registrar_first(row)),
        errors={
            _hash(row)[:4]: (row["name"], tuple(item["name"] for item in row["inputs"]), _types(row))
            for row in rows["error"]
        },
        roots_slot=artifact.storage["_roots"],
    )


def encode_call(function: str, *arguments: Any) -> bytes:
    """The call data of ``function``; bytes32 as 32 raw bytes, addresses as 0x text."""
    known = interface()
    return known.selectors[function] + encode(known.inputs[function], arguments)


def encode_deployment(initial_delay: int, admin: str) -> bytes:
    """The creation code with the constructor's arguments: the admin change's delay in seconds, the first admin."""
    return bytes.fromhex(load_artifact().bytecode[2:]) + encode(("uint48", "address"), (initial_delay, admin))


def words(answer: bytes, count: int) -> list[bytes]:
    """``answer`` as exactly ``count`` words of 32 bytes: what a function returning static values answers."""
    if len(answer) != count * WORD:
        raise ChainUnreachable(f"expected {count} words from the contract, found {len(answer)} bytes")
    return [answer[start : start + WORD] for start in range(0, len(answer), WORD)]


def decode_revert(value: Any) -> str | None:
    """The custom error in the ``data`` of a JSON-RPC error, as ``Name(argument=value, …)``; None if there is none.

    Nodes put the bytes there as text, inside other text, or in a further object.
    """
    if isinstance(value, dict):
        return next((found for found in map(decode_revert, value.values()) if found), None)
    match = _HEX.search(value) if isinstance(value, str) else None
    if match is None:
        return None
    raw = bytes.fromhex(match[1][: len(match[1]) // 2 * 2])
    return _named(raw[:4], raw[4:])


def _named(selector: bytes, arguments: bytes) -> str | None:
    if selector in _SOLIDITY_ERRORS:
        name, kind = _SOLIDITY_ERRORS[selector]
        found = _decoded((kind,), arguments)
        return f"{name}({found[0]})" if found else name
    if selector not in interface().errors:
        return None
    name, names, types = interface().errors[selector]
    found = _decoded(types, arguments)
    return f"{name}({', '.join(f'{key}={_text(value)}' for key, value in zip(names, found, strict=False))})"


def _decoded(types: Sequence[str], arguments: bytes) -> tuple[Any, ...]:
    try:
        return decode(types, arguments)
    except (DecodingError, ValueError, OverflowError):
        return ()


def _text(value: Any) -> str:
    return "0x" + value.hex() if isinstance(value, bytes) else str(value)


def _types(row: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(item["type"] for item in row["inputs"])


def _hash(row: Mapping[str, Any]) -> bytes:
    return keccak(f"{row['name']}({','.join(_types(row))})".encode())


def _registrar_first(row: Mapping[str, Any]) -> bool:
    first = row["inputs"][0] if row["inputs"] else {}
    return first.get("name") == "registrar" and bool(first.get("indexed"))
