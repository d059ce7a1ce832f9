"""Reading fields of untrusted JSON objects: the value in the expected form, or one error that names the field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from ledger.errors import InputError


class Fields:
    """The fields of one JSON object; ``error`` is raised, with *expected, found*, for anything but what is asked."""

    def __init__(self, value: Any, where: str, names: set[str], error: type[InputError]) -> None:
        self._error, self._where = error, where
        if not isinstance(value, Mapping):
            raise error(f"expected {where} as an object, found {type(value).__name__}")
        if value.keys() != names:
            odd = ", ".join(sorted(str(name)[:40] for name in value.keys() ^ names))
            raise error(f"expected {where} with exactly {', '.join(sorted(names))}; differs in {odd[:200]}")
        self._value = value

    def text(self, name: str) -> str:
        """A string."""
        value = self._value[name]
        if not isinstance(value, str):
            self._refuse(name, "text")
        return value

    def optional_text(self, name: str) -> str | None:
        """A string or null."""
        return None if self._value[name] is None else self.text(name)

    def number(self, name: str) -> int:
        """A whole number of zero or more, below 2^53."""
        value = self._value[name]
        if type(value) is not int or not 0 <= value < 1 << 53:
            self._refuse(name, "a whole number")
        return value

    def raw(self, name: str, length: int | None = None) -> bytes:
        """Bytes written as lower-case hex, of ``length`` if one is given."""
        return self._from_hex(name, self._value[name], length)

    def raws(self, name: str, length: int | None = None) -> tuple[bytes, ...]:
        """A list of at most 80 values in hex."""
        value = self._value[name]
        if not isinstance(value, list) or len(value) > 80:
            self._refuse(name, "a list of at most 80 hex values")
        return tuple(self._from_hex(name, item, length) for item in value)

    def objects(self, name: str) -> list[Any]:
        """A list, its items unread."""
        value = self._value[name]
        if not isinstance(value, list):
            self._refuse(name, "a list")
        return value

    def mapping(self, name: str) -> Mapping[str, Any]:
        """An object, its fields unread."""
        value = self._value[name]
        if not isinstance(value, Mapping):
            self._refuse(name, "an object")
        return value

    def get(self, name: str) -> Any:
        """The value as it is."""
        return self._value[name]

    def _from_hex(self, name: str, value: Any, length: int | None) -> bytes:
        try:
            data = bytes.fromhex(value)
        except (TypeError, ValueError):
            self._refuse(name, "lower-case hex")
        if data.hex() != value or (length is not None and len(data) != length):
            self._refuse(name, "lower-case hex" + ("" if length is None else f" of {length} bytes"))
        return data

    def _refuse(self, name: str, expected: str) -> NoReturn:
        found = str(self._value[name])[:40]
        raise self._error(f"expected {self._where}.{name} as {expected}, found {found!r}")
