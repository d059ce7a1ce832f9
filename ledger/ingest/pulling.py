"""Pulling from Orthanc: following its change log, and going through all that it holds.

A forward that Orthanc sends may be lost without a trace there; the change log has every instance that it stored. The
cursor moves on only when everything before it is settled, so what was missed is found at the next turn.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from ledger.errors import InputError, LedgerError, NotAllowed, OutageError
from ledger.ingest.feed import Fed, Feed, ObjectFault
from ledger.ingest.memory import Memory
from ledger.ingest.orthanc import Orthanc
from ledger.ingest.tally import Tally

_LONGEST_PAUSE = 30.0
_CURSOR = "cursor"

Told = Callable[[str, Fed | LedgerError], None]
"""Told of each instance by Orthanc's id: registered, refused, or (with an OutageError) waiting."""

T = TypeVar("T")
OnProgress = Callable[[int, int], None]


class Pull:
    """What is pulled from one Orthanc server; ``stop`` ends it after the instance at hand, and the next run goes on
    there. An outage is waited out; with ``attempts`` the OutageError is raised after so many tries."""

    def __init__(
        self,
        orthanc: Orthanc,
        feed: Feed,
        memory: Memory,
        tally: Tally,
        told: Told,
        stop: threading.Event,
        attempts: int | None = None,
    ) -> None:
        self._orthanc = orthanc
        self._feed = feed
        self._memory = memory
        self._tally = tally
        self._told = told
        self._stop = stop
        self._attempts = attempts
        self.gone = 0

    # the change log

    def follow(self, *, once: bool = False, interval: float = 5.0, on_progress: OnProgress | None = None) -> None:
        """Everything that the change log names is settled; with ``once`` this returns then, else it goes on until
        ``stop`` is set."""
        self._persist("", self._mind_restored)
        while not self._stop.is_set():
            if self._persist("", lambda: self._page(on_progress)):
                if once:
                    break
                self._stop.wait(interval)
                self._persist("", self._mind_restored)
        self._finish()

    def _mind_restored(self) -> None:
        """A change log that is shorter than the cursor is another one: Orthanc's database was made anew."""
        if (self._memory.place(_CURSOR) or 0) > self._orthanc.newest_change():
            self._memory.set_place(_CURSOR, 0)
            self._memory.keep()

    def _page(self, on_progress: OnProgress | None) -> bool:
        """One page is settled, and the cursor after it; whether it was the last."""
        cursor = self._memory.place(_CURSOR) or 0
        newest = self._orthanc.newest_change()
        page = self._orthanc.changes(cursor)
        for instance in page.instances:
            self._persist(instance, partial(self._settle, instance))
            if self._stop.is_set():
                return False
        self._memory.set_place(_CURSOR, page.last)
        self._memory.keep()
        self._tally.waits(max(0, newest - page.last))
        if on_progress:
            on_progress(page.last, max(newest, page.last))
        return page.done

    # the whole archive

    def backfill(self, on_progress: OnProgress | None = None) -> bool:
        """Everything that the archive holds is settled when this answers True; False when it was stopped on the way.

        Instances that are done are remembered, so the next call goes on where this one was stopped; a call after that
        begins anew. The change log is followed from where it stood when the back-fill began.
        """
        self._persist("", self._begin)
        done, total = 0, self._persist("", self._orthanc.instance_count) or 0
        for series in self._persist("", self._orthanc.series) or []:
            done += self._series(series, done, total, on_progress)
            if self._stop.is_set():
                self._finish()
                return False
            self._tally.waits(max(0, total - done))
        self._memory.forget_before(2**62)
        self._finish()
        return True

    def _begin(self) -> None:
        if self._memory.place(_CURSOR) is None:
            self._memory.set_place(_CURSOR, self._orthanc.newest_change())
        self._memory.keep()

    def _series(self, series: str, before: int, total: int, on_progress: OnProgress | None) -> int:
        """Every instance of the series is settled; how many there are."""
        instances = self._persist("", lambda: self._orthanc.instances_of(series)) or []
        for count, instance in enumerate(instances, start=1):
            if self._stop.is_set():
                break
            if not self._memory.done(instance, "") and self._persist(instance, partial(self._settle, instance)):
                self._memory.mark(instance, "")
            if on_progress:
                on_progress(before + count, max(total, before + count))
        self._memory.keep()
        return len(instances)

    # one instance

    def _settle(self, instance: str) -> bool:
        """True: the instance is registered, refused for good, or gone; False: it met a fault, and the next back-fill
        tries it again. OutageError when it has to wait."""
        try:
            data = self._orthanc.instance(instance)
            if data is None:
                self.gone += 1  # deleted there in the meantime
                return True
            fed = self._feed(data)
        except NotAllowed:
            raise
        except (InputError, ObjectFault) as error:
            self._tally.count("received")
            self._tally.count("failed", error.code)
            self._told(instance, error)
            return isinstance(error, InputError)
        self._tally.count("received")
        self._tally.count("registered", entry=fed.registration_id)
        self._told(instance, fed)
        return True

    def _persist(self, instance: str, work: Callable[[], T]) -> T | None:
        """``work()``, repeated until neither Orthanc nor the ledger is out; None when it was stopped meanwhile."""
        failures = 0
        while not self._stop.is_set():
            try:
                return work()
            except OutageError as error:
                failures += 1
                if failures == self._attempts:
                    raise
                self._told(instance, error)
                self._tally.tell()
                self._stop.wait(min(_LONGEST_PAUSE, 0.5 * 2.0 ** min(failures, 6)))
        return None

    def _finish(self) -> None:
        self._memory.keep()
        self._tally.tell(at_once=True)
