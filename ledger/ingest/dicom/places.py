"""Who holds a place of the listener: open connections of each address, and associations that were let in.

A connection that never asks for an association must not take the place of a scanner: so places are counted when an
association is let in, and connections by their address.
"""

from __future__ import annotations

import threading
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from pynetdicom.association import Association

_BESIDE = 5
"""Connections of one address beyond the associations that it might have: those that are being negotiated."""


class Places:
    """Safe to share between threads."""

    def __init__(self, associations: int, connected: Callable[[], list[Association]]) -> None:
        """``associations`` may be open at once; ``connected`` are those whose connection stands, negotiated or not."""
        self._most = associations
        self._connected = connected
        self._arriving: Counter[str] = Counter()
        self._let_in: list[Association] = []
        self._closed = False
        self._lock = threading.Lock()

    def arrives(self, address: str) -> bool:
        """Whether one more connection of ``address`` may stand; it is to be told when it :meth:`has_arrived`."""
        with self._lock:
            held = sum(str(one.requestor.address) == address for one in self._connected())
            if held + self._arriving[address] >= self._most + _BESIDE:
                return False
            self._arriving[address] += 1
            return True

    def has_arrived(self, address: str) -> None:
        """The connection is an association now, or has ended."""
        with self._lock:
            self._arriving[address] -= 1
            self._arriving += Counter()  # who has none left is forgotten

    def take(self, association: Association) -> bool:
        """Whether there was a place for ``association``; it has it until it ends."""
        with self._lock:
            self._let_in = [one for one in self._let_in if _open(one)]
            if self._closed or len(self._let_in) >= self._most:
                return False
            self._let_in.append(association)
            return True

    def close(self) -> None:
        """Nobody is let in any more."""
        with self._lock:
            self._closed = True

    def held(self) -> list[Association]:
        """The associations that were let in and are open."""
        with self._lock:
            return [one for one in self._let_in if _open(one)]


def _open(association: Association) -> bool:
    return association.is_alive() and not (association.is_released or association.is_aborted or association.is_rejected)
