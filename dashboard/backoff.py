"""Failed sign-ins wait longer and longer."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

FREE = 3
"""So many failures in a row cost nothing: people mistype."""
LONGEST_SECONDS = 60.0
FORGOTTEN_SECONDS = 900.0
_MOST = 10_000


class Backoff:
    """Counts failures by where they come from. After :data:`FREE` of them: 2, 4, 8 … :data:`LONGEST_SECONDS` each."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._failures: dict[str, tuple[int, float]] = {}

    def wait(self, place: str) -> float:
        """Seconds until ``place`` may try again; 0.0 when it may now."""
        with self._lock:
            count, at = self._failures.get(place, (0, 0.0))
        if count < FREE:
            return 0.0
        pause = min(2.0 ** (count - FREE + 1), LONGEST_SECONDS)
        return max(0.0, at + pause - self._now())

    def failed(self, place: str) -> None:
        """One more failure of ``place``; those of long ago are forgotten."""
        now = self._now()
        with self._lock:
            count, at = self._failures.pop(place, (0, now))
            if len(self._failures) >= _MOST:
                del self._failures[next(iter(self._failures))]  # the one that failed longest ago
            self._failures[place] = (1 if now - at > FORGOTTEN_SECONDS else count + 1, now)

    def succeeded(self, place: str) -> None:
        """``place`` has no failures."""
        with self._lock:
            self._failures.pop(place, None)
