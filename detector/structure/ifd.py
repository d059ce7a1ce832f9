"""TIFF directories, as TIFF files and EXIF segments have them, read under limits (TIFF 6.0, section 2; Exif 2.32)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

MOST_DIRECTORIES = 64
MOST_ENTRIES = 1_000
MOST_VALUE = 4 << 20
"""Bytes of one value that are kept; longer values are known by their length alone."""
MOST_TEXT = 1 << 16
MOST_VALUES = 16 << 20
"""Bytes of all values together that are kept: a file may name one place a thousand times."""
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_WHOLE = {1: 1, 3: 2, 4: 4, 13: 4}
SUB_DIRECTORIES, EXIF_DIRECTORY = 0x014A, 0x8769


@dataclass(frozen=True)
class Entry:
    """One value: its type, how many, and its bytes (empty where they are missing or past a limit)."""

    type: int
    count: int
    raw: bytes
    order: str

    @property
    def text(self) -> str:
        """The value as text up to its first zero byte, at most ``MOST_TEXT`` of it."""
        return self.raw[:MOST_TEXT].partition(b"\0")[0].decode("latin-1").strip()

    @property
    def numbers(self) -> tuple[int, ...]:
        """The value as whole numbers; none where it is of another type."""
        size = _WHOLE.get(self.type)
        if size is None:
            return ()
        order = "little" if self.order == "<" else "big"
        raw = self.raw[: size * 4096]
        return tuple(
            int.from_bytes(raw[at : at + size], "little" if order == "little" else "big")
            for at in range(0, len(raw) - size + 1, size)
        )


@dataclass(frozen=True)
class Directory:
    """One directory; ``nested``: reached from an entry of another one rather than from the chain."""

    entries: Mapping[int, Entry]
    nested: bool

    def text(self, tag: int) -> str:
        """The text of ``tag``; empty where it is not there."""
        return self.entries[tag].text if tag in self.entries else ""

    def number(self, tag: int) -> int | None:
        """The first whole number of ``tag``, or None."""
        found = self.entries[tag].numbers if tag in self.entries else ()
        return found[0] if found else None


def directories(data: bytes) -> tuple[Directory, ...]:
    """The chain of directories and those that SubIFDs and the EXIF pointer name; ValueError for what is no TIFF.

    Each place is read once, so that a loop ends; at most ``MOST_DIRECTORIES``.
    """
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(data[:4])
    if order is None:
        raise ValueError("expected a classic TIFF header")
    waiting, seen, found, left = [(_int(data, 4, 4, order), False)], set[int](), list[Directory](), MOST_VALUES
    while waiting and len(found) < MOST_DIRECTORIES:
        place, nested = waiting.pop(0)
        if place in seen or not 8 <= place <= len(data) - 2:
            continue
        seen.add(place)
        entries, following = _directory(data, place, order, left)
        left -= sum(len(entry.raw) for entry in entries.values())
        found.append(Directory(entries, nested))
        if not nested:
            waiting.append((following, False))
        for tag in (SUB_DIRECTORIES, EXIF_DIRECTORY):
            if tag in entries:
                waiting += [(number, True) for number in entries[tag].numbers[:MOST_DIRECTORIES]]
    return tuple(found)


def _directory(data: bytes, place: int, order: str, left: int) -> tuple[dict[int, Entry], int]:
    count = min(_int(data, place, 2, order), MOST_ENTRIES)
    entries = {}
    for at in range(place + 2, place + 2 + 12 * count, 12):
        if at + 12 > len(data):
            break
        tag, kind, number = _int(data, at, 2, order), _int(data, at + 2, 2, order), _int(data, at + 4, 4, order)
        length = _SIZES.get(kind, 0) * number
        start = at + 8 if length <= 4 else _int(data, at + 8, 4, order)
        raw = data[start : start + length] if length <= min(MOST_VALUE, left) else b""
        left -= len(raw)
        entries[tag] = Entry(kind, number, raw, order)
    return entries, _int(data, place + 2 + 12 * count, 4, order)


def _int(data: bytes, at: int, size: int, order: str) -> int:
    return int.from_bytes(data[at : at + size], "little" if order == "<" else "big")
