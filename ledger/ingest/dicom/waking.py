"""pynetdicom's two threads of an association look for work once a millisecond. Here they wait for it.

One thread reads and writes the connection, the other answers messages. Each looked, slept and looked again, which cost
every object about a millisecond on its way in and one on its answer's way out.
"""

from __future__ import annotations

import queue
import select
import socket
import time
import weakref
from collections import deque
from contextlib import suppress
from typing import Any

from pynetdicom.association import Association
from pynetdicom.dimse_primitives import C_CANCEL

from ledger.ingest.dicom.receiving import MOST_UNANSWERED

_LONGEST_WAIT = 0.05
"""Timers and the order to stop are looked at this often."""
_LONGEST_TURN = 0.005
"""A request to release the association is seen this late at most."""
_PAUSE = 0.0001
_LONGEST_ANSWER = 60.0
_NOTHING = (None, None)


def wake_by_events(association: Association) -> None:
    """The threads of ``association``, not started yet, wake as soon as there is something to read, send or answer."""
    _wake_reader(association)
    messages = association.dimse.msg_queue
    aside: deque[Any] = deque()

    def next_message(block: bool = False) -> Any:
        if block:
            return _answer(messages, association.dimse.dimse_timeout, aside)
        if aside:
            return aside.popleft()
        try:
            return messages.get(timeout=_LONGEST_TURN)
        except queue.Empty:
            return _NOTHING

    association.dimse.get_msg = next_message  # type: ignore[method-assign]


def _answer(messages: queue.Queue[Any], seconds: float | None, aside: deque[Any]) -> Any:
    """The next answer, as who asked the sender something (a report of ours) waits for it; nothing after ``seconds``.

    Requests that come before it, since a sender need not wait with them, stand ``aside`` until it is their turn.
    """
    until = time.monotonic() + (_LONGEST_ANSWER if seconds is None else seconds)
    while (left := until - time.monotonic()) > 0 and len(aside) < MOST_UNANSWERED:
        try:
            found = messages.get(timeout=left)
        except queue.Empty:
            break
        if found[1] is None or _is_answer(found[1]):  # None: the association has ended
            return found
        aside.append(found)
    return _NOTHING


def _is_answer(message: Any) -> bool:
    return message.MessageIDBeingRespondedTo is not None and not isinstance(message, C_CANCEL)


def _wake_reader(association: Association) -> None:
    dul: Any = association.dul
    read, put = dul._is_transport_event, dul.send_pdu
    bell, button = socket.socketpair()
    for end in (bell, button):
        end.setblocking(False)
        weakref.finalize(association, end.close)

    def send(primitive: Any) -> None:
        put(primitive)
        with suppress(OSError):  # full: it rings already
            button.send(b"\0")

    def look_when_there_is_something() -> bool:
        if dul.to_provider_queue.empty() and dul.event_queue.empty():
            _wait(dul.socket.socket if dul.socket else None, bell)
        return bool(read())

    dul.send_pdu, dul._is_transport_event = send, look_when_there_is_something
    dul._run_loop_delay = _PAUSE


def _wait(connection: Any, bell: socket.socket) -> None:
    """Until there is something to read or the bell rings, and no longer than :data:`_LONGEST_WAIT`."""
    if getattr(connection, "pending", int)():  # TLS has read it already
        return
    try:
        select.select([connection, bell], [], [], _LONGEST_WAIT)
    except (OSError, ValueError, TypeError):
        time.sleep(0.001)  # the connection has gone; who finds out is not asked here
    with suppress(OSError):
        bell.recv(64)
