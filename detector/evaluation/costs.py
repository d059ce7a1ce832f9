"""Seconds a megapixel and peak memory of one method, in a process of its own.

``python -m detector.evaluation.costs --method fusion --models detector/weights`` prints them by size of picture.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from detector.evaluation.made import texture
from detector.registry import load

SIDE = 1024
ROUNDS = 3


def measure_cost(method: str, models: Path, side: int = SIDE) -> dict[str, float]:
    """Of a grey picture of ``side``²: ``first_seconds`` (loading the method and the first answer),
    ``seconds_per_megapixel`` (wall time, the best of three, warm), ``cpu_seconds_per_megapixel`` (of all threads, the
    mean of these three) and ``peak_mb`` (the whole process)."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(_measure, method, models, side).result()


def _measure(method: str, models: Path, side: int) -> dict[str, float]:
    pictures = [texture(side, np.random.default_rng(seed)) for seed in (ROUNDS, *range(ROUNDS))]
    start = time.perf_counter()
    loaded = load(method, models)
    loaded.examine(pictures[0])
    first = time.perf_counter() - start
    taken, used = [], time.process_time()
    for pixels in pictures[1:]:  # another picture each time, since a method may keep what it found in the last
        start = time.perf_counter()
        loaded.examine(pixels)
        taken.append(time.perf_counter() - start)
    megapixels = side * side / 1e6
    return {
        "first_seconds": first,
        "seconds_per_megapixel": min(taken) / megapixels,
        "cpu_seconds_per_megapixel": (time.process_time() - used) / ROUNDS / megapixels,
        "peak_mb": _peak(),
    }


def _peak() -> float:
    """The most memory this process has held, in MB."""
    status = Path("/proc/self/status")
    if status.exists():  # on Linux ru_maxrss starts from what the parent held when it started this process
        line = next(line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024 / 1e6
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, kilobytes elsewhere
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def main(arguments: Sequence[str] | None = None) -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description="What a method costs: time and memory by the size of the picture.")
    parser.add_argument("--method", default="fusion")
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--sides", type=int, nargs="+", default=(256, SIDE, 2 * SIDE))
    asked = parser.parse_args(arguments)
    rows = ["| side | first answer, s | CPU s a megapixel | s a megapixel | peak memory, MB |", "|---" * 5 + "|"]
    for side in asked.sides:
        cost = measure_cost(asked.method, asked.models, side)
        seconds = f"{cost['cpu_seconds_per_megapixel']:.2f} | {cost['seconds_per_megapixel']:.2f}"
        rows.append(f"| {side} | {cost['first_seconds']:.1f} | {seconds} | {cost['peak_mb']:.0f} |")
    sys.stdout.write("\n".join(rows) + "\n")


if __name__ == "__main__":
    main()
