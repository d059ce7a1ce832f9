"""What ``medseal up`` shows: a line a step, then where everything is."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def say(line: str) -> None:
    """A line on standard output, at once. Never a URL before the dashboard's: tools take the first one for it."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def show_addresses(rows: Sequence[tuple[str, str]], secret: str | None) -> None:
    """Names and addresses: a panel on a terminal, plain lines elsewhere; a new administrator's key, this once."""
    width = max(len(name) for name, _ in rows)
    if not sys.stdout.isatty():
        for name, value in rows:
            say(f"{name:<{width}}  {value}")
        if secret:
            say(f"Admin API key (shown this once): {secret}")
        return
    from rich.console import Console
    from rich.panel import Panel
    from rich.text import Text

    body = Text()
    for name, value in rows:
        body.append(f"{name:<{width}}  ", "bold")
        body.append(f"{value}\n", "cyan" if value.startswith("http") else "")
    if secret:
        body.append("\nAdmin API key, shown this once:\n", "bold yellow")
        body.append(f"{secret}\n")
    body.append("\nCtrl-C stops everything.", "dim")
    Console(highlight=False).print(Panel(body, title="MedSeal is running", border_style="green", expand=False))
