"""How the dashboard is started: one command, its settings beside ``app.py`` in ``.streamlit/config.toml``."""

from __future__ import annotations

import sys
from pathlib import Path


def command(port: int) -> list[str]:
    """The command that serves the pages on ``port`` of the loopback interface, in the foreground."""
    app = Path(__file__).with_name("app.py")
    options = ("--server.address", "127.0.0.1", "--server.headless", "true", "--browser.gatherUsageStats", "false")
    return [sys.executable, "-m", "streamlit", "run", str(app), "--server.port", str(port), *options]
