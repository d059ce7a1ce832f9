"""A watched folder: each file in it, once it is whole, is registered once. The files stay where and as they are."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ledger.errors import InputError, LedgerError, LimitExceeded, NotAllowed, OutageError
from ledger.files import from_os_error
from ledger.ingest.feed import Fed, Feed, ObjectFault
from ledger.ingest.memory import Memory
from ledger.ingest.quarantine import Quarantine
from ledger.ingest.readiness import Look, is_being_written, is_wanted, look, wanted_files
from ledger.ingest.tally import Tally

_MOST_PENDING = 100_000
_KEEP_EVERY = 200
_LONGEST_PAUSE = 30.0
_SCAN = "scan"


@dataclass(frozen=True)
class FolderPlan:
    """What is watched, and how patiently: ``settle`` and ``patience`` are seconds.

    A file is taken when nothing has changed in it for ``settle``; one that cannot be read is set aside when nothing
    has changed for ``patience``, since a slow writer may have paused. The folder is scanned anew every ``rescan``.
    """

    folder: Path
    quarantine: Path
    settle: float = 2.0
    patience: float = 30.0
    rescan: float = 300.0
    most_bytes: int = 512 << 20


@dataclass
class _Pending:
    seen: Look
    since: float
    due: float
    counted: bool = False


Told = Callable[[Path, Fed | LedgerError], None]
"""Told of each file that is settled, and with an OutageError of one that has to wait."""


class FolderWatch:
    """The files of one folder on their way into the ledger. Work in one thread; ``stop`` ends it after the file at
    hand. An outage is waited out; with ``attempts`` the OutageError is raised after so many tries."""

    def __init__(
        self,
        plan: FolderPlan,
        feed: Feed,
        memory: Memory,
        tally: Tally,
        quarantine: Quarantine,
        told: Told,
        stop: threading.Event,
        attempts: int | None = None,
    ) -> None:
        self._plan = plan
        self._feed = feed
        self._memory = memory
        self._tally = tally
        self._quarantine = quarantine
        self._told = told
        self._stop = stop
        self._attempts = attempts
        self._pending: dict[Path, _Pending] = {}
        self._settled = 0
        self._scan_due = 0.0
        self._round = memory.place(_SCAN) or 0

    def once(self, on_progress: Callable[[int], None] = lambda _done: None) -> None:
        """Every file there was is settled when this returns, also those that were being written; or it was stopped."""
        self.scan(on_progress)
        while self._pending and not self._stop.is_set():
            self._stop.wait(min(0.2, self._plan.settle))
            self._step()
        self._finish()

    def run(self, on_progress: Callable[[int], None] = lambda _done: None) -> None:
        """Scan, then follow the folder until ``stop`` is set."""
        from watchfiles import Change, watch

        # The watch begins before the scan, so that nothing falls between the two.
        changes = watch(
            self._plan.folder,
            watch_filter=None,
            debounce=300,
            rust_timeout=500,
            yield_on_timeout=True,
            stop_event=self._stop,
            raise_interrupt=False,
        )
        next(changes, None)
        self.scan(on_progress)
        for found in changes:
            for kind, name in sorted(found, key=lambda one: one[1]):
                if kind != Change.deleted:
                    self._offer(Path(name))
            self._step()
            if time.monotonic() > self._scan_due:
                self.scan()
        self._finish()

    def scan(self, on_progress: Callable[[int], None] = lambda _done: None) -> None:
        """Every file of the folder was looked at: it is settled, or waits until it is whole."""
        self._round += 1
        for done, path in enumerate(self._files(), start=1):
            if self._stop.is_set():
                return
            seen = look(path)
            if seen is None:
                continue
            if self._memory.done(self._key(path), seen.state):
                self._memory.saw(self._key(path), self._round)
            elif time.time() - max(seen.mtime_ns, seen.ctime_ns) / 1e9 > self._plan.settle:
                self._persist(path, self._wait_for(seen))
            else:
                self._offer(path)
            on_progress(done)
        self._memory.set_place(_SCAN, self._round)
        self._memory.forget_before(self._round)
        self._memory.keep()
        self._scan_due = time.monotonic() + self._plan.rescan

    def size(self) -> int:
        """How many files a scan would look at now."""
        return sum(1 for _ in self._files())

    def _files(self) -> Iterator[Path]:
        return wanted_files(self._plan.folder, self._plan.folder, self._plan.quarantine)

    def _key(self, path: Path) -> str:
        return str(path.relative_to(self._plan.folder))

    def _offer(self, path: Path) -> None:
        """The file, or each in a folder that came as a whole, waits until it is whole."""
        if not is_wanted(path, self._plan.folder, self._plan.quarantine):
            return
        if path.is_dir():
            for inside in wanted_files(path, self._plan.folder, self._plan.quarantine):
                self._offer(inside)
            return
        seen = look(path)
        known = self._pending.get(path)
        if seen is None or (known and known.seen == seen) or self._memory.done(self._key(path), seen.state):
            return
        if len(self._pending) >= _MOST_PENDING:
            self._scan_due = 0.0  # the next scan finds it
            return
        self._pending[path] = self._wait_for(seen, counted=known.counted if known else False)

    def _wait_for(self, seen: Look, *, counted: bool = False) -> _Pending:
        now = time.monotonic()
        return _Pending(seen, now, now + self._plan.settle, counted)

    def _step(self) -> None:
        """Those that have settled since are taken."""
        for path, pending in list(self._pending.items()):
            if self._stop.is_set():
                break
            now = look(path)
            if now is None:
                del self._pending[path]  # gone, or moved to where another event names it
            elif now != pending.seen:
                self._pending[path] = self._wait_for(now, counted=pending.counted)
            elif time.monotonic() >= pending.due:
                del self._pending[path]
                self._persist(path, pending)
        self._tally.waits(len(self._pending))

    def _persist(self, path: Path, pending: _Pending) -> None:
        """Try until the ledger answers; the outage of one file is that of all, so the others wait behind it."""
        failures = 0
        while not self._stop.is_set():
            try:
                self._attempt(path, pending)
                return
            except OutageError as error:
                failures += 1
                if failures == self._attempts:
                    raise
                self._told(path, error)
                self._tally.waits(len(self._pending) + 1)
                self._stop.wait(min(_LONGEST_PAUSE, 0.5 * 2.0 ** min(failures, 6)))

    def _attempt(self, path: Path, pending: _Pending) -> None:
        """The file is registered, set aside, or pending again."""
        try:
            data = self._read(path)
            if data is None or look(path) != pending.seen:
                self._offer(path)  # somebody writes to it, or has written while it was read
                return
            self._count_received(pending)
            fed = self._feed(data)
        except NotAllowed:
            raise
        except InputError as error:
            self._refused(path, pending, error)
            return
        except ObjectFault as error:  # not marked as done: the next scan tries it again
            self._tally.count("failed", error.code)
            self._told(path, error)
            return
        self._tally.count("registered", entry=fed.registration_id)
        self._done(path, pending.seen, fed)

    def _read(self, path: Path) -> bytes | None:
        """The bytes; None while the file is being written or when it is gone."""
        if is_being_written(path):
            return None
        try:
            size = path.stat().st_size
            if size > self._plan.most_bytes:
                raise LimitExceeded(f"expected at most {self._plan.most_bytes >> 20} MB, found {size >> 20} MB")
            return path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise from_os_error(error, "the file cannot be read") from error

    def _count_received(self, pending: _Pending) -> None:
        if not pending.counted:
            pending.counted = True
            self._tally.count("received")

    def _refused(self, path: Path, pending: _Pending, error: InputError) -> None:
        age = max(time.monotonic() - pending.since, time.time() - pending.seen.mtime_ns / 1e9)
        if age < self._plan.patience:
            pending.due = time.monotonic() + self._plan.patience - age
            self._pending[path] = pending
            return
        self._count_received(pending)
        try:
            self._quarantine.take(path, error)
        except InputError as failure:  # it stays, and the others must not wait for it
            self._told(path, failure)
        self._tally.count("failed", error.code)
        self._done(path, pending.seen, error)

    def _done(self, path: Path, seen: Look, outcome: Fed | LedgerError) -> None:
        self._memory.mark(self._key(path), seen.state, self._round)
        self._settled += 1
        if self._settled % _KEEP_EVERY == 0:
            self._memory.keep()
        self._told(path, outcome)

    def _finish(self) -> None:
        self._memory.keep()
        self._tally.waits(len(self._pending))
        self._tally.tell(at_once=True)
