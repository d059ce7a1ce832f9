"""What the figures were measured on."""

from __future__ import annotations

import os
import platform
import sqlite3
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ledger import __version__

_ROOT = Path(__file__).resolve().parents[2]


def facts() -> dict[str, Any]:
    """Date, version, commit (None outside a checkout), cores, processor, software, load as three averages."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "medseal": __version__,
        "commit": commit(_ROOT),
        "cores": os.cpu_count(),
        "processor": processor(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "load_before": load(),
    }


def load() -> tuple[float, ...]:
    """Load averages of the last 1, 5 and 15 minutes."""
    return tuple(round(average, 2) for average in os.getloadavg())


def commit(folder: Path) -> str | None:
    """The commit checked out in ``folder``, with a + when files that git knows differ from it."""
    try:
        answer = subprocess.run(
            ["git", "-C", str(folder), "describe", "--always", "--dirty=+", "--abbrev=12", "--exclude=*"],
            capture_output=True,
            text=True,
            timeout=10,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return answer.stdout.strip() or None


def processor() -> str:
    """The processor's name as Linux tells it, else what Python knows."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
