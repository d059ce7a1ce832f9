"""The worker's work: anchor what waits, index what the chain says, keep the trust file fresh. One worker a folder."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from ledger.anchoring import Anchorer
from ledger.batching import PAUSES, Action, BatchPolicy
from ledger.bootstrap import utc_now
from ledger.core.model import BatchState
from ledger.errors import ChainRejected, ChainUnreachable, OutageError
from ledger.files import from_os_error
from ledger.indexing import Indexer

if TYPE_CHECKING:
    from ledger.service import Service

_LONGEST_PAUSE = 30.0


class Worker:
    """Steps of one registrar's anchoring, with the index and the trust file following."""

    def __init__(self, service: Service) -> None:
        parts = service.parts
        self._service = service
        settings = parts.settings
        policy = BatchPolicy(
            mode=settings.anchor_mode,
            max_entries=settings.batch_entries,
            max_seconds=settings.batch_seconds,
            confirmations=parts.confirmations,
        )
        first = parts.deployment.block_number
        self._anchorer = Anchorer(
            parts.store, parts.registry, service.trees, parts.registrar.id, policy, utc_now, first_block=first
        )
        self._indexer = Indexer(parts.store, parts.registry, first_block=first)

    def step(self, *, force: bool = False) -> Action:
        """One step towards the chain; what changed on the chain is in the index and the trust file afterwards."""
        report = self._anchorer.tick(force=force)
        if report.action in (Action.ANCHORED, Action.ADOPTED, Action.FINAL, Action.REOPENED):
            self._indexer.catch_up()
        if report.action is Action.FINAL:
            self._service.write_trust()
        if report.action is Action.BLOCKED and force:
            raise ChainRejected(report.detail)
        return report.action

    def catch_up(self) -> None:
        """The index and the trust file say what the chain says now."""
        self._indexer.catch_up()
        self._service.write_trust()

    def run(self, stop: threading.Event) -> None:
        """Step until ``stop`` is set. An outage is logged and waited out with growing pauses; it never ends this."""
        log, failures, caught_up = structlog.get_logger("worker"), 0, False
        while not stop.is_set():
            try:
                if not caught_up:
                    self.catch_up()
                    caught_up = True
                action = self.step()
                pause, failures = PAUSES.get(action, 0.0), 0
                if action not in PAUSES:
                    log.info("anchoring", action=action.value)
            except OutageError as error:
                pause = min(_LONGEST_PAUSE, 0.5 * 2.0 ** min(failures, 6))
                failures += 1
                log.warning("outage", code=error.code, wait_seconds=pause)
            stop.wait(pause)


def anchor_pending(service: Service, timeout: float, on_progress: Callable[[int, int], None] | None) -> bool:
    """See :meth:`ledger.service.Service.anchor_pending`."""
    deadline = time.monotonic() + timeout
    goal = service.store.log_size(service.parts.registrar.id)
    worker: Worker | None = None
    while True:
        done = _anchored(service)
        if on_progress:
            on_progress(min(done, goal), goal)
        if done >= goal and not _open(service):
            return True
        if time.monotonic() > deadline:
            return False
        with worker_lock(service.parts.folder.worker_lock) as mine:
            if mine:
                worker = worker or Worker(service)
                _drain(worker, deadline)
            else:
                time.sleep(0.1)


def _drain(worker: Worker, deadline: float) -> None:
    while time.monotonic() < deadline:
        try:
            action = worker.step(force=True)
        except ChainUnreachable:
            if time.monotonic() + 1 > deadline:
                raise
            time.sleep(0.5)
            continue
        if action is Action.IDLE:
            return
        time.sleep(0.05 if action is Action.WAITING else 0)


def _anchored(service: Service) -> int:
    pending = service.store.pending(service.parts.registrar.id)
    open_batches = service.store.batches(service.parts.registrar.id, open_only=True)
    waiting = [batch.first for batch in open_batches if batch.state is not BatchState.ANCHORED]
    if pending is not None:
        waiting.append(pending.first)
    return min(waiting, default=service.store.log_size(service.parts.registrar.id))


def _open(service: Service) -> bool:
    """Whether a batch could still become final now: with one confirmation that takes no further block."""
    if service.parts.confirmations > 1:
        return False
    return bool(service.store.batches(service.parts.registrar.id, open_only=True, limit=1))


@contextmanager
def worker_lock(path: Path) -> Iterator[bool]:
    """True while this process is the folder's one worker; the system releases it when the process dies."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise from_os_error(error, f"cannot lock {path}") from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(handle)
