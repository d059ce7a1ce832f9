"""Seconds a megapixel and peak memory of one method, in a process of its own."""

from __future__ import annotations

import resource
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from detector.evaluation.made import texture
from detector.registry import load

SIDE = 1024
ROUNDS = 3


def measure_cost(method: str, models: Path) -> dict[str, float]:
    """``seconds_per_megapixel`` (the best of three, warm) and ``peak_mb`` (the whole process) at 1024×1024, grey."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(_measure, method, models).result()


def _measure(method: str, models: Path) -> dict[str, float]:
    loaded = load(method, models)
    loaded.examine(texture(SIDE, np.random.default_rng(ROUNDS)))
    taken = []
    for seed in range(ROUNDS):  # another picture each time, since a method may keep what it found in the last
        pixels = texture(SIDE, np.random.default_rng(seed))
        start = time.perf_counter()
        loaded.examine(pixels)
        taken.append(time.perf_counter() - start)
    return {"seconds_per_megapixel": min(taken) / (SIDE * SIDE / 1e6), "peak_mb": _peak()}


def _peak() -> float:
    """The most memory this process has held, in MB."""
    status = Path("/proc/self/status")
    if status.exists():  # on Linux ru_maxrss starts from what the parent held when it started this process
        line = next(line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024 / 1e6
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, kilobytes elsewhere
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
