"""JSON-RPC values: hexadecimal quantities and data, and the error that a method answers with.

Source: the Ethereum execution API specification (quantities without leading zeros, data with two digits a byte).
"""

from __future__ import annotations

from typing import Any, TypeGuard

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
SERVER_ERROR = -32000
EXECUTION_REVERTED = 3

_HEX_DIGITS = frozenset("0123456789abcdefABCDEF")


class RpcError(Exception):
    """A JSON-RPC error object: ``code`` and ``data`` as on the wire (so no member of the LedgerError tree)."""

    def __init__(self, code: int, message: str, data: Any = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.data = data

    def body(self) -> dict[str, Any]:
        """The ``error`` member of a JSON-RPC response; ``data`` only where there is some."""
        body: dict[str, Any] = {"code": self.code, "message": self.message}
        return body if self.data is None else {**body, "data": self.data}


def invalid(message: str) -> RpcError:
    """The error for parameters that cannot be used."""
    return RpcError(INVALID_PARAMS, message)


def quantity(number: int) -> str:
    """A number as JSON-RPC writes it: ``0x`` and hex digits without leading zeros."""
    return hex(number)


def data(raw: bytes) -> str:
    """Bytes as JSON-RPC writes them: ``0x`` and two hex digits each."""
    return "0x" + raw.hex()


def word(number: int) -> bytes:
    """The number as a 32-byte word, big endian."""
    return number.to_bytes(32, "big")


def parse_quantity(value: Any, name: str) -> int:
    """A non-negative integer below 2**256 from ``0x…``; plain integers are accepted too."""
    if isinstance(value, int) and not isinstance(value, bool):
        number = value
    elif _is_hex(value) and len(value) > 2:
        number = int(value, 16)
    else:
        raise invalid(f"{name}: expected a 0x-prefixed quantity, found {value!r:.80}")
    if not 0 <= number < 2**256:
        raise invalid(f"{name}: expected 0 to 2**256-1, found {value!r:.80}")
    return number


def parse_data(value: Any, name: str, length: int | None = None) -> bytes:
    """The bytes of ``0x…``, of exactly ``length`` bytes when that is given."""
    if not _is_hex(value) or len(value) % 2:
        raise invalid(f"{name}: expected 0x-prefixed bytes, found {value!r:.80}")
    raw = bytes.fromhex(value[2:])
    if length is not None and len(raw) != length:
        raise invalid(f"{name}: expected {length} bytes, found {len(raw)}")
    return raw


def _is_hex(value: Any) -> TypeGuard[str]:
    return isinstance(value, str) and value[:2] in ("0x", "0X") and _HEX_DIGITS.issuperset(value[2:])
