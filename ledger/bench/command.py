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
from ledger.bench.bench import Bench, Copies, Shown
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
    "altered": "altering",
}
"""The suites in their order, and the module of each."""
LONG = ("altered",)
"""Suites of half an hour, which run only when they are named."""


def run(argv: Sequence[str] | None) -> int:
    """See :func:`ledger.bench.main`."""
    made = parser()
    options = made.parse_args(argv)
    names = [*options.names, *(options.only or ())]
    if unknown := set(options.names) - set(SUITES):
        made.error(f"expected suites of {', '.join(SUITES)}, found {sorted(unknown)[0]!r}")
    copies = Copies(options.data, options.count, options.seed, options.jobs, options.out)
    facts = machine.facts()
    figures: list[Figure] = []
    shown = Shown()
    try:
        chosen = names or [name for name in SUITES if name not in LONG]
        for figure in measure(chosen, copies, shown, quick=options.quick):
            figures.append(figure)
    finally:
        # What was measured before something failed took minutes and is still true.
        facts["load_after"] = machine.load()
        if options.json:
            sys.stdout.write(table.as_json(figures, facts, quick=options.quick, more=shown.objects))
        else:
            sys.stdout.write("\n".join([table.markdown(figures, facts), *shown.texts]))
    return 0


def measure(names: Sequence[str], copies: Copies, shown: Shown, *, quick: bool) -> Iterator[Figure]:
    """The figures of the suites named, in a folder that is gone afterwards with every process that was started."""
    with ExitStack() as closing:
        folder = Path(closing.enter_context(tempfile.TemporaryDirectory(prefix="medseal-bench-")))
        bench = Bench(folder, closing, quick=quick, copies=copies, shown=shown)
        for name in SUITES:
            if name in names:
                yield from _suite(name)(bench)


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="medseal bench",
        description="Measure this machine: each figure beside its target and beside the bare cost of the same work.",
        epilog="Ratios hold on any machine; the figures depend on it and on what else runs on it.",
    )
    made.add_argument("names", nargs="*", metavar="NAME", help="suites, as after --only")
    made.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    made.add_argument("--quick", action="store_true", help="fewer and smaller rounds; figures vary more")
    made.add_argument("--only", nargs="+", choices=list(SUITES), metavar="NAME", help=f"of {', '.join(SUITES)}")
    copies = made.add_argument_group("the suite altered", "runs only when it is named; half an hour, --quick a minute")
    copies.add_argument("--data", type=Path, metavar="DIR", help="pictures of any layout that medseal train reads")
    copies.add_argument("--count", type=int, metavar="N", help="how many originals; 420 when not said")
    copies.add_argument(
        "--seed", type=int, default=4, metavar="S", help="what all random choices come from; %(default)s"
    )
    copies.add_argument("--jobs", type=int, default=2, metavar="N", help="worker processes; %(default)s")
    copies.add_argument("--out", type=Path, metavar="DIR", help="for tables as Markdown and JSON and every outcome")
    return made


def _suite(name: str) -> Callable[[Bench], Iterator[Figure]]:
    found: Callable[[Bench], Iterator[Figure]] = import_module(f"ledger.bench.{SUITES[name]}").run
    return found
