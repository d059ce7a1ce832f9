"""How long people wait for a command, and for everything to be up again on a folder that exists."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from ledger.bench.bench import Bench
from ledger.bench.figures import Bare, Figure, Target, median, side_by_side
from ledger.bench.stack import environment
from ledger.errors import OutageError
from ledger.up.process import Child

SUITE = "start"
BARE_START = "python -c pass"
MEDSEAL = (sys.executable, "-c", "from ledger.cli import main; main()")
"""The command as its console script runs it."""
_HELP = Target(0.5)
_UP = Target(15)
_UP_SECONDS = 180.0


def run(bench: Bench) -> Iterator[Figure]:
    """``medseal --help``, then ``medseal up`` twice on one folder."""
    bench.say("starting medseal --help")
    shown, bare = side_by_side(bench.rounds(16), lambda: _quiet([*MEDSEAL, "--help"]), bare_start)
    beside = Bare(BARE_START, median(bare))
    yield Figure(SUITE, "medseal --help", median(shown), "s", _HELP, beside, shown)
    folder = bench.folder / "up"
    bench.say("starting medseal up on a new folder, then again")
    first = _up(folder)
    again = [_up(folder) for _ in range(bench.rounds(3))]
    yield Figure(SUITE, "medseal up, first start, with samples", first, "s", None, beside)
    yield Figure(SUITE, "medseal up on an existing folder", median(again), "s", _UP, beside, again)


def bare_start() -> None:
    """A Python that does nothing."""
    _quiet([sys.executable, "-c", "pass"])


def _quiet(command: list[str]) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def _up(folder: Path) -> float:
    """Seconds until every part answers; all of them have ended when this returns."""
    free = {f"MEDSEAL_{name}_PORT": "0" for name in ("API", "CHAIN", "DASHBOARD")}
    log = folder.with_name(f"up-{time.monotonic_ns()}.log")
    child = Child("medseal up", [*MEDSEAL, "up"], environment(folder) | free, log)
    child.start()
    try:
        while "all parts are up" not in log.read_text():
            taken = time.monotonic() - child.started_at
            if child.ended() is not None or taken > _UP_SECONDS:
                raise OutageError(f"medseal up is not up after {taken:.0f} s:\n{child.tail()}", code="bench_failed")
            time.sleep(0.02)
        return time.monotonic() - child.started_at
    finally:
        child.ask_to_stop()
        if not child.wait(time.monotonic() + 30):
            child.kill()
