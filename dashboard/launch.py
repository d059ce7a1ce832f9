"""How the dashboard is started: one command, its settings beside ``app.py`` in ``.streamlit/config.toml``."""

from __future__ import annotations

import sys
from pathlib import Path


def command(port: int, secrets: Path | None = None) -> list[str]:
    """The command that serves the pages on ``port`` of the loopback interface, in the foreground.

    ``secrets`` is a TOML file with the ``[auth]`` section for Streamlit's sign-in; if None, it looks in its own places.
    """
    app = Path(__file__).with_name("app.py")
    options = ("--server.address", "127.0.0.1", "--server.headless", "true", "--browser.gatherUsageStats", "false")
    own = ("--secrets.files", str(secrets)) if secrets else ()
    return [sys.executable, "-m", "streamlit", "run", str(app), "--server.port", str(port), *options, *own]
