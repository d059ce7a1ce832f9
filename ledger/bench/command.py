"""The command: which suites run, and what is printed."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path

from ledger.bench import machine, table
from ledger.bench.bench import Bench
from ledger.bench.figures import Figure

SUITES: Mapping[str, str] = {
    "registration": "registering",
    "digests": "digesting",
    "gas": "gas",
    "verification": "verifying",
    "receipts": "receipting",
    "search": "searching",
    "detector": "detecting",
    "start": "starting",
}
"""The suites in their order, and the module of each."""


def run(argv: Sequence[str] | None) -> int:
    """See :func:`ledger.bench.main`."""
    options = parser().parse_args(argv)
    facts = machine.facts()
    figures: list[Figure] = []
    try:
        for figure in measure(options.only or list(SUITES), quick=options.quick):
            figures.append(figure)
    finally:
        # What was measured before something failed took minutes and is still true.
        facts["load_after"] = machine.load()
        quick = options.quick
        sys.stdout.write(table.as_json(figures, facts, quick=quick) if options.json else table.markdown(figures, facts))
    return 0


def measure(names: Sequence[str], *, quick: bool) -> Iterator[Figure]:
    """The figures of the suites named, in a folder that is gone afterwards with every process that was started."""
    with ExitStack() as closing:
        folder = Path(closing.enter_context(tempfile.TemporaryDirectory(prefix="medseal-bench-")))
        bench = Bench(folder, closing, quick=quick)
        for name in SUITES:
            if name in names:
                yield from _suite(name)(bench)


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="medseal bench",
        description="Measure this machine: each figure beside its target and beside the bare cost of the same work.",
        epilog="Ratios hold on any machine; the figures depend on it and on what else runs on it.",
    )
    made.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    made.add_argument("--quick", action="store_true", help="fewer and smaller rounds; figures vary more")
    made.add_argument("--only", nargs="+", choices=list(SUITES), metavar="NAME", help=f"of {', '.join(SUITES)}")
    return made


def _suite(name: str) -> Callable[[Bench], Iterator[Figure]]:
    found: Callable[[Bench], Iterator[Figure]] = import_module(f"ledger.bench.{SUITES[name]}").run
    return found
