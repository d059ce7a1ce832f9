"""``medseal bench``: what this machine does, each figure beside its target and beside the bare cost of the same work.

Nothing outside the project is needed: a data folder of its own that is thrown away, made images, and the real parts
(embedded chain, API, worker) as processes. Figures are shown, never asserted: they depend on the machine and its load.
"""

from __future__ import annotations

from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, and print a table or, with ``--json``, one JSON object; 0 when all was measured, met or not."""
    from ledger.bench.command import run

    return run(argv)
