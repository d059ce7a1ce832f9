"""What a table names beside its figures: the commit, the machine's cores, the packages."""

from __future__ import annotations

import os
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).parents[2]


def commit() -> str:
    """The commit of the code that runs, with ``+`` when files of the detector differ from it; ``unknown`` outside."""
    try:
        head = _git("rev-parse", "--short=10", "HEAD")
        changed = _git("status", "--porcelain", "--untracked-files=no", "--", "detector")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return head + ("+" if changed else "")


def machine() -> str:
    """The number of cores and the packages that decide figures."""
    found = []
    for name in ("tensorflow", "ai-edge-litert", "scikit-learn", "opencv-python", "numpy"):
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return f"{os.cpu_count()} cores, {', '.join(found)}"


def _git(*words: str) -> str:
    return subprocess.run(["git", *words], cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()
