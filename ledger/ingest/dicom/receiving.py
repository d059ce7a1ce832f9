"""Bounds on what is received: one object, all objects together, one PDU.

pynetdicom gathers an object in memory and hands it over whole. Here it gathers it in a buffer that drops what is
beyond a limit and remembers that it did, so that the sender still gets an answer (0xA700) and the association lives.
"""

from __future__ import annotations

import socket
import threading
from io import BytesIO
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pynetdicom import evt

LARGEST_PDU = 1 << 20
"""Bytes of one PDU that are read; what announces more ends the connection. Ours are negotiated to be smaller, and
an A-ASSOCIATE-RQ with all its contexts has some 50 kB."""
_READ = 1 << 16


class Budget:
    """Bytes that all objects being received may hold together."""

    def __init__(self, most: int) -> None:
        self._left = most
        self._lock = threading.Lock()

    def take(self, count: int) -> bool:
        """Whether ``count`` bytes were there; they are the caller's until given back."""
        with self._lock:
            if count > self._left:
                return False
            self._left -= count
            return True

    def give_back(self, count: int) -> None:
        """``count`` bytes are free again."""
        with self._lock:
            self._left += count


class BoundedBuffer(BytesIO):
    """What one object is gathered in: at most ``most`` bytes, and no more than the budget has."""

    def __init__(self, most: int, budget: Budget) -> None:
        super().__init__()
        self._most = most
        self._budget = budget
        self._held = 0
        self.overflowed = False

    def write(self, data: Any) -> int:
        """Keep ``data`` if there is room; from the first time that there is none, keep nothing."""
        count = len(data)
        if not self.overflowed and (self._held + count > self._most or not self._budget.take(count)):
            self.overflowed = True
            self.let_go()
        if self.overflowed:
            return count
        self._held += count
        return super().write(data)

    def let_go(self) -> None:
        """The memory is free again, and the budget has its bytes back."""
        self._budget.give_back(self._held)
        self._held = 0
        self.truncate(0)
        self.seek(0)

    def __del__(self) -> None:
        # An association that ends in the middle of an object lets go of its buffer this way.
        self._budget.give_back(self._held)
        self._held = 0


class Receiving:
    """Puts a bounded buffer under every object that an association receives."""

    def __init__(self, most: int, budget: Budget) -> None:
        self._most = most
        self._budget = budget

    def on_pdu(self, event: evt.Event) -> None:
        """Before a PDU is taken apart: the message that it continues, or begins, gathers its data set in bounds."""
        from pynetdicom.dimse_messages import DIMSEMessage
        from pynetdicom.pdu import P_DATA_TF

        if not isinstance(event.pdu, P_DATA_TF):
            return
        dimse = event.assoc.dimse
        if dimse.message is None:
            dimse.message = DIMSEMessage()
        gathered = dimse.message.data_set
        if not isinstance(gathered, BoundedBuffer):
            dimse.message.data_set = BoundedBuffer(self._most, self._budget)


def read_exactly(sock: socket.socket, count: int) -> bytearray:
    """``count`` bytes of the connection, fewer when it ends. OSError for more than :data:`LARGEST_PDU`."""
    if count > LARGEST_PDU:
        raise OSError(f"a PDU of {count} bytes")
    found = bytearray()
    while len(found) < count:
        piece = sock.recv(min(_READ, count - len(found)))
        if not piece:
            break
        found += piece
    return found
