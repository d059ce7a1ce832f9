"""Keeping who verified what, beside the verdict: it neither waits for the note nor depends on it.

Notes are gathered and written together, at most a second later, so that verifying does not pay for a transaction each
time. What was gathered and not written when the process is killed is lost: notes are no evidence.
"""

from __future__ import annotations

import secrets
import threading
from collections import deque
from datetime import timedelta

import structlog

from ledger.core.operating import SALT_BYTES, VerificationNote, sealed
from ledger.errors import LedgerError
from ledger.ports import Clock
from ledger.ports_watch import VerificationNotes
from ledger.schemas import Verification

_MOST_WAITING = 10_000
_GATHER_SECONDS = 0.5


class Notes:
    """Notes of one ledger, kept for ``days``; 0 keeps none. Safe to share between threads; close it with the store."""

    def __init__(self, store: VerificationNotes, clock: Clock, days: int) -> None:
        self._store = store
        self._clock = clock
        self._days = days
        self._waiting: deque[VerificationNote] = deque(maxlen=_MOST_WAITING)
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    def keep(self, key_id: str, label: str, verification: Verification, file_digest: str) -> None:
        """That this key asked for this verification will be kept. Never raises; a full disk is said in the log."""
        if not self._days:
            return
        salt, found = secrets.token_bytes(SALT_BYTES), verification.registration
        noted = VerificationNote(
            time=self._clock(),
            key_id=key_id,
            label=label,
            verdict=verification.verdict,
            accepted=verification.accepted,
            policy=verification.policy,
            registration=found.registration_id if found else None,
            salt=salt,
            seal=sealed(salt, file_digest),
        )
        with self._lock:
            self._waiting.append(noted)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="notes", daemon=True)
                self._thread.start()

    def about(self, registration: str) -> list[VerificationNote]:
        """The newest 100 notes of a registration, newest first, those that were just gathered among them."""
        self._write()
        return self._store.verification_notes(registration)

    def close(self) -> None:
        """What was gathered is written, if the store takes it."""
        self._closing.set()
        if self._thread is not None:
            self._thread.join(10)

    def _run(self) -> None:
        while not self._closing.wait(_GATHER_SECONDS):
            self._write()
        self._write()

    def _write(self) -> None:
        """Everything gathered is in the store, in its order; or it waits for the next time, and the log says why."""
        with self._writing:
            with self._lock:
                some = list(self._waiting)
                self._waiting.clear()
            if not some:
                return
            try:
                self._store.note_verifications(some, self._clock() - timedelta(days=self._days))
            except LedgerError as error:
                with self._lock:
                    self._waiting.extendleft(reversed(some[: _MOST_WAITING - len(self._waiting)]))
                structlog.get_logger("notes").warning("verifications not noted yet", code=error.code, count=len(some))
