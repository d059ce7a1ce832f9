"""Becomes the program in its arguments, and dies with the process that started it, however that one ends.

Run by path with ``python -I -S``, so that it costs milliseconds: argument 1 is the parent's process id, the rest is
the command. On Linux the kernel sends SIGKILL when the parent is gone (prctl(2), PR_SET_PDEATHSIG; kept over exec).
"""

from __future__ import annotations

import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Never returns: the process is the command afterwards."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    # The parent may have died before the kernel was told.
    if os.getppid() != int(sys.argv[1]):
        sys.exit(1)
    os.execv(sys.argv[2], sys.argv[2:])  # noqa: S606 - no shell is the point


main()
