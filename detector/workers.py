"""How a worker process of the detector starts, with one thread and ending when its parent does; and one thread for a
while."""

from __future__ import annotations

import ctypes
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_PR_SET_PDEATHSIG = 1  # prctl(2)


def settle() -> None:
    """This process computes on one core, so that as many workers as cores do not fight for them, and is ended with the
    process that started it (on Linux), even when that one is killed."""
    import cv2
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    cv2.setNumThreads(1)
    threadpool_limits(1)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


@contextmanager
def one_thread() -> Iterator[None]:
    """OpenCV and the linear algebra compute on one core: over many small arrays the threads that wait for their share
    spin, which costs as much again as the work and gains no time.

    It is about the whole process and must not overlap with itself in another thread: the later end would leave what the
    earlier had set. LiteRT's threads are its own.
    """
    import cv2
    from threadpoolctl import threadpool_limits

    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        with threadpool_limits(1):
            yield
    finally:
        cv2.setNumThreads(before)
