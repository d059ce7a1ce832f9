"""Work for several peers side by side, one piece at a time for each: who does not answer delays no other."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor, wait


class Turns:
    """At most ``most`` pieces of work at a time. Close it at the end."""

    def __init__(self, most: int, name: str) -> None:
        self._pool = ThreadPoolExecutor(most, thread_name_prefix=name)
        self._lock = threading.Lock()
        self._at: dict[Hashable, Future[None]] = {}

    def give(self, peer: Hashable, work: Callable[[], None]) -> bool:
        """Whether ``work``, which raises nothing, was taken: not while other work for ``peer`` is at hand."""
        with self._lock:
            if peer in self._at:
                return False
            self._at[peer] = self._pool.submit(work)
            self._at[peer].add_done_callback(lambda _: self._at.pop(peer, None))
        return True

    def close(self, seconds: float) -> None:
        """Nothing new begins; what has begun had ``seconds`` to end."""
        at_hand = list(self._at.values())
        self._pool.shutdown(wait=False, cancel_futures=True)
        wait([one for one in at_hand if not one.cancelled()], seconds)
