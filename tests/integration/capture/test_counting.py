"""What a path of capture counts is what the ledger's sources say, in process and behind a server."""

from __future__ import annotations

from typing import Any

import pytest
from archive import slice_of

from ledger.client import Client
from ledger.core.images import Limits
from ledger.errors import LedgerError, NotAllowed, StorageFull, UnreadableImage
from ledger.ingest.capture import Capture
from ledger.ingest.counting import CountsHere, CountsThere
from ledger.ingest.feed import missing_objects
from ledger.schemas import Registration
from ledger.service import Service


def _counted(ledger: Service, name: str) -> tuple[int, int, int, str | None]:
    (found,) = (one for one in ledger.sources.all() if one.name == name)
    return found.received, found.registered, found.failed, found.reason


def _store_two(ledger: Any, counting: Any, source: str, first: int) -> None:
    capture = Capture(ledger, Limits(), counting)
    capture.store(slice_of(first), source)
    with pytest.raises(UnreadableImage):
        capture.store(b"no DICOM", source)


def test_objects_are_counted_by_source_in_process(ledger: Service) -> None:
    _store_two(ledger, CountsHere(lambda: ledger.sources), "MR_HERE", 81_000)
    assert _counted(ledger, "MR_HERE") == (2, 1, 1, "unreadable_image")


def test_objects_are_counted_by_source_behind_a_server(ledger: Service, url: str, register_key: str) -> None:
    with Client(url, register_key) as client:
        counting = CountsThere(client.sources)
        _store_two(client, counting, "MR_THERE", 82_000)
        counting.close()
    assert _counted(ledger, "MR_THERE") == (2, 1, 1, "unreadable_image")


def _unanchored(ledger: Service, name: str) -> tuple[int, bool]:
    """How many entries of the source no block holds, and whether the oldest has an age."""
    (found,) = (one for one in ledger.sources.all() if one.name == name)
    return found.unanchored, found.unanchored_seconds is not None


@pytest.mark.parametrize("where", ["in process", "behind a server"])
def test_each_source_says_what_of_it_no_block_holds(ledger: Service, url: str, register_key: str, where: str) -> None:
    here = CountsHere(lambda: ledger.sources)
    names, first = (f"CT EARLY {where}", f"CT LATE {where}"), 84_000 + 10 * len(where)
    with Client(url, register_key) as client:
        counting = here if where == "in process" else CountsThere(client.sources)
        gateway = ledger if where == "in process" else client
        Capture(gateway, Limits(), counting).store(slice_of(first), names[0])
        assert ledger.anchor_pending(60)
        Capture(gateway, Limits(), counting).store(slice_of(first + 1), names[1])
        if isinstance(counting, CountsThere):
            counting.close()
    assert [_unanchored(ledger, name) for name in names] == [(0, False), (1, True)]
    assert ledger.anchor_pending(60)
    assert _unanchored(ledger, names[1]) == (0, False)


def test_a_name_that_is_none_costs_no_image(ledger: Service) -> None:
    CountsHere(lambda: ledger.sources).count("\x1b[31m", "received")
    assert _counted(ledger, "other")[0] >= 1


def test_a_puller_that_may_not_read_the_history_registers_nothing_twice_but_stops(url: str, register_key: str) -> None:
    with Client(url, register_key) as client, pytest.raises(NotAllowed):
        missing_objects(client, Limits())(slice_of(83_000))


class Down:
    """A ledger that cannot store anything, so many times."""

    def __init__(self, ledger: Service, error: Exception, times: int) -> None:
        self._ledger, self._error, self.times = ledger, error, times

    def register(self, data: bytes) -> Registration:
        if self.times:
            self.times -= 1
            raise self._error
        return self._ledger.register(data)


@pytest.mark.parametrize("error", [StorageFull("no room"), LedgerError("a fault of ours"), RuntimeError("another")])
def test_an_object_that_is_sent_again_and_again_waits_once_and_then_no_more(ledger: Service, error: Exception) -> None:
    name = f"CT AGAIN {type(error).__name__}"
    down: Any = Down(ledger, error, 3)
    capture = Capture(down, Limits(), CountsHere(lambda: ledger.sources))
    data = slice_of(85_000 + len(name))
    waiting = []
    for _ in range(3):
        with pytest.raises(type(error)):
            capture.store(data, name)
        waiting += [one.waiting for one in ledger.sources.all() if one.name == name]
    capture.store(data, name)
    (found,) = (one for one in ledger.sources.all() if one.name == name)
    assert waiting == [1, 1, 1]
    assert (found.received, found.registered, found.failed, found.waiting) == (4, 1, 0, 0)
