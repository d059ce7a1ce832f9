"""The server, if one runs on the folder."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from ledger.doctor.finding import Finding
from ledger.settings import Settings


def server(settings: Settings) -> Iterator[Finding]:
    """Whether it is well."""
    url = settings.server or _running_api(settings.data)
    if url is None:
        yield Finding("server", True, "none runs on this folder")
        return
    from ledger.client import Client

    with Client(url, None, timeout=10) as client:
        health = client.health()
    parts = ", ".join(f"{name} {state}" for name, state in health.parts.items())
    yield Finding("server", health.status == "ok", f"{url}: {health.status} {parts}".strip(), "Read its log.")


def _running_api(folder: Path) -> str | None:
    try:
        return str(json.loads((folder / "run.json").read_text())["api_url"])
    except (OSError, ValueError, KeyError):
        return None
