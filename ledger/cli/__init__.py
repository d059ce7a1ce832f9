"""The command line. ``main`` is the console entry point; commands import what they need when they run."""

from __future__ import annotations


def main() -> None:
    """Run the command in ``sys.argv`` and exit: 0 yes, 1 negative verdict, 2 usage or bad input, 3 undetermined."""
    from ledger.cli.app import app
    from ledger.cli.output import write_anything

    write_anything()
    app(prog_name="medseal")
