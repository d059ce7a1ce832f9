"""Bounds on what is received: one object, all objects together, one PDU.

pynetdicom gathers an object in memory and hands it over whole. Here it gathers it in a buffer that drops what is
beyond a limit and remembers that it did, so that the sender still gets an answer (0xA700) and the association lives.
"""

from __future__ import annotations

import socket
import threading
import time
import weakref
from collections import Counter
from io import BytesIO
from typing import TYPE_CHECKING, Any

import structlog
from pynetdicom.dimse_messages import C_STORE_RQ, DIMSEMessage
from pynetdicom.pdu import P_DATA_TF

if TYPE_CHECKING:
    from pynetdicom import evt

_log = structlog.get_logger("ledger.dicom")

LARGEST_PDU = 1 << 20
"""Bytes of one PDU that are read; what announces more ends the connection. Ours are negotiated to be smaller, and
an A-ASSOCIATE-RQ with all its contexts has some 50 kB."""
LARGEST_MESSAGE = 4 << 20
"""Bytes of the data set of a message that is no C-STORE request: a report on 20,000 instances has some 2.6 MB."""
LARGEST_COMMAND = 1 << 16
"""Bytes of a command set; real ones have some 200. What is longer ends the association."""
MOST_UNANSWERED = 16
"""Messages of an association that wait for their turn. No asynchronous operations are negotiated (PS3.7 annex
D.3.3.3), so an honest sender has one; each of many small ones would cost memory that no budget counts."""
MESSAGE_SECONDS = 900.0
PATIENT_SECONDS = 60.0
LEAST_RATE = 8192
"""A message may take so long at most; and after the second so many bytes a second must have come."""
_ITEMS = (b"\xfe\xff\x00\xe0", b"\xff\xfe\xe0\x00")
"""The tag of an item (PS3.5 section 7.5) in either byte order."""
_READ = 1 << 16


class Budget:
    """Bytes that all messages being received may hold together, and half of them those of one address."""

    def __init__(self, most: int) -> None:
        self._left = most
        self._most_of_one = most // 2
        self._held: Counter[str] = Counter()
        self._lock = threading.Lock()

    def take(self, count: int, address: str) -> bool:
        """Whether ``count`` bytes were there for ``address``; they are the caller's until given back."""
        with self._lock:
            if count > self._left or self._held[address] + count > self._most_of_one:
                return False
            self._left -= count
            self._held[address] += count
            return True

    def give_back(self, count: int, address: str) -> None:
        """``count`` bytes are free again."""
        with self._lock:
            self._left += count
            self._held[address] -= count
            self._held += Counter()  # who holds nothing is forgotten


class BoundedBuffer(BytesIO):
    """What the data set of one message is gathered in: at most ``most`` bytes of an object, :data:`LARGEST_MESSAGE` of
    anything else, and no more than the budget has. ``received`` counts what came, kept or not."""

    def __init__(self, most: int, budget: Budget, message: DIMSEMessage, address: str) -> None:
        super().__init__()
        self._most = most
        self._budget = budget
        self._address = address
        self._message = weakref.ref(message)
        self._held = 0
        self._began = time.monotonic()
        self.received = 0
        self.overflowed = False

    def write(self, data: Any) -> int:
        """Keep ``data`` if there is room; from the first time that there is none, keep nothing."""
        count = len(data)
        self.received += count
        if not self.overflowed and (self._held + count > self._limit() or not self._budget.take(count, self._address)):
            self.overflowed = True
            self.let_go()
        if self.overflowed:
            return count
        self._held += count
        return super().write(data)

    def is_too_slow(self) -> bool:
        """Whether the message takes longer than a sender may hold memory for it."""
        taken = time.monotonic() - self._began
        return taken > MESSAGE_SECONDS or self.received < (taken - PATIENT_SECONDS) * LEAST_RATE

    def _limit(self) -> int:
        # A message gets its class with the last of its command set, which comes before its data set.
        return self._most if isinstance(self._message(), C_STORE_RQ) else min(self._most, LARGEST_MESSAGE)

    def empty(self) -> None:
        """The memory is free again; the budget counts its bytes on, for who has a copy of them."""
        self.truncate(0)
        self.seek(0)

    def let_go(self) -> None:
        """The memory is free again, and the budget has its bytes back."""
        self._budget.give_back(self._held, self._address)
        self._held = 0
        self.empty()

    def __del__(self) -> None:
        # An association that ends in the middle of an object lets go of its buffer this way.
        self._budget.give_back(self._held, self._address)
        self._held = 0


class Receiving:
    """Puts a bounded buffer under every message that an association receives."""

    def __init__(self, most: int, budget: Budget) -> None:
        self._most = most
        self._budget = budget

    def on_pdu(self, event: evt.Event) -> None:
        """Before a PDU is taken apart: the message that it continues, or begins, gathers its data set in bounds."""
        if not isinstance(event.pdu, P_DATA_TF):
            return
        dimse = event.assoc.dimse
        if dimse.msg_queue.qsize() > MOST_UNANSWERED:
            _end(event, "more requests than it waits for answers to")
        if dimse.message is None:
            dimse.message = DIMSEMessage()
        if dimse.message.encoded_command_set.getbuffer().nbytes + _of_command(event.pdu) > LARGEST_COMMAND:
            _end(event, "a command set beyond the limit")
        held = dimse.message.data_set
        if not isinstance(held, BoundedBuffer):
            address = str(event.assoc.requestor.address)
            dimse.message.data_set = BoundedBuffer(self._most, self._budget, dimse.message, address)
        elif held.is_too_slow():
            held.let_go()
            _end(event, "the sender is too slow")


def _of_command(pdu: P_DATA_TF) -> int:
    """Bytes of a command set in a PDU (PS3.8 annex E.2)."""
    values = [item.presentation_data_value or b"" for item in pdu.presentation_data_value_items]
    return sum(len(value) - 1 for value in values if value and value[0] & 1)


def _end(event: evt.Event, why: str) -> None:
    """Nothing of the PDU is kept, and the association is aborted."""
    pdu: Any = event.pdu
    pdu.presentation_data_value_items = []
    if not event.assoc._sent_abort:  # more may have come before the abort has gone out
        _log.warning("aborted", why=why)
        event.assoc.abort()


def has_room_for(data_set: BytesIO | None, items: int) -> bool:
    """Whether the data set of a message is here whole and has at most ``items`` items, told without parsing it."""
    if data_set is None:
        return True
    if isinstance(data_set, BoundedBuffer) and data_set.overflowed:
        return False
    held = data_set.getvalue()
    return sum(map(held.count, _ITEMS)) <= items


def read_exactly(sock: socket.socket, count: int, seconds: float) -> bytearray:
    """``count`` bytes of the connection, fewer when it ends. OSError for more than :data:`LARGEST_PDU`, and when they
    have not come in ``seconds``."""
    if count > LARGEST_PDU:
        raise OSError(f"a PDU of {count} bytes")
    patience, until = sock.gettimeout(), time.monotonic() + seconds
    found = bytearray()
    try:
        while len(found) < count:
            sock.settimeout(max(0.001, until - time.monotonic()))
            piece = sock.recv(min(_READ, count - len(found)))
            if not piece:
                break
            found += piece
    finally:
        sock.settimeout(patience)
    return found
