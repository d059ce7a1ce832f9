"""How a worker process of the detector starts: with one thread, and ending when its parent does."""

from __future__ import annotations

import ctypes
import signal
import sys

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
