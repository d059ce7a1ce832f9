"""The forgery detector behind the port ``Detector``: in one process of its own, bounded in queue, time and memory.

Importing this costs nothing: the detector and its libraries are imported by the child process alone.
"""

from __future__ import annotations

from ledger.detection.adapter import NONE, ProcessDetector

__all__ = ["NONE", "ProcessDetector"]
